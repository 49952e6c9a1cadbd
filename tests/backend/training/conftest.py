"""What tests of trainings share."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from elocute.models.diffposetalk.files import GRAPHS
from elocute.models.diffposetalk.folder import LoadedModel
from elocute.models.diffposetalk.onnx_folder import built_from
from elocute.training.elocute_lite import graphs, package


@pytest.fixture(scope="session")
def kept_graphs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path, LoadedModel], None]:
    """Like :func:`graphs.write_graphs`, but models of the same sizes get copies of the same graphs."""
    kept = tmp_path_factory.mktemp("graphs")
    folders: dict[str, Path] = {}

    def write(folder: Path, model: LoadedModel) -> None:
        sizes = json.dumps(built_from(model.config), sort_keys=True)
        if sizes not in folders:
            graphs.write_graphs(kept / str(len(folders)), model)
            folders[sizes] = kept / str(len(folders))
        shutil.copytree(folders[sizes] / GRAPHS, folder / GRAPHS, dirs_exist_ok=True)

    return write


@pytest.fixture
def graphs_traced_once(
    monkeypatch: pytest.MonkeyPatch, kept_graphs: Callable[[Path, LoadedModel], None]
) -> None:
    """Graphs, which hold no weights and take ten processor seconds to trace, are copied where a model of the
    same sizes has had its own; that they are always the same, others say."""
    monkeypatch.setattr(package, "write_graphs", kept_graphs)


@pytest.fixture
def no_waiting_for_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the Hugging Face hub cannot be reached, it is asked six times all the same, but at once:
    huggingface_hub would sleep for 23 s between its tries."""
    monkeypatch.setattr("huggingface_hub.utils._http.time", SimpleNamespace(sleep=lambda seconds: None))
