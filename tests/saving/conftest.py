"""A saved model, and copies of it to be spoiled."""

import shutil
from pathlib import Path

import pytest

from tests.support import sequence_models


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("saved") / "model"
    sequence_models.fgp_vae().save(folder)
    return folder


@pytest.fixture
def copy(saved, tmp_path) -> Path:
    return Path(shutil.copytree(saved, tmp_path / "copy"))
