"""ratschlab/SVGP-VAE on SPRITES: the classifier that starts r, and poses of characters never seen (float32)."""

import numpy as np
import tensorflow as tf

from gpvae_tf.comparison import both_sides
from gpvae_tf.comparison.case import SVGP_VAE, Case, OurValue, our_values
from gpvae_tf.comparison.cases import svgp_vae_sprites_gp as sprites_gp
from gpvae_tf.comparison.cases import svgp_vae_sprites_graphs as graphs
from gpvae_tf.comparison.original_process import Arrays, Original
from gpvae_tf.experiments.sprites.representation import character_classifier, classifier_loss

NEW, CONTEXT = 2, 2  # characters never seen, and the frames that are given of each; the poses are all there are
NUM_LABELS = 6


def _inputs() -> Arrays:
    """A training set and new characters in all poses; all numbers of float32."""
    rng = np.random.default_rng(13)
    arrays = {
        **sprites_gp.start(rng, 0.3),
        "images": graphs.characters(rng, graphs.CHARACTERS, graphs.FRAMES),
        "new images": graphs.characters(rng, NEW, sprites_gp.NUM_POSES),
        "noise": rng.normal(size=(NEW * (sprites_gp.NUM_POSES - CONTEXT), graphs.LATENT_DIM)),
        **both_sides.random_weights(rng, *graphs.build_networks()),
    }
    return {
        "kernel": np.array(sprites_gp.COSINE),
        "poses of images": rng.integers(0, sprites_gp.NUM_POSES, graphs.BATCH),
    } | {name: array.astype(np.float32) for name, array in arrays.items()}


def theirs(original: Original, given: Arrays) -> Arrays:
    """`predict_SVGPVAE_sprites_test_character` with what is precomputed of the training set as their script does it."""
    model, tf1 = original.module("SVGPVAE_model"), original.tf
    vae, network = graphs.their_networks(original)
    svgp = sprites_gp.their_gp(original, given, graphs.LATENT_DIM, jitter=sprites_gp.JITTER)
    train = tf1.constant(given["images"]), tf1.constant(given["poses of images"])
    groups = dict(
        segment_ids=np.repeat(np.arange(graphs.CHARACTERS), graphs.FRAMES), repeats=[graphs.FRAMES] * graphs.CHARACTERS
    )
    encoded = model.batching_encode_SVGPVAE(train, vae, clipping_qs=True, repr_nn=network, **groups)
    means, variances = model.precompute_GP_params_SVGPVAE(*encoded, svgp=svgp)
    points, poses = svgp.inducing_index_points, sprites_gp.NUM_POSES
    inverse = tf1.linalg.inv(svgp.kernel_matrix(points, points))
    num_targets = poses - CONTEXT
    context = dict(segment_ids=np.repeat(np.arange(NEW), CONTEXT), repeats=[num_targets] * NEW)
    new = tf1.constant(given["new images"]), tf1.constant(np.tile(np.arange(poses), NEW))
    with original.draws([given["noise"]]):
        images, _, error = model.predict_SVGPVAE_sprites_test_character(
            new, vae, svgp, network, means, variances, N_context=CONTEXT, N_actions=poses, batch_size_test=NEW * poses,
            K_mm_inv=inverse, **context,
        )  # fmt: skip
    is_context = np.tile(np.arange(poses) < CONTEXT, NEW)
    rows = model.aux_data_SVGPVAE_sprites(
        (tf1.constant(given["new images"][is_context]), tf1.constant(np.tile(np.arange(CONTEXT, poses), NEW))),
        network, **context,
    )  # fmt: skip
    latents = [
        svgp.approximate_posterior_params_precomputed_GP_posterior_params(rows, means[i], variances[i], inverse)
        for i in range(graphs.LATENT_DIM)
    ]
    mean, variance = (tf1.stack(part, axis=1) for part in zip(*latents, strict=True))
    terms = {"auxiliary data": rows, "mean": mean, "variance": variance, "decoded": images, "SE / pixel": error}
    return original.run(terms, both_sides.weights_in(given))


def ours(given: Arrays) -> list[OurValue]:
    """`condition_on` the training set and ask for new objects, with the jitter of training (B10) and without."""
    return [
        *our_values(_generated(given, jitter=0.0), "no jitter"),
        *our_values(_generated(given, jitter=sprites_gp.JITTER), "jitter of training", "B10"),
    ]


def _generated(given: Arrays, *, jitter: float) -> dict[str, np.ndarray]:
    model = graphs.our_model(given, jitter=jitter)
    frames = given["new images"].reshape(NEW, sprites_gp.NUM_POSES, 64, 64, 3)
    poses = np.tile(np.arange(CONTEXT, sprites_gp.NUM_POSES, dtype=np.float32)[:, None], (NEW, 1, 1))
    of_each = model.inputs_of_new_objects(tf.constant(poses), tf.constant(frames[:, :CONTEXT]))
    inputs = tf.reshape(of_each, [1, -1, of_each.shape[-1]])
    mean, variance = (part[0] for part in model.condition_on(graphs.our_batch(given)).predict_f(inputs))
    z = mean + given["noise"] * tf.sqrt(tf.clip_by_value(variance, *graphs.SAMPLE_CLIP))
    images = model.decode(z).numpy()
    error = np.sum(np.square(frames[:, CONTEXT:].reshape(images.shape) - images), dtype=np.float64) / graphs.PIXELS
    return {"auxiliary data": inputs[0], "mean": mean, "variance": variance, "decoded": images, "SE / pixel": error}


def _frames_and_labels() -> Arrays:
    """Frames with characters' numbers, the order that they are shuffled into, and the classifier's weights."""
    rng = np.random.default_rng(15)
    classifier = character_classifier(graphs.build_networks()[1], NUM_LABELS)
    classifier.build((None, 64, 64, 3))
    arrays = {
        "images": graphs.characters(rng, graphs.CHARACTERS, graphs.FRAMES),
        **both_sides.random_weights(rng, classifier),
    }
    return {"labels": rng.integers(0, NUM_LABELS, graphs.BATCH), "order": rng.permutation(graphs.BATCH)} | {
        name: array.astype(np.float32) for name, array in arrays.items()
    }


def their_classifier(original: Original, given: Arrays) -> Arrays:
    """`forward_pass_pretraining_repr_NN`: the loss of the stage in which the representation network is a classifier."""
    tf1, layers = original.tf, original.tf.keras.layers
    network = original.module("VAE_utils").sprites_representation_network(L=sprites_gp.CHARACTER_DIM)
    head = tf1.keras.Sequential([layers.InputLayer(input_shape=(sprites_gp.CHARACTER_DIM,)), layers.Dense(NUM_LABELS)])
    images, labels = tf1.constant(given["images"]), tf1.constant(given["labels"])
    with original.draws([], [given["order"].astype(np.int32)]):
        loss = original.module("SPRITES_utils").forward_pass_pretraining_repr_NN(images, labels, network, head)
    vectors = network.repr_nn(images)
    terms = {"r(y)": vectors, "logits": head(vectors), "loss": loss}
    return original.run(terms, both_sides.weights_in(given))


def our_classifier(given: Arrays) -> list[OurValue]:
    """`experiments.sprites.representation`; a mean over images does not see their order."""
    network = graphs.build_networks()[1]
    classifier = character_classifier(network, NUM_LABELS)
    classifier.build((None, 64, 64, 3))
    both_sides.set_weights(given, classifier)
    logits = classifier(given["images"])
    loss = classifier_loss()(given["labels"], logits)
    return our_values({"r(y)": network(given["images"]), "logits": logits, "loss": loss})


CASES = (
    Case("sprites_new_characters", SVGP_VAE, _inputs, theirs, ours),
    Case("sprites_classifier", SVGP_VAE, _frames_and_labels, their_classifier, our_classifier),
)
