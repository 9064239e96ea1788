"""Keras' own ways to save: each writes everything, or says in one sentence what to do instead."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tensorflow as tf

from gpvae_tf._keras import keras
from gpvae_tf.files import check_plain, expanded
from gpvae_tf.files.versions import is_saved_model, may_hold_versions, no_saved_model
from gpvae_tf.saving.configurable import SavingError, import_package
from gpvae_tf.saving.exporting import servable
from gpvae_tf.saving.folder import is_model_folder
from gpvae_tf.saving.model import save
from gpvae_tf.saving.variables import restore, slots_of, without_optimizer

_ENDINGS = (".h5", ".hdf5", ".keras")
_TRACKED = "_self_tracked_trackables"  # Keras' list of a model's parts, in the order of its variables


class SavedToFolder(keras.Model):
    """The base of models that are saved as folders (`saving.save`), in front of `keras.Model`."""

    def __delattr__(self, name: str) -> None:
        """Deletes an attribute, which Keras also does before it assigns another value to it.

        Keras forgets layers, but no other module, such as a likelihood, whose variables would stay in the model.
        """
        value = getattr(self, name, None)
        super().__delattr__(name)
        if isinstance(value, tf.Module) and value not in self._obj_reference_counts:  # no other attribute has it
            self.__dict__[_TRACKED] = [part for part in self._self_tracked_trackables if part is not value]

    def __setattr__(self, name: str, value: Any) -> None:
        """Assigns an attribute; a part takes its predecessor's place in the order of the model's variables.

        Keras would put it last, whereas a model that is made with it, as a loaded one is, has it in that place; and the
        optimizer's slots are numbered by that order.
        """
        before = [*self.__dict__.get(_TRACKED, ())]
        super().__setattr__(name, value)
        after = self.__dict__.get(_TRACKED, [])
        places = {id(part): place for place, part in enumerate(before)}
        gone = places.keys() - map(id, after)
        if gone and after and id(after[-1]) not in places:
            after.insert(places[gone.pop()], after.pop())

    def make_train_function(self, force: bool = False) -> Callable:
        """Keras' compiled step of training, which `fit` asks for.

        Raises:
          ValueError: if a variable trains that the optimizer has no slots for, such as one of a part that was assigned
            after the first step.
        """
        known, trained = slots_of(self)
        if known and (others := [variable.name for key, variable in trained.items() if key not in known]):
            raise ValueError(
                f"the optimizer was compiled when other variables trained, not {', '.join(others[:3])}"
                f"{', ...' if others[3:] else ''}: compile the model again, with a new optimizer"
            )
        return super().make_train_function(force)

    def save(
        self,
        filepath: str | os.PathLike,
        overwrite: bool = True,
        save_format: str | None = None,
        *,
        include_optimizer: bool = True,
        options: Any = None,
    ) -> None:
        """Writes the whole model to a folder, from which `gpvae_tf.load_model` reads it.

        Keras' `ModelCheckpoint(folder)` calls this.

        Args:
          filepath: the folder, see `saving.save`.
          overwrite: whether a model that was saved there before may be replaced.
          save_format: None or "tf", as Keras' callbacks give it; there is one format.
          include_optimizer: whether the optimizer and its state come back too.
          options: what `ModelCheckpoint` gives for another format; ignored.

        Raises:
          SavingError: in one sentence, if it cannot be written.
        """
        refuse_file(filepath, save_format)
        save(self, filepath, overwrite=overwrite, include_optimizer=include_optimizer)

    def save_weights(
        self, filepath: str | os.PathLike, overwrite: bool = True, save_format: str | None = None, options: Any = None
    ) -> None:
        """Writes all variables, the optimizer's too, as a TensorFlow checkpoint that `load_weights` restores.

        Raises:
          SavingError: for HDF5 and .keras, which know Keras' layers only: kernel, likelihood and inducing points would
            be lost without a word.
        """
        refuse_file(filepath, save_format)
        try:
            check_plain(filepath, "the file of the weights")
        except ValueError as error:
            raise SavingError(str(error)) from error
        super().save_weights(filepath, overwrite=overwrite, save_format=save_format, options=options)

    def load_weights(self, filepath: str | os.PathLike, *args: Any, **options: Any) -> Any:
        """Restores what `save_weights` wrote; the optimizer too if the model is compiled and its state is there.

        Raises:
          SavingError: for HDF5 and .keras files, for a folder of `save`, and if a variable of the model is not in the
            file.
        """
        refuse_file(filepath)
        if is_model_folder(Path(filepath)):
            raise SavingError(f"{filepath} is a whole model: read it by gpvae_tf.load_model")
        restore(without_optimizer(self), filepath)  # Keras would silently skip what it does not find
        return super().load_weights(filepath, *args, **options).expect_partial()

    def export(self, filepath: str | os.PathLike, *, limits: Any = None, **options: Any) -> Path:
        """Writes a SavedModel, which needs neither this library nor Keras to be loaded (`gpvae_tf.serving`).

        It goes into the folder as its next version, FOLDER/1, FOLDER/2, ..., of which a server takes the newest.

        Args:
          filepath: the folder of the versions.
          limits: the most that a request may ask for, `serving.Limits`; its defaults if None.
          options: what the model's class needs, see `serving.kinds`.

        Returns:
          the folder of the version, for `tf.saved_model.load`.

        Raises:
          SavingError: if the folder holds something else.
          TypeError, ValueError: if an option is missing or unknown, or nothing is known of the class.
        """
        folder = expanded(filepath).absolute()
        if not (is_saved_model(folder) or may_hold_versions(folder)):
            raise SavingError(no_saved_model(folder))
        import_package("serving")
        made = servable(self, **options)
        if limits is not None:
            made.limits = limits
        return made.write_version(folder)

    def get_config(self) -> Any:
        """There is no configuration in Keras' form, so `.keras` files and `clone_model` are refused.

        Raises:
          SavingError: always.
        """
        raise self._no_keras_format()

    def save_spec(self, dynamic_batch: bool = True) -> Any:
        """There is no `call` for Keras to write, so a SavedModel in Keras' form is refused.

        Raises:
          SavingError: always.
        """
        raise self._no_keras_format()

    def _no_keras_format(self) -> SavingError:
        return SavingError(f"Keras has no format for {type(self).__name__}: use model.save(folder), {_READ}")


_READ = "which gpvae_tf.load_model(folder) reads"


def refuse_file(path: str | os.PathLike, save_format: str | None = None) -> None:
    """Refuses the formats of one file.

    Raises:
      SavingError: if the path or the format says HDF5 or Keras.
    """
    name = str(os.fspath(path)) if isinstance(path, (str, os.PathLike)) else type(path).__name__
    if not name.lower().endswith(_ENDINGS) and save_format in (None, "tf", "tensorflow"):
        return
    what = f"{name}" if save_format is None else f"{name} with save_format={save_format!r}"
    raise SavingError(
        f"{what} would hold Keras' layers only, no kernel, likelihood or inducing points: use model.save(folder), "
        f"{_READ}, or save_weights(path) without an ending"
    )
