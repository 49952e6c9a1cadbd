from __future__ import annotations

import pytest
import torch

from elocute.renderers.mtov.convert import convert_official
from elocute.renderers.mtov.folder import load_folder
from tests.backend.mtov import published_mtov as published


@pytest.fixture(scope="session")
def published_files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("published")
    paths = folder / "film.pth", folder / "landmarks.pth", folder / "unet.pth"
    contents = published.autoencoder_state(), published.autoencoder_state("dots "), published.unet_state()
    for path, content in zip(paths, contents, strict=True):
        torch.save(content, path)
    return paths


@pytest.fixture(scope="session")
def renderer_folder(published_files, tmp_path_factory):
    folder = tmp_path_factory.mktemp("renderer") / "tiny"
    convert_official(*published_files, folder)
    return folder


@pytest.fixture
def renderer(renderer_folder):
    return load_folder(renderer_folder)
