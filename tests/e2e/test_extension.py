"""Build the zip, check it with Blender's own tool, install it, and use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import bpy
import pytest

from scripts.build_extension import build

ROOT = Path(__file__).resolve().parents[2]
AUDIO = ROOT / "tests" / "data" / "speech" / "waffles.flac"
TOOL = Path(bpy.utils.system_resource("SCRIPTS")) / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"


@pytest.mark.one_blender
def test_the_zip_is_the_same_every_time(extension_zip, tmp_path):
    assert build(ROOT, tmp_path).read_bytes() == extension_zip.read_bytes()


@pytest.mark.one_blender
def test_the_zip_holds_all_a_user_needs_and_no_more(extension_zip):
    names = zipfile.ZipFile(extension_zip).namelist()
    for needed in (
        "__init__.py",
        "blender_manifest.toml",
        "addon/blender/ui/panels.py",
        "backend/elocute/service/server.py",
        "backend/elocute/bundled/elocute-lite/config.json",
        "backend/elocute/bundled/elocute-lite/model.safetensors",
        "backend/elocute/bundled/elocute-lite/styles/neutral.npz",
        "backend/elocute/bundled/elocute-lite/graphs/denoiser.onnx",
        "backend/elocute/bundled/elocute-lite/graphs/graphs.json",
        "requirements/backend.txt",
        "requirements/backend-languages.txt",
        "requirements/backend-lite.txt",
        "requirements/backend-science.txt",
        "requirements/backend-transformers.txt",
        "requirements/backend-words.txt",
        "requirements/torch-cpu.txt",
        "flame_assets/elocute-head-1.npz",
    ):
        assert needed in names
    assert not [n for n in names if "__pycache__" in n or n.startswith(("tests/", "scripts/", ".", "dist/"))]
    assert extension_zip.stat().st_size < 60e6


def test_blenders_own_tool_accepts_it(extension_zip):
    done = subprocess.run(
        [sys.executable, str(TOOL), "validate", str(extension_zip)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_zip_of_the_source_tree_installs_as_it_is(extension_zip, tmp_path):
    """As a code host offers it: everything below one folder, with files that the extension does not need."""
    source = tmp_path / "elocute-main.zip"
    with zipfile.ZipFile(extension_zip) as built, zipfile.ZipFile(source, "w") as whole:
        for name in built.namelist():
            whole.writestr(f"elocute-main/{name}", built.read(name))
        for name in ("pyproject.toml", "scripts/run.py", "tests/e2e/conftest.py", ".gitignore"):
            whole.write(ROOT / name, f"elocute-main/{name}")
    program = (
        "import bpy, sys, addon_utils\n"
        "bpy.ops.extensions.package_install_files("
        "filepath=sys.argv[1], repo='user_default', enable_on_install=True)\n"
        "print('INSTALLED', hasattr(bpy.types, 'ELOCUTE_PT_generate'))\n"
        "addon_utils.disable_all()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(source)],
        check=False, capture_output=True, text=True, timeout=120,
        env={**os.environ, "BLENDER_USER_RESOURCES": str(tmp_path / "blender")},
    )  # fmt: skip
    assert "INSTALLED True" in done.stdout, done.stdout + done.stderr


@pytest.fixture(scope="module")
def facts(extension_zip, tmp_path_factory):
    """What a whole session with the installed extension saw; see extension_session.py."""
    backend = os.environ.get("ELOCUTE_BACKEND_PYTHON")
    if not backend:
        pytest.skip("ELOCUTE_BACKEND_PYTHON names no interpreter with the backend's packages")
    work = tmp_path_factory.mktemp("session")
    script = Path(__file__).with_name("extension_session.py")
    done = subprocess.run(
        [sys.executable, str(script), str(extension_zip), str(work), backend, str(AUDIO)],
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
        env={**os.environ, "BLENDER_USER_RESOURCES": str(work / "blender")},
    )
    line = next((x for x in done.stdout.splitlines() if x.startswith("FACTS ")), None)
    assert line is not None, done.stdout[-3000:] + done.stderr[-6000:]
    assert done.returncode == 0, (
        f"Blender ended with {done.returncode} after disabling: {done.stderr[-3000:]}"
    )
    return json.loads(line.removeprefix("FACTS "))


def test_install_register_disable(facts):
    assert len(facts["installed"]) == 7
    assert facts["unregistered"] == []
    assert facts["registered_again"] == facts["installed"]
    assert facts["disabled"] == []
    assert facts["scene_property_left"] is False


def test_the_service_ends_with_the_addon(facts):
    assert facts["service_ran"] is True
    assert facts["service_left"] is False


def test_greyed_buttons_say_why(facts):
    assert "Set up" in facts["blocker_before_setup"]
    assert "Online Access" in facts["setup_blocker"]
    assert "recording" in facts["blocker_without_audio"]
    assert "address" in facts["blocker_remote"]


def test_generate_keys_a_head_with_sound(facts):
    assert facts["generated"]["phase"] == "done", facts["generated"]
    scene = facts["scene"]
    assert scene["head"] is not None
    assert any(name.startswith("waffles") for name in scene["actions"])
    assert scene["strips"] == (1 if bpy.app.build_options.audaspace else 0)


def test_a_second_take_keeps_the_first(facts):
    assert facts["second"]["phase"] == "done"
    assert set(facts["scene"]["actions"]) < set(facts["second_scene"]["actions"])
    assert facts["second_scene"]["strips"] == facts["scene"]["strips"]


def test_the_bundled_model_made_the_motion(facts):
    assert facts["models"] == ["elocute-lite", "rules"]
    assert facts["styles"][0] == "neutral"
    assert not [note for note in facts["notes"] if "rules" in note]


def test_failures_are_one_sentence_and_change_nothing(facts):
    for name in ("bad", "killed", "remote_dead"):
        assert facts[name]["phase"] == "failed", name
        assert facts[name]["message"].endswith("."), name
        assert "Traceback" not in facts[name]["message"]
    assert facts["cancelled"]["phase"] == "idle"
    assert facts["untouched"] is True


def test_a_dead_service_is_started_again(facts):
    assert facts["after_killed"]["phase"] == "done", facts["after_killed"]
