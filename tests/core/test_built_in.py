"""Packages that came with the extension, and the child of Blender's Python that runs with them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from addon.core.backend.built_in import (
    NEEDED,
    SPEECH_MODEL,
    WHEELS,
    BuiltInPackages,
    blenders_python,
    child_variables,
    find_built_in,
)

PYTHON = Path(sys.executable)


@pytest.fixture
def package(tmp_path):
    """An extension's folder with wheels."""
    (tmp_path / "extension" / WHEELS).mkdir(parents=True)
    return tmp_path / "extension"


@pytest.fixture
def installed(tmp_path):
    """A folder in which Blender has installed the wheels, and its own with NumPy."""
    own, blenders = tmp_path / "own", tmp_path / "blender"
    for name in NEEDED:
        folder = (blenders if name == "numpy" else own) / name
        if name == "soundfile":  # a module without a folder of its own
            own.mkdir(exist_ok=True)
            (own / "soundfile.py").write_text("")
            continue
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("raise RuntimeError('imported')")
    return own, blenders


def test_packages_are_found_without_being_imported(package, installed):
    own, blenders = installed
    found = find_built_in(package, [str(blenders), str(own)], PYTHON)
    assert found == BuiltInPackages(PYTHON, (own,))


def test_the_speech_model_is_the_extensions(package, installed):
    (package / SPEECH_MODEL).mkdir()
    found = find_built_in(package, [str(folder) for folder in installed], PYTHON)
    assert found is not None
    assert found.launch(Path("/b")).variables["POCKETSPHINX_PATH"] == str(package / SPEECH_MODEL)


@pytest.mark.parametrize("missing", NEEDED)
def test_one_missing_package_is_as_none(package, installed, missing):
    own, blenders = installed
    place = (blenders if missing == "numpy" else own) / missing
    if missing == "soundfile":
        (own / "soundfile.py").unlink()
    else:
        (place / "__init__.py").unlink()
        place.rename(place.with_name("gone"))
    assert find_built_in(package, [str(own), str(blenders)], PYTHON) is None


def test_an_extension_without_wheels_has_none(tmp_path, installed):
    search = [str(folder) for folder in installed]
    assert find_built_in(tmp_path, search, PYTHON) is None
    (tmp_path / WHEELS).mkdir()
    assert find_built_in(tmp_path, search, None) is None
    assert find_built_in(tmp_path, search, PYTHON) is not None


def test_the_child_sees_the_extensions_packages_and_nothing_of_the_users(tmp_path):
    site = tmp_path / "home" / ".local" / "lib" / f"python3.{sys.version_info.minor}" / "site-packages"
    own = tmp_path / "own"
    for folder, name in ((site, "of_the_user"), (tmp_path / "path", "on_the_path"), (own, "ours")):
        folder.mkdir(parents=True)
        (folder / f"{name}.py").write_text("")
    launch = BuiltInPackages(PYTHON, (own,)).launch(tmp_path / "backend")
    assert launch.variables["PYTHONNOUSERSITE"] == "1", "a virtual environment's Python hides it anyway"
    outer = {**os.environ, "HOME": str(tmp_path / "home"), "PYTHONPATH": str(tmp_path / "path")}
    outer |= {"PYTHONSTARTUP": "/x", "PYTHONOPTIMIZE": "2"}
    code = (
        "from importlib.util import find_spec; import sys\n"
        "print([bool(find_spec(n)) for n in ('ours', 'of_the_user', 'on_the_path')], sys.flags.optimize)"
    )
    done = subprocess.run(
        [str(launch.python), "-c", code],
        check=True, capture_output=True, text=True, env=child_variables(outer, launch.variables),
    )  # fmt: skip
    assert done.stdout.strip() == "[True, False, False] 0"


def test_a_childs_variables_are_ours_without_pythons_own():
    own = {"HOME": "/h", "PythonHome": "/x", "PYTHONPATH": "/y", "__PYVENV_LAUNCHER__": "/z"}
    assert child_variables(own, {"PYTHONPATH": "/a"}) == {"HOME": "/h", "PYTHONPATH": "/a"}


def test_blenders_python_is_the_executable_or_lies_below_the_prefix(tmp_path):
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    own = tmp_path / "4.5" / "python" / "bin" / version
    own.parent.mkdir(parents=True)
    blender = tmp_path / "blender"
    for file in (own, blender):
        file.write_text("")
    prefix = str(tmp_path / "4.5" / "python")
    assert blenders_python(str(own), "/nowhere") == own
    assert blenders_python(str(blender), prefix) == own, "some builds name Blender itself"
    assert blenders_python("", prefix) == own
    assert blenders_python(str(tmp_path / "python-gone"), prefix) == own
    assert blenders_python("", str(tmp_path)) is None
