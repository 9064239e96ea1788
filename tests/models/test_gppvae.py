"""GPPVAE: the expanded bound against the exact one, the bank of latents, the stages, and prediction from the bank."""

import types

import numpy as np
import pytest
import tensorflow as tf

from gpvae_tf import kernels
from gpvae_tf.as_coded.low_rank_gp import AsCodedLowRankGP
from gpvae_tf.embeddings import ObjectVectors
from gpvae_tf.latent_gps import IndependentMeanField
from gpvae_tf.latent_gps.low_rank import LowRankGP
from gpvae_tf.latent_gps.product_features import ProductFeatures
from gpvae_tf.models import LatentGPVAE
from gpvae_tf.models.gppvae import GPPVAE
from gpvae_tf.models.masks import sum_bound
from gpvae_tf.scaling import Scaling
from gpvae_tf.training.callbacks import RefreshLatents
from gpvae_tf.training.optimizers import make_optimizer
from tests.support import oracles
from tests.support.tiny import IMAGE_SHAPE, LATENT_DIM

N, L, M, ALPHA = 12, LATENT_DIM, 3, 0.3
ANGLES = np.array([0.0, 1.0, 2.5, 4.0])
SEED = tf.constant([3, 4])
BATCHES = (slice(0, 5), slice(5, 9), slice(9, 12))
NO_NOISE = dict(sample_clip=(1e-30, 1e-30))  # draws are the encoder's means


@pytest.fixture
def data(rng):
    """12 images of 3 objects at 4 angles, shuffled, as one batch."""
    order = rng.permutation(N)
    inputs = np.stack([np.tile(ANGLES, 3), np.repeat(np.arange(3.0), 4)], axis=1)[order]
    images = rng.integers(0, 2, (N, *IMAGE_SHAPE)).astype(np.float64)
    arrays = {"observations": images, "inputs": inputs, "index": np.arange(N, dtype=np.int32)}
    return {name: tf.constant(array[np.newaxis]) for name, array in arrays.items()}


@pytest.fixture
def vectors(rng):
    return rng.normal(size=(3, M))


@pytest.fixture
def build(tiny_networks, data, vectors):
    """A function that makes a model in which everything is trained."""

    def make(policy="float64", prior=LowRankGP, inputs=None, **options):
        kernel = kernels.periodic(0.8, 1.3, trainable=True, variable_dtype=policy)
        gp = prior(ProductFeatures(kernel, ANGLES), noise_variance=ALPHA, trainable=True, variable_dtype=policy)
        embedding = ObjectVectors(vectors, trainable=True, dtype=policy)
        options = dict(event_shape=IMAGE_SHAPE, latent_dim=L, embedding=embedding) | options
        inputs = data["inputs"][0].numpy() if inputs is None else inputs
        return GPPVAE(*tiny_networks(policy), gp, inputs, **options)

    return make


def part(batch, rows):
    return {name: tensor[:, rows] for name, tensor in batch.items()}


def parts(batch):
    return [part(batch, rows) for rows in BATCHES]


def exact_elbo(model, batch, seed):
    """The bound with the exact log p(Z), for a batch that is the whole data set; it uses no bank."""
    posterior = model.posterior(batch)
    z = model._draw_latents(posterior, seed)
    parts = {"log_prior": model.latent_gp.log_density(posterior.data.x, z), "entropy": posterior.entropy()}
    return sum_bound(model.log_likelihood_at(z, batch), None, parts)


def value_and_gradients(bound, variables):
    with tf.GradientTape() as tape:
        value = tf.reduce_sum(bound().elbo)
    return [value, *(tf.convert_to_tensor(g) for g in tape.gradient(value, variables))]


def prior_matrix(vectors, *pair):
    """K without the noise between inputs (angle, id) and others, by the kernel itself."""
    kernel = kernels.view_object(kernels.periodic(0.8, 1.3), kernels.linear())
    x1, x2 = (np.concatenate([inputs[:, :1], vectors[inputs[:, 1].astype(int)]], axis=1) for inputs in pair)
    return kernel.matrix(x1, x2).numpy()


def test_full_batch_is_the_exact_bound(build, data):
    """Values, and gradients by every variable, although all others of the bank's draws are old."""
    model = build()
    model.refresh([data])
    variables = model.trainable_variables
    assert len(variables) == 4 + 4 + 4  # networks; length scale, amplitude, alpha, object vectors
    ours = value_and_gradients(lambda: model.elbo(data, SEED), variables)
    expected = value_and_gradients(lambda: exact_elbo(model, data, SEED), variables)
    for name, got, exact in zip(["value", *(v.name for v in variables)], ours, expected, strict=True):
        np.testing.assert_allclose(got, exact, rtol=1e-6, atol=1e-8, err_msg=name)
        assert np.max(np.abs(exact)) > 1e-3, name


def test_mini_batches_of_an_epoch_sum_to_the_exact_bound(build, data):
    model = build(**NO_NOISE)
    model.refresh(parts(data))
    variables = model.trainable_variables
    epoch = [value_and_gradients(lambda b=b: model.elbo(b, SEED), variables) for b in parts(data)]
    expected = value_and_gradients(lambda: exact_elbo(model, data, SEED), variables)
    for name, got, exact in zip(["value", *(v.name for v in variables)], map(sum, zip(*epoch)), expected, strict=True):
        np.testing.assert_allclose(got, exact, rtol=1e-6, atol=1e-8, err_msg=name)
    bounds = [model.elbo(b, SEED) for b in parts(data)]
    np.testing.assert_array_equal([b.num_points for b in bounds], [[5], [4], [3]])
    whole = exact_elbo(model, data, SEED)
    for name in model.part_names:
        np.testing.assert_allclose(sum(b.parts[name] for b in bounds), whole.parts[name], rtol=1e-9)


def test_bound_by_hand(build, data, vectors):
    """Draws of q, log N(Z | 0, K + alpha I), the Gaussian entropy and the Bernoulli log probability, in numpy."""
    model = build(noise_clip=(0.2, 1.1))
    q = model.encode(data["observations"])
    assert np.any(q.variance == 1.1)
    z = q.mean + np.sqrt(q.variance) * tf.random.stateless_normal([1, N, L], SEED, dtype=tf.float64)
    bound = exact_elbo(model, data, SEED)
    k = prior_matrix(vectors, *[data["inputs"][0].numpy()] * 2) + ALPHA * np.eye(N)
    log_prior = sum(oracles.log_normal(z[0, :, c].numpy(), np.zeros(N), k) for c in range(L))
    np.testing.assert_allclose(bound.parts["log_prior"], [log_prior], rtol=1e-6)  # jitter of the view kernel
    entropy = 0.5 * np.sum(np.log(2.0 * np.pi * np.e * q.variance))
    np.testing.assert_allclose(bound.parts["entropy"], [entropy], rtol=1e-9)
    mean = model.decode(z).numpy()
    log_prob = np.sum(np.where(data["observations"] == 1.0, np.log(mean), np.log(1.0 - mean)))
    np.testing.assert_allclose(bound.reconstruction, [log_prob], rtol=1e-9)


def test_the_value_rests_on_the_bank_and_does_not_move_it(build, data):
    model = build()
    model.refresh([data])
    batch, before = part(data, BATCHES[1]), model.bank.draw.numpy()
    first = model.elbo(batch, SEED)
    np.testing.assert_array_equal(model.bank.draw, before)
    np.testing.assert_array_equal(model.elbo(batch, SEED).elbo, first.elbo)
    model.bank.draw.assign(np.where(np.arange(N)[:, None] == 0, 3.0, before))  # a row of another batch
    assert np.abs(model.elbo(batch, SEED).parts["log_prior"] - first.parts["log_prior"]) > 1e-2
    model.bank.draw.assign(np.where(np.arange(N)[:, None] == 6, 3.0, before))  # a row of this one
    np.testing.assert_allclose(model.elbo(batch, SEED).elbo, first.elbo, rtol=1e-12)


def test_a_step_leaves_its_draws_in_the_bank(build, data):
    """Where they are finite: a bad batch is skipped, refused eagerly, and leaves neither weights nor bank changed."""
    model = build("float32")
    model.refresh([data])
    model.compile(make_optimizer(1e-2), run_eagerly=True)
    batch, before = part(data, BATCHES[1]), model.bank.draw.numpy()
    q = model.encode(batch["observations"])
    noise = tf.random.stateless_normal([1, 4, L], model.step_seed(), dtype=tf.float32)
    model.fit(tf.data.Dataset.from_tensors(batch), verbose=0)
    expected = before.copy()
    expected[5:9] = (q.mean + tf.sqrt(q.variance) * tf.cast(noise, tf.float64))[0]
    np.testing.assert_allclose(model.bank.draw, expected, rtol=1e-5)
    np.testing.assert_allclose(model.bank.mean[5:9], q.mean[0], rtol=1e-5)
    bad = batch | {"observations": batch["observations"] * np.nan}
    after, weights = model.bank.draw.numpy(), [v.numpy() for v in model.trainable_variables]
    with pytest.raises(ValueError, match="y has 8 values that are not finite"):
        model.train_step(bad)
    assert tf.function(model.train_step)(bad)["skipped"] == 1
    np.testing.assert_array_equal(model.bank.draw, after)
    for old, new in zip(weights, model.trainable_variables, strict=True):
        np.testing.assert_array_equal(old, new)


def test_refresh_is_reproducible_and_complete(build, data):
    model = build()
    assert model.bank.filled_at == -1
    with pytest.raises(tf.errors.InvalidArgumentError, match="the bank is empty"):
        model.elbo(data, SEED)
    model.steps.assign(7)
    model.refresh(tf.data.Dataset.from_tensors(data).repeat())  # endless: left when all were seen
    assert model.bank.filled_at == 7
    np.testing.assert_allclose(model.bank.mean, model.encode(data["observations"]).mean[0], rtol=1e-12)
    first = model.bank.draw.numpy()
    deviation = (first - model.bank.mean) / np.sqrt(model.encode(data["observations"]).variance[0])
    assert 0.3 < np.std(deviation) < 3.0
    model.refresh([data])
    np.testing.assert_array_equal(model.bank.draw, first)
    model.steps.assign(8)
    model.refresh([data])
    assert np.all(model.bank.draw != first)
    with pytest.raises(ValueError, match="batches lacks 4 of the 12 training images"):
        model.refresh([parts(data)[0], parts(data)[2]])
    with pytest.raises(ValueError, match="index has 1 to 12; train_inputs has rows 0 to 11"):
        model.refresh([data | {"index": data["index"] + 1}])


def test_every_batch_of_a_refresh_has_noise_of_its_own(build, data, eagerly):
    model = build()
    model.refresh([part(data, slice(0, 6)), part(data, slice(6, N))])
    noise = (model.bank.draw - model.bank.mean) / tf.sqrt(model.encode(data["observations"]).variance[0])
    assert np.all(np.abs(noise[:6] - noise[6:]) > 1e-6)


STAGES = {"VAE": ("networks",), "GP": ("prior",), "joint": ("networks", "prior")}


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_trains_its_variables_and_raises_its_bound(build, data, stage):
    model = build("float32")
    groups = {"prior": model.prior_variables}
    groups["networks"] = [*model.encoder.trainable_variables, *model.decoder.trainable_variables]
    assert len(groups["prior"]) == 4 and len(groups["networks"]) == 8
    model.stage = stage
    model.refresh([data])
    before, start = {name: [v.numpy() for v in group] for name, group in groups.items()}, model.elbo(data, SEED).elbo
    model.compile(make_optimizer(1e-2), run_eagerly=True)  # tracing a step takes longer than 9 of them
    signature = {name: tf.TensorSpec([1, None, *tensor.shape[2:]], tensor.dtype) for name, tensor in data.items()}
    batches = tf.data.Dataset.from_generator(lambda: iter(parts(data)), output_signature=signature).repeat()
    model.fit(batches, steps_per_epoch=3, epochs=3, verbose=0, callbacks=[RefreshLatents(parts(data))])
    assert model.num_skipped == 0 and model.num_steps == 9
    for name, group in groups.items():
        moved = [np.max(np.abs(v.numpy() - old)) for v, old in zip(group, before[name], strict=True)]
        assert (np.min(moved) > 1e-3) if name in STAGES[stage] else (np.max(moved) == 0.0)
    assert model.elbo(data, SEED).elbo > start + 0.1


def test_a_new_stage_asks_to_be_compiled(build, data):
    model = build("float32")
    model.refresh([data])
    model.compile(make_optimizer(), run_eagerly=True)
    model.fit(tf.data.Dataset.from_tensors(data), verbose=0)
    model.stage = "GP"
    with pytest.raises(RuntimeError, match="must compile"):
        model.fit(tf.data.Dataset.from_tensors(data), verbose=0)
    model.compile(make_optimizer(), run_eagerly=True)
    model.fit(tf.data.Dataset.from_tensors(data), verbose=0)
    with pytest.raises(ValueError, match="stage must be one of VAE, GP, joint, got 'vae'"):
        model.stage = "vae"
    assert model.stage == "GP"


def test_a_stage_without_variables_is_refused(tiny_networks, data):
    fixed = LowRankGP(ProductFeatures(kernels.periodic(), ANGLES))
    options = dict(event_shape=IMAGE_SHAPE, latent_dim=L)
    model = GPPVAE(*tiny_networks(), fixed, data["inputs"][0].numpy(), **options)
    model.stage = "VAE"
    with pytest.raises(ValueError, match="stage 'GP' would train nothing"):
        model.stage = "GP"
    assert model.stage == "VAE" and len(model.trainable_variables) == 8


def test_the_vae_stage_is_a_mean_field_vae(build, data):
    """And needs neither bank nor index."""
    model = build()
    model.stage = "VAE"
    vae = LatentGPVAE(model.encoder, model.decoder, IndependentMeanField(), event_shape=IMAGE_SHAPE, latent_dim=L)
    batch = {name: data[name] for name in ("observations", "inputs")}
    ours, expected = model.elbo(batch, SEED), vae.elbo(batch, SEED)
    np.testing.assert_allclose(ours.reconstruction, expected.reconstruction, rtol=1e-10)
    np.testing.assert_allclose(ours.regularizer, expected.regularizer, rtol=1e-10)
    seen = np.arange(data["observations"].shape[1]) != 1
    holes = batch | {"mask": tf.constant(seen[np.newaxis])}
    for found, of_vae in zip(model.latents_given(holes), vae.latents_given(holes), strict=True):
        np.testing.assert_allclose(found, of_vae, rtol=1e-10)  # N(0, 1) where nothing was observed


@pytest.mark.parametrize("of", ["entries", "images"])
def test_the_vae_stage_with_gaps_is_a_mean_field_vae_with_gaps(of, build, data, rng):
    """Bound and gradients, whatever the missing entries hold; it differs from the bound of whole images."""
    model = build()
    model.stage = "VAE"
    vae = LatentGPVAE(model.encoder, model.decoder, IndependentMeanField(), event_shape=IMAGE_SHAPE, latent_dim=L)
    images, ndim = data["observations"], {"entries": 5, "images": 2}[of]
    keep = rng.uniform(size=images.shape[:ndim]) < 0.6
    known = keep.reshape(*keep.shape, *[1] * (5 - ndim))
    batch = {"inputs": data["inputs"], "mask": tf.constant(keep)}
    results = []
    for filling in (0.0, np.nan, 1e30):
        batch["observations"] = tf.where(known, images, tf.constant(filling, images.dtype))
        variables = [*model.encoder.trainable_variables, *model.decoder.trainable_variables]
        results += [value_and_gradients(lambda one=one: one.elbo(batch, SEED), variables) for one in (model, vae)]
    assert all(np.all(np.isfinite(part)) for part in results[0])
    for other in results[1:]:
        for ours, expected in zip(other, results[0], strict=True):
            np.testing.assert_allclose(ours, expected, rtol=1e-9, atol=1e-12)
    assert abs(results[0][0] - model.elbo(data, SEED).elbo[0]) > 1.0


def test_predictions_from_bank_and_context(build, data, vectors):
    """GP regression on the means, or the last draws; the variance is an image's own, in every channel (B4)."""
    queries = np.array([[1.7, 0.0], [5.5, 2.0], [2.5, 1.0]])
    model, by_draw = build(), build(predict_from="draw")
    for one in (model, by_draw):
        one.refresh([data])
    from_context = model.condition_on(data).predict_f(queries[None])
    seen = data["inputs"][0].numpy()
    k, k_ns, k_ss = (prior_matrix(vectors, *pair) for pair in ((seen, seen), (seen, queries), (queries, queries)))
    for one, z in ((model, model.bank.mean), (by_draw, by_draw.bank.draw)):
        ours = one.condition_on().predict_f(queries[None])
        for c in range(L):
            mean, cov = oracles.exact_posterior(k, k_ns, k_ss, z[:, c].numpy(), np.full(N, ALPHA))
            np.testing.assert_allclose(ours.mean[0, :, c], mean, rtol=1e-6, atol=1e-8)
            np.testing.assert_allclose(ours.variance[0, :, c], np.diag(cov), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(from_context.mean, model.condition_on().predict_f(queries[None]).mean, rtol=1e-9)
    in_parts = model.condition_on(parts(data)).predict_f(queries[None])
    np.testing.assert_allclose(in_parts.mean, from_context.mean, rtol=1e-9)


def test_what_goes_in_and_out(build, data):
    model, queries = build("float32"), tf.constant([[[0.5, 1.0], [2.5, 0.0]]], tf.float32)
    model.refresh([data])
    for images, count in (
        (model.reconstruct(data), N),
        (model.condition_on().generate(queries), 2),
        (model.condition_on().generate(queries, SEED), 2),
        (model.condition_on(data).generate(queries, SEED), 2),
        (model.sample(len(queries), SEED, queries), 2),
        (model.decode(tf.zeros([1, 5, L])), 5),
    ):
        assert images.shape == (1, count, *IMAGE_SHAPE) and images.dtype == tf.float32
        assert np.all((images >= 0.0) & (images <= 1.0))
    assert {(p.shape, p.dtype) for p in model.condition_on().predict_f(queries)} == {((1, 2, L), tf.float64)}
    bound = model.elbo(data)
    assert tuple(bound.parts) == model.part_names == ("log_prior", "entropy")
    assert {v.shape for v in (bound.reconstruction, bound.regularizer, *bound.parts.values())} == {(1,)}


def test_the_bank_is_refreshed_once_per_step_count_where_it_is_used(build, data):
    model, calls = build("float32"), []
    model.refresh = lambda batches: calls.append(model.num_steps) or GPPVAE.refresh(model, batches)
    callback = RefreshLatents([data])
    callback.set_model(model)
    model.stage = "VAE"
    callback.on_epoch_begin(0)
    assert calls == []
    model.stage = "GP"
    for step in (0, 0, 3):
        model.steps.assign(step)
        callback.on_epoch_begin(0)
    assert calls == [0, 3]


def test_the_authors_variant_is_a_class_of_prior(build, data):
    """With it the prior's term is theirs: maximised although it is made of derivatives of -log p(Z)."""
    ours, theirs = build(), build(prior=AsCodedLowRankGP)
    theirs.encoder.set_weights(ours.encoder.get_weights())
    theirs.decoder.set_weights(ours.decoder.get_weights())
    gradients = []
    for model in (ours, theirs):
        model.refresh([data])
        alpha = [v for v in model.latent_gp.trainable_variables if "noise_variance" in v.name]
        gradients.append(value_and_gradients(lambda model=model: model.elbo(data, SEED), alpha)[1])
    assert np.isfinite(gradients[1]) and np.abs(gradients[0] - gradients[1]) > 0.1 * np.abs(gradients[0])


@pytest.mark.parametrize(
    "change, message",
    [
        (lambda b: {k: b[k] for k in ("observations", "inputs")}, "batch needs 'index'.*it has inputs, observations"),
        (lambda b: b | {"index": b["index"][0]}, "^index has shape"),
        (lambda b: b | {"index": b["index"][:, :3]}, "^index has shape"),
        (lambda b: {k: tf.concat([v, v], axis=0) for k, v in b.items()}, "^index has shape"),
        (lambda b: b | {"mask": tf.ones([1, N], tf.bool)}, "batch has a 'mask'"),
    ],
)
def test_bad_batches_are_refused(build, data, change, message):
    model = build()
    model.refresh([data])
    with pytest.raises(ValueError, match=message):
        model.elbo(change(data))


@pytest.mark.parametrize("stage", ["GP", "joint"])
def test_a_batch_has_the_inputs_of_its_rows(build, data, stage):
    """An index that is off trained the rows of other images, in silence; so did validation images that are none."""
    model = build()
    model.stage = stage
    off = data | {"index": data["index"][:, ::-1]}
    message = "batch has the inputs .* where index says row 11 of train_inputs, which has .*: the prior is that of"
    with pytest.raises(ValueError, match=message):
        model.refresh([off])
    model.refresh(parts(data))
    with pytest.raises(ValueError, match=message):
        model.check_batch(off)
    with pytest.raises(ValueError, match="index has 1 to 12; train_inputs has rows 0 to 11"):
        model.check_batch(data | {"index": data["index"] + 1})
    model.check_batch(data | {"inputs": tf.cast(data["inputs"], tf.float32)})
    model.stage = "VAE"
    model.check_batch(off)


def test_nothing_is_predicted_from_an_empty_bank(build, data):
    """Zeros of all latents, and small variances, were."""
    model = build()
    with pytest.raises(ValueError, match="the bank is empty: call refresh"):
        model.condition_on()
    model.refresh(parts(data))
    assert model.condition_on() is not None


def test_an_image_without_entries_is_refused(build, data):
    mask = np.ones(data["observations"].shape, bool)
    mask[0, 1] = False
    with pytest.raises(tf.errors.InvalidArgumentError, match="mask leaves nothing of an image; every image"):
        build().refresh([data | {"mask": tf.constant(mask)}])


def test_bad_arguments_are_refused(build, tiny_networks, monkeypatch, data):
    with pytest.raises(ValueError, match="predict_from must be one of mean, draw, got 'sample'"):
        build(predict_from="sample")
    options = dict(event_shape=IMAGE_SHAPE, latent_dim=L)
    with pytest.raises(TypeError, match="latent_gp must be a LowRankGP, got IndependentMeanField"):
        GPPVAE(*tiny_networks(), IndependentMeanField(), np.zeros([3, 2]), **options)
    with pytest.raises(ValueError, match=r"train_inputs must be \[N, D\]"):
        GPPVAE(*tiny_networks(), LowRankGP(ProductFeatures(kernels.periodic(), ANGLES)), np.zeros([3]), **options)
    model = build()
    model.compile("adam")
    several = types.SimpleNamespace(num_replicas_in_sync=2)
    monkeypatch.setattr(GPPVAE, "distribute_strategy", several)
    with pytest.raises(ValueError, match="stage 'joint' trains on one replica"):
        model.train_step(data)


def test_a_context_at_other_views_is_refused(build, data):
    """Its images can still be reconstructed, which asks for their own encodings only."""
    model, elsewhere = build(), dict(data)
    elsewhere["inputs"] = data["inputs"] + tf.constant([0.2, 0.0], tf.float64)
    for context in (elsewhere, [data, elsewhere]):
        with pytest.raises(ValueError, match="inputs has 4 views that the features lack, such as .0.2.; expected"):
            model.condition_on(context)
    np.testing.assert_array_equal(model.reconstruct(elsewhere), model.reconstruct(data))
    mask = np.ones(data["observations"].shape, bool)
    mask[0, 0, 1] = False  # a gap in an image, which is filled in by its own encoding
    filled, there = (model.impute(batch | {"mask": mask}).mean for batch in (data, elsewhere))
    np.testing.assert_array_equal(there, filled)


def test_scaled_inputs_are_grouped_as_they_are_by_hand(build, data):
    """Views are in scaled units: angles in degrees, from 10 on, are those in radians."""
    degrees = data | {"inputs": data["inputs"] * [180.0 / np.pi, 1.0] + [10.0, 0.0]}
    scaling = Scaling(input_offset=[10.0, 0.0], input_scale=[180.0 / np.pi, 1.0])
    by_hand, scaled = build(), build(inputs=degrees["inputs"][0].numpy(), scaling=scaling)
    scaled.encoder.set_weights(by_hand.encoder.get_weights())
    scaled.decoder.set_weights(by_hand.decoder.get_weights())
    query = np.array([[[1.7, 0.0], [5.5, 2.0]]])
    found = []
    for model, batch, at in ((by_hand, data, query), (scaled, degrees, query * [180.0 / np.pi, 1.0] + [10.0, 0.0])):
        model.refresh([batch])
        found.append([model.elbo(batch, SEED).elbo, *model.condition_on().predict_f(at), model.sample(1, SEED, at)])
        found[-1] += model.condition_on(batch).predict_f(at)
    for ours, expected in zip(*found, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-7, atol=1e-9)
    with pytest.raises(ValueError, match="train_inputs has 4 views that the features lack"):
        build(scaling=scaling)
