"""Names that several commands, scripts and functions of the library offer to choose from."""

PRECISIONS = ("float32", "mixed_bfloat16", "mixed_float16", "float64")
LIKELIHOODS = {  # names of likelihoods, and the classes that they stand for
    "bernoulli": "BernoulliLikelihood",
    "gaussian": "GaussianLikelihood",
    "student_t": "StudentTLikelihood",
    "poisson": "PoissonLikelihood",
    "negative_binomial": "NegativeBinomialLikelihood",
}
