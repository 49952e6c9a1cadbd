"""The extension that carries its packages, as a new user has it: no Python, no network, nothing set up."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import bpy
import pytest

ROOT = Path(__file__).resolve().parents[2]
AUDIO = ROOT / "tests" / "data" / "speech" / "waffles.flac"
TOOL = Path(bpy.utils.system_resource("SCRIPTS")) / "addons_core" / "bl_pkg" / "cli" / "blender_ext.py"


@pytest.fixture(scope="module")
def extension_zip():
    """The zip that ``run.py test`` has built for the tests of every Blender."""
    name = os.environ.get("ELOCUTE_EXTENSION_ZIP")
    if not name:
        pytest.skip("ELOCUTE_EXTENSION_ZIP names no zip (scripts/build_extension.py --platform linux-x64)")
    return Path(name)


@pytest.fixture(scope="module")
def facts(extension_zip, tmp_path_factory, request):
    """What a session saw whose Blender finds no Python and no package of the user's; see the script."""
    work = tmp_path_factory.mktemp("new user")
    home = work / "home"
    user_site = home / ".local" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    user_site.mkdir(parents=True)
    (user_site / "onnxruntime.py").write_text("raise SystemExit('of the user')\n")
    script = Path(__file__).with_name("self_contained_session.py")
    words = [sys.executable, str(script), str(extension_zip), str(work), str(AUDIO)]
    memo = {}
    if os.environ.get("ELOCUTE_BACKEND_PYTHON"):
        memo = request.getfixturevalue("made_models")["films"]["memo.m4a"]
        words += [memo["path"]] if "path" in memo else []
    done = subprocess.run(
        words,
        check=False,
        capture_output=True,
        text=True,
        timeout=280,
        env={
            "HOME": str(home),
            "PATH": str(work / "nothing"),
            "LD_LIBRARY_PATH": os.environ.get("LD_LIBRARY_PATH", ""),
            "BLENDER_USER_RESOURCES": str(work / "blender"),
            "OMP_NUM_THREADS": "1",
        },
    )
    line = next((x for x in done.stdout.splitlines() if x.startswith("FACTS ")), None)
    assert line is not None, done.stdout[-3000:] + done.stderr[-6000:]
    assert done.returncode == 0, done.stderr[-3000:]
    return {**json.loads(line.removeprefix("FACTS ")), "film_not_made": memo.get("failed", "")}


def test_blenders_own_tools_accept_it_and_list_it(extension_zip, tmp_path):
    checked = subprocess.run(
        [sys.executable, str(TOOL), "validate", str(extension_zip)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stdout + checked.stderr
    (tmp_path / extension_zip.name).symlink_to(extension_zip)
    listed = subprocess.run(
        [sys.executable, str(TOOL), "server-generate", "--repo-dir", str(tmp_path)],
        check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert listed.returncode == 0, listed.stdout + listed.stderr
    (entry,) = json.loads((tmp_path / "index.json").read_text())["data"]
    assert (entry["id"], entry["platforms"]) == ("elocute", ["linux-x64"])
    if bpy.app.version >= (4, 3):
        assert entry.get("python_versions", ["3.11", "3.13"]) == ["3.11", "3.13"]


def test_the_zip_is_at_most_100_mb_and_holds_no_second_numpy(extension_zip):
    assert extension_zip.stat().st_size <= 100e6
    assert not [name for name in zipfile.ZipFile(extension_zip).namelist() if "/numpy-" in name]


def test_it_is_ready_at_once_and_offline(facts):
    assert facts["ready"] is True
    assert facts["online"] is False


def test_a_new_user_gets_motion_with_phones(facts):
    assert facts["generated"]["phase"] == "done", facts["generated"]
    assert facts["head"] is not None
    assert facts["different_faces"] > 8, "the face moves"
    assert facts["models"] == ["elocute-lite", "rules"]
    assert not [note for note in facts["generated"]["notes"] if "cannot be used" in note or "rules" in note]
    assert facts["again"]["phase"] == "done"


def test_a_recording_of_a_phone_is_decoded_by_blender(facts):
    assert not facts["film_not_made"], facts["film_not_made"]
    if "film" not in facts:
        pytest.skip("ELOCUTE_BACKEND_PYTHON names no interpreter that makes one")
    if not facts["film_decoder"]:  # the module of 4.2
        assert facts["film"]["phase"] == "failed"
        assert "memo.m4a is a film, or sound in a film's format." in facts["film"]["message"]
        return
    assert facts["film"]["phase"] == "done", facts["film"]
    assert "memo" in facts["film"]["message"]
    assert facts["temporary"] == []


def test_the_service_is_a_child_of_blenders_python_that_sees_the_extension_alone(facts):
    assert facts["python"] == str(Path(sys.executable).resolve())
    assert facts["heavy_in_blender"] == []
    assert "PYTHONNOUSERSITE=1" in facts["path_of_python"]
    assert len(facts["folders"]) == 1
    assert facts["folders"][0].startswith(str(Path(facts["extensions"])))
    assert facts["service_left"] is False
