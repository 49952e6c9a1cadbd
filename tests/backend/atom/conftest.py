from __future__ import annotations

import pytest
import torch

from elocute.models.atom.convert import read_official
from tests.backend.atom import published_atom as published


@pytest.fixture(scope="session")
def published_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("published") / "atom.pt"
    torch.save(published.checkpoint(), path)
    return path


@pytest.fixture(scope="session")
def network(published_file):
    return read_official(published_file, heads=published.HEADS)
