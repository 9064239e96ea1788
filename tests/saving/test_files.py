"""Folders of saved models: replaced at once, never by accident, and safe to read wherever they come from."""

import json
import shutil

import numpy as np
import pytest

import gpvae_tf
from gpvae_tf import saving
from tests.support import sequence_models
from tests.support.damage import edits


def test_another_folder_is_not_overwritten(tmp_path, copy):
    model = sequence_models.vae()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("")
    (tmp_path / "file").write_text("")
    for place in ("mine", "file"):
        with pytest.raises(saving.SavingError, match=f"{place} exists and is no saved model; nothing was written"):
            model.save(tmp_path / place)
    with pytest.raises(saving.SavingError, match="exists already and overwrite is False"):
        model.save(copy, overwrite=False)
    assert isinstance(gpvae_tf.load_model(copy), gpvae_tf.FGPVAE)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "file", "mine"]


def test_an_empty_folder_is_filled_whatever_it_is(tmp_path, monkeypatch):
    """A link to one, or the current one, was deleted, and a mount could not be."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    sequence_models.vae().save(tmp_path / "link")
    assert (tmp_path / "link").is_symlink() and (tmp_path / "real" / "model.json").is_file()
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    sequence_models.vae().save(".")
    assert isinstance(gpvae_tf.load_model("."), gpvae_tf.VAE) and sorted(p.name for p in tmp_path.iterdir()) == [
        "here",
        "link",
        "real",
    ]


def test_an_older_model_is_replaced_and_leaves_nothing(copy):
    (copy / "notes.txt").write_text("kept")
    sequence_models.vae().save(copy)
    assert isinstance(gpvae_tf.load_model(copy), gpvae_tf.VAE)
    kinds = [path.suffix for path in sorted(copy.iterdir())]
    assert kinds == [".npz", ".json", ".txt", ".data-00000-of-00001", ".index"]


@pytest.mark.parametrize("replaces", [False, True])
def test_an_interrupted_save_leaves_what_was_there(monkeypatch, tmp_path, copy, replaces):
    before = sorted(path.name for path in copy.iterdir())

    def full(*args, **arrays):
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space left"):
        sequence_models.vae().save(copy if replaces else tmp_path / "new")
    assert sorted(path.name for path in copy.iterdir()) == before
    assert [path.name for path in tmp_path.iterdir()] == ["copy"]


def test_home_is_expanded(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    sequence_models.vae().save("~/model")
    assert isinstance(gpvae_tf.load_model("~/model"), gpvae_tf.VAE) and (tmp_path / "model" / "model.json").is_file()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "is not valid JSON"),
        ("[" * 100_000, "is not valid JSON"),
        ("[]", "is no description of a model"),
        ('{"format": "gpvae_tf model", "version": 99}', "version 99; this library reads version 1"),
        ('{"format": "gpvae_tf model", "version": 1}', "names the file None"),
        ('{"format": "gpvae_tf model", "version": 1, "arrays": "../a.npz"}', "names the file '../a.npz'"),
    ],
)
def test_a_damaged_description_is_one_clear_error(text, message, copy):
    (copy / "model.json").write_text(text)
    with pytest.raises(ValueError, match=message) as caught:
        gpvae_tf.load_model(copy)
    assert str(copy / "model.json") in str(caught.value)


def test_no_saved_model(tmp_path):
    with pytest.raises(ValueError, match=f"{tmp_path} is no saved model: it holds no readable model.json"):
        gpvae_tf.load_model(tmp_path)
    (tmp_path / "1").mkdir()
    with pytest.raises(ValueError, match="it was exported, and gpvae_tf.serving.load reads it"):
        gpvae_tf.load_model(tmp_path)


def test_python_objects_are_not_unpickled(copy):
    (arrays,) = copy.glob("arrays-*.npz")
    np.savez(arrays, a0=np.array([print], object))
    with pytest.raises(ValueError, match=f"{arrays} is missing or damaged.*Object arrays are not read"):
        gpvae_tf.load_model(copy)


@pytest.mark.parametrize("damage", ["missing", "cut", "other"])
def test_damaged_weights_are_one_clear_error(copy, damage, tmp_path):
    (data,) = copy.glob("weights-*.data*")
    (index,) = copy.glob("weights-*.index")
    if damage == "missing":
        index.unlink()
    elif damage == "cut":
        data.write_bytes(data.read_bytes()[:100])
    else:
        sequence_models.vae().save(tmp_path / "other")
        (others,) = (tmp_path / "other").glob("weights-*.index")
        shutil.copy(others, index)
        shutil.copy(next((tmp_path / "other").glob("weights-*.data*")), data)
    with pytest.raises(
        ValueError, match="is missing, damaged or of another model|lacks variables of the model"
    ) as caught:
        gpvae_tf.load_model(copy)
    assert str(index.with_suffix("")) in str(caught.value)


def test_edited_descriptions_are_one_clear_error_or_a_model(copy):
    """A sample of all edits of one entry."""
    path = copy / "model.json"
    whole = json.loads(path.read_text())
    for edited in list(edits(whole))[5::300]:
        path.write_text(json.dumps(edited))
        try:
            gpvae_tf.load_model(copy)
        except saving.SavingError as error:
            assert str(copy) in str(error) and "\n" not in str(error)


def test_what_is_no_fault_of_the_file_passes(copy, monkeypatch):
    """No memory, and bugs of our own in what reads the file."""
    for error in (MemoryError, ZeroDivisionError):

        def fails(*_, error=error):
            raise error("of another kind")

        monkeypatch.setattr("gpvae_tf.saving.reader.Reader.read", fails)
        with pytest.raises(error, match="of another kind"):
            gpvae_tf.load_model(copy)
