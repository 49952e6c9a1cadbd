"""A model is loaded without what PyTorch imports to compile models: that takes longer than all the rest."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from elocute.models.catalogue import DEFAULT_MODEL
from elocute.models.registry import bundled_root
from tests.backend.dimitra import tiny_dimitra
from tests.backend.thmm import tiny_thmm

ROOT = Path(__file__).resolve().parents[3]
COMPILING = ("torch._dynamo", "torch._inductor", "sympy")
PERFORM = f"""
import json, sys
from pathlib import Path
from elocute.clips_in_the_making import make_clips
from elocute.generator import GenerationSettings
from elocute.models.catalogue import Catalogue
from elocute.models.family import LoadOptions
from elocute.progress import Progress
from tests.backend.dimitra.tiny_dimitra import speech
models = Catalogue(anything=True)
generator = models.load(models.choose(sys.argv[1]), LoadOptions())
clips = make_clips(generator, speech(), GenerationSettings(), Progress())
print(json.dumps([generator.info.engine, len(clips), [name for name in {COMPILING} if name in sys.modules]]))
"""


@pytest.fixture
def bundled(tmp_path: Path) -> Path:
    """The bundled model as PyTorch computes it."""
    return Path(
        shutil.copytree(
            bundled_root() / DEFAULT_MODEL, tmp_path / "bundled", ignore=shutil.ignore_patterns("graphs")
        )
    )


@pytest.fixture
def dimitra(tmp_path: Path) -> Path:
    from elocute.models.dimitra.folder import save_folder

    save_folder(tmp_path / "dimitra", tiny_dimitra.model(), "card\n")
    return tmp_path / "dimitra"


@pytest.fixture
def thmm(tmp_path: Path) -> Path:
    from elocute.models.thmm.folder import save_folder

    save_folder(tmp_path / "thmm", tiny_thmm.model(tiny_thmm.spoken()), "card\n")
    return tmp_path / "thmm"


@pytest.mark.parametrize("model", ["bundled", "dimitra", "thmm"])
def test_nothing_that_compiles_models_is_imported(model: str, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(model)
    done = subprocess.run(
        [sys.executable, "-c", PERFORM, str(folder)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "backend"), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert json.loads(done.stdout.splitlines()[-1]) == ["PyTorch", 1, []]
