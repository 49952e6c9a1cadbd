"""The extension is built by old Pythons and inside Blender too; a zip of the source tree is one as well."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scripts.build_extension import FILES, ROOT, build, own_arguments, zip_name
from scripts.run import place_problem

OWN_FILES = ("scripts/build_extension.py", "addon/core/atomic_write.py", "addon/core/errors.py")
PYENV = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
OLD_PYTHONS = sorted(path for minor in (8, 9, 10) for path in PYENV.glob(f"3.{minor}.*/bin/python3"))


@pytest.mark.parametrize("name", [*OWN_FILES, "addon/__init__.py", "addon/core/__init__.py"])
def test_nothing_newer_than_python_3_8_is_written_there(name):
    tree = ast.parse((ROOT / name).read_text(encoding="utf-8"), feature_version=(3, 8))
    imported = {
        (node.module or "").split(".")[0] if isinstance(node, ast.ImportFrom) else node.names[0].name
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
    }
    assert "tomllib" not in imported
    if any(isinstance(node, ast.AnnAssign | ast.FunctionDef) for node in ast.walk(tree)):
        assert "__future__" in imported, "annotations would be evaluated, and list[str] is none in 3.8"


@pytest.mark.parametrize("python", OLD_PYTHONS, ids=lambda path: path.parts[-3])
def test_an_old_python_builds_the_same_zip(python, tmp_path):
    done = subprocess.run(
        [str(python), "scripts/build_extension.py", "--out", str(tmp_path / "old")],
        cwd=ROOT, check=False, capture_output=True, text=True, env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (old,) = (tmp_path / "old").iterdir()
    assert old.read_bytes() == build(ROOT, tmp_path).read_bytes()


def test_the_name_is_the_manifests():
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    assert zip_name(ROOT) == f"{manifest['id']}-{manifest['version']}.zip"


@pytest.mark.parametrize(
    ("line", "in_blender", "own"),
    [
        (["build_extension.py", "--out", "a"], False, ["--out", "a"]),
        (["blender", "-b", "-P", "build_extension.py"], True, []),
        (["blender", "-b", "-P", "build_extension.py", "--", "--out", "a"], True, ["--out", "a"]),
    ],
)
def test_blenders_arguments_are_not_the_builders(line, in_blender, own):
    assert own_arguments(line, in_blender) == own


def test_run_inside_blender_is_one_sentence():
    assert place_problem(["sys", "os"]) == ""
    sentence = place_problem(["sys", "bpy"])
    assert "in a terminal" in sentence
    assert "\n" not in sentence
    program = "import sys, runpy; sys.modules['bpy'] = sys; sys.argv = ['blender', '-b', '-P', 'run.py']; "
    program += "runpy.run_path('scripts/run.py', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 2
    assert done.stderr == f"error: {sentence}\n"


def test_the_files_of_the_zip_are_at_the_top_of_the_source_tree():
    assert {"__init__.py", "blender_manifest.toml"} <= set(FILES), "what makes a folder an extension"
