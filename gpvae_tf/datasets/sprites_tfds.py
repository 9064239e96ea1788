"""SPRITES as a data set of TensorFlow Datasets, from local sheets, without network: one example is one character.

`prepare` is all that is needed. For `tfds.load`, TFDS has to know the data set first and be told where the sheets are:

    sprites_tfds.register()
    config = tfds.download.DownloadConfig(manual_dir=sprites_dir, num_shards=8)
    tfds.load("sprites", split="train", download_and_prepare_kwargs={"download_config": config})
"""

import functools
import os
from collections.abc import Iterator

import numpy as np

from gpvae_tf.checks import at_least_one
from gpvae_tf.datasets import cache, sprites

_LENGTH = 16  # of a fingerprint in the name of a configuration


def prepare(
    sprites_dir: str | os.PathLike,
    data_dir: str | os.PathLike | None = None,
    *,
    num_shards: int = 8,
    variants: int | None = sprites.VARIANTS,
):
    """TFDS's builder of the characters in a folder, prepared if it is not yet, with splits "train" and "test".

    Every example has "frames" [A, H, W, 3] uint8, "character" (its row in `sprites.load`), "name" and "attributes".
    Both splits are in the order of the rows; the frames are those of `sprites.load`, byte for byte. Another content of
    the folder is another configuration, so nothing outdated is read.

    Args:
      sprites_dir, variants: see `sprites.open_source`.
      data_dir: see `gpvae_tf.datasets.cache.folder`; TFDS writes into its subfolder tensorflow_datasets.
      num_shards: files per split, for workers that read different ones.

    Raises:
      FileNotFoundError, ValueError: see `sprites.open_source`; also on num_shards below 1.
      OSError: if the folder cannot be written.
    """
    import tensorflow_datasets as tfds  # takes seconds, and needs to be there only when it is asked for

    at_least_one("num_shards", num_shards)
    source = sprites.open_source(sprites_dir, variants)
    config = tfds.core.BuilderConfig(name=source.fingerprint[:_LENGTH], description=f"variants={variants}")
    folder = cache.folder(data_dir) / "tensorflow_datasets"
    builder = register()(config=config, data_dir=os.fspath(folder))
    builder.variants = variants
    if not builder.is_prepared():
        source.check()
        tfds.disable_progress_bar()
        options = tfds.download.DownloadConfig(manual_dir=os.fspath(source.folder), num_shards=num_shards)
        builder.download_and_prepare(download_config=options)
    return builder


@functools.cache
def register():
    """The builder's class, which TFDS knows as "sprites" from then on."""
    import tensorflow_datasets as tfds

    class SpritesBuilder(tfds.core.GeneratorBasedBuilder):
        """Characters in poses; see `prepare`."""

        name = "sprites"
        VERSION = tfds.core.Version("1.0.0")
        MANUAL_DOWNLOAD_INSTRUCTIONS = (
            "manual_dir is a folder of layers (body/0.png, ..., shoes/1.png) or of images CHARACTER/POSE.png"
        )
        variants = sprites.VARIANTS

        def _info(self) -> tfds.core.DatasetInfo:
            frames = tfds.features.Tensor(shape=(None, None, None, 3), dtype=np.uint8, encoding="zlib")
            features = {
                "frames": frames,
                "character": np.int32,
                "name": tfds.features.Text(),
                "attributes": tfds.features.Tensor(shape=(None,), dtype=np.int32),
            }
            return tfds.core.DatasetInfo(
                builder=self,
                description="Characters composed of layers, in poses (Li & Mandt, 2018)",
                features=tfds.features.FeaturesDict(features),
                disable_shuffling=True,
            )

        def _split_generators(self, dl_manager: tfds.download.DownloadManager):
            source = sprites.open_source(os.fspath(dl_manager.manual_dir), self.variants)
            first_test = len(source.characters) - sprites.default_num_test(len(source.characters))
            return {
                "train": self._generate_examples(source, range(first_test)),
                "test": self._generate_examples(source, range(first_test, len(source.characters))),
            }

        def _generate_examples(self, source, characters: range) -> Iterator[tuple[int, dict]]:
            for character in characters:
                yield (
                    character,
                    {
                        "frames": source.make_frames(character),
                        "character": character,
                        "name": source.characters[character],
                        "attributes": source.attributes[character],
                    },
                )

    return SpritesBuilder
