"""How Keras' `fit` trains every model: checks of what it is given, the compiled step, optimizers, metrics, replicas."""
