"""The extension as a user gets it. The folder is skipped where bpy is absent."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from scripts.build_extension import build

pytest.importorskip("bpy")

ROOT = Path(__file__).resolve().parents[2]

MODELS = "ELOCUTE_TEST_MODELS"
"""Environment variable: where ``run.py test`` has had make_models.py make them for every Blender."""


@pytest.fixture(scope="session")
def extension_zip(tmp_path_factory):
    """The built extension, without packages."""
    return build(ROOT, tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="session")
def made_models(tmp_path_factory):
    """What make_models.py says that it has made. Nobody may change it."""
    folder = os.environ.get(MODELS)
    if not folder:
        backend = os.environ.get("ELOCUTE_BACKEND_PYTHON")
        if not backend:
            pytest.skip("ELOCUTE_BACKEND_PYTHON names no interpreter with the backend's packages")
        folder = tmp_path_factory.mktemp("models") / "made"
        script = Path(__file__).with_name("make_models.py")
        done = subprocess.run(
            [backend, script, folder], check=False, capture_output=True, text=True, timeout=280
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return json.loads((Path(folder) / "made.json").read_text(encoding="utf-8"))


@pytest.fixture
def character(tmp_path):
    """A file that this Blender has saved: a head whose rig is called Anna, with a camera and lights."""
    import bpy

    from addon.blender.heads.head_builder import build_head
    from addon.blender.heads.portrait import add_portrait
    from addon.blender.heads.sitter import sitter_of_head
    from addon.blender.package import STAND_IN_HEAD
    from addon.core.clip.face_model import read_face_model

    bpy.ops.wm.read_factory_settings(use_empty=True)
    rig = build_head(bpy.context.scene, read_face_model(STAND_IN_HEAD))
    rig.armature.name = "Anna"
    add_portrait(bpy.context.scene, sitter_of_head(rig))
    path = tmp_path / "character.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(path))
    return path


@pytest.fixture(scope="session")
def made_films(made_models):
    """Films of many kinds by their names, each with its path and rate; see make_films.py."""
    films = made_models["films"]
    failed = "\n".join(f"{name}: {film['failed']}" for name, film in films.items() if "failed" in film)
    assert not failed, failed
    return films
