"""Made-up FLAME files on disk."""

from __future__ import annotations

import pytest

from elocute.face.flame_import import FlameSources, convert_flame
from scripts.synthetic_flame import SMALL_SIZE, make_synthetic_flame, write_files


@pytest.fixture(scope="session")
def synthetic():
    """A coarse made-up model."""
    return make_synthetic_flame(SMALL_SIZE)


@pytest.fixture(scope="session")
def files(synthetic, tmp_path_factory):
    """Its files, as chumpy wrote them: model, landmarks, masks."""
    return write_files(synthetic, tmp_path_factory.mktemp("flame2020"), "chumpy")


@pytest.fixture(scope="session")
def face(files):
    """The face model made from them."""
    return convert_flame(FlameSources(files["model"], files["masks"], (files["landmarks"],)))
