"""Two convolutions computed a few images at a time, so that their hidden maps stay in a processor's cache."""

from collections.abc import Callable

import tensorflow as tf

CACHED = 2**20  # hidden numbers of a block, 4 MB in float32


@tf.custom_gradient
def convolved_twice(
    images: tf.Tensor, first: tf.Tensor, bias: tf.Tensor, second: tf.Tensor
) -> tuple[tf.Tensor, Callable[[tf.Tensor], tuple]]:
    """conv(relu(conv(images, first) + bias), second), stride 1 and "same" padding, [N, H, W, c].

    With F = 256 filters the hidden maps of 2,000 images of 28 x 28 pixels are 1.6 GB, and a step of training moves them
    through memory some eight times, which takes longer than computing them. Here they are made for a block of images,
    used, and made again for the gradient, which takes the third part more operations and no memory. Convolutions are
    products with the k k patches around every pixel. There is no gradient in the images.

    Args:
      images: [N, H, W, C].
      first: [k, k, C, F].
      bias: [F].
      second: [k, k, F, c].
    """
    size, (height, width) = first.shape[0], images.shape[1:3]
    num_filters, num_channels = second.shape[2:]
    into = tf.concat([tf.reshape(first, [-1, num_filters]), bias[tf.newaxis]], axis=0)  # [k k C + 1, F]
    out_of = tf.reshape(tf.transpose(second, [2, 0, 1, 3]), [num_filters, -1])  # [F, k k c]
    most = max(1, CACHED // (height * width * num_filters))
    in_blocks = _in_blocks(images, most)

    def hidden(block: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        around = _patches(block, size)
        around = tf.concat([around, tf.ones_like(around[:, :1])], axis=-1)
        return around, tf.nn.relu(around @ into)

    def maps(block: tf.Tensor) -> tf.Tensor:
        added = tf.reshape(hidden(block)[1] @ out_of, [-1, height, width, size * size, num_channels])
        padded = tf.pad(added, [[0, 0], *_around(size), [0, 0], [0, 0]])
        taps = [(i, j) for i in range(size) for j in range(size)]
        return tf.add_n([padded[:, i : i + height, j : j + width, size * i + j] for i, j in taps])

    def gradient(upstream: tf.Tensor) -> tuple[None, tf.Tensor, tf.Tensor, tf.Tensor]:
        def added_up(sums: tuple[tf.Tensor, tf.Tensor], pair: tuple[tf.Tensor, tf.Tensor]) -> tuple:
            (block, of_maps), (of_into, of_out) = pair, sums
            around, values = hidden(block)
            of_added = _patches(of_maps, size, mirrored=True)  # [P, k k c]
            of_hidden = tf.where(values > 0, of_added @ tf.transpose(out_of), tf.zeros_like(values))
            return of_into + tf.transpose(around) @ of_hidden, of_out + tf.transpose(values) @ of_added

        pairs = (in_blocks, _in_blocks(upstream, most))
        of_into, of_out = tf.foldl(added_up, pairs, (tf.zeros_like(into), tf.zeros_like(out_of)), parallel_iterations=1)
        of_second = tf.transpose(tf.reshape(of_out, [num_filters, size, size, num_channels]), [1, 2, 0, 3])
        return None, tf.reshape(of_into[:-1], first.shape), of_into[-1], of_second

    found = tf.map_fn(maps, in_blocks, parallel_iterations=1)
    return tf.reshape(found, [-1, height, width, num_channels])[: tf.shape(images)[0]], gradient


def _in_blocks(images: tf.Tensor, most: int) -> tf.Tensor:
    """Images [N, ...] as blocks [b, n, ...] of at most so many, of one size: images of zeros fill up the last one."""
    count = tf.shape(images)[0]
    number = tf.maximum(1, -(-count // most))
    size = -(-count // number)
    images = tf.pad(images, [[0, number * size - count], [0, 0], [0, 0], [0, 0]])
    return tf.reshape(images, tf.concat([[number, size], images.shape[1:]], axis=0))


def _around(size: int) -> list[list[int]]:
    """Rows and columns that "same" padding adds before and after an image."""
    return [[(size - 1) // 2, size // 2]] * 2


def _patches(images: tf.Tensor, size: int, *, mirrored: bool = False) -> tf.Tensor:
    """The k x k pixels around every pixel of images [n, H, W, C], [n H W, k k C]; mirrored, those that it is around."""
    _, height, width, channels = images.shape
    padding = [[after, before] for before, after in _around(size)] if mirrored else _around(size)
    padded = tf.pad(images, [[0, 0], *padding, [0, 0]])
    offsets = list(range(size))[:: -1 if mirrored else 1]
    parts = [padded[:, i : i + height, j : j + width] for i in offsets for j in offsets]
    return tf.reshape(tf.stack(parts, axis=3), [-1, size * size * channels])
