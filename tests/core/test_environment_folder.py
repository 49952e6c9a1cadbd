"""Windows' longest path: the default folder leaves room for every file of the packages."""

from __future__ import annotations

import csv
from importlib import metadata
from pathlib import Path, PureWindowsPath

import pytest

from addon.core.backend.environment_folder import (
    LONGEST_PACKAGE_PATH,
    LONGEST_WINDOWS_PATH,
    PACKAGES_FOLDER,
    default_environment,
    depth_problem,
)

ROOT = Path(__file__).resolve().parents[2]
LONGEST_USER = "a" * 20
"""Windows allows a user name 20 characters."""
LOCAL = f"C:\\Users\\{LONGEST_USER}\\AppData\\Local"
REQUIREMENTS = ("torch-cpu", *(path.stem for path in (ROOT / "requirements").glob("backend*.txt")))


def installed_paths():
    """Every path that the packages of the environment have in site-packages, compiled modules included."""
    for name in REQUIREMENTS:
        for line in (ROOT / "requirements" / f"{name}.txt").read_text().splitlines():
            package = line.split("==")[0].strip()
            if not package or package.startswith(("#", "-")):
                continue
            try:
                record = metadata.distribution(package).read_text("RECORD")
            except metadata.PackageNotFoundError:
                continue
            yield from (row[0] for row in csv.reader((record or "").splitlines()))


def test_the_longest_path_of_the_packages_is_known():
    paths = list(installed_paths())
    if not any(path.startswith("torch/") for path in paths):
        pytest.skip("torch is not installed here")
    longest = max(len(path) for path in paths)
    assert longest <= LONGEST_PACKAGE_PATH, "a package has a longer path now: raise the constant"


def test_the_default_folder_leaves_room_for_it_on_windows():
    folder = default_environment(Path("/unused"), "win32", {"LOCALAPPDATA": LOCAL}, (5, 10))
    parts = folder.parts[-2:]
    assert parts == ("Elocute", "5.10")
    whole = str(PureWindowsPath(LOCAL, *parts)) + PACKAGES_FOLDER
    assert len(whole) + LONGEST_PACKAGE_PATH <= LONGEST_WINDOWS_PATH
    assert depth_problem(Path(str(PureWindowsPath(LOCAL, *parts))), "win32", long_paths=False) == ""


def test_the_folder_of_the_extension_would_not():
    own = (
        rf"C:\Users\{LONGEST_USER}\AppData\Roaming\Blender Foundation\Blender\5.0\extensions\.user"
        r"\user_default\elocute\environment"
    )
    problem = depth_problem(Path(own), "win32", long_paths=False)
    assert "characters" in problem
    assert problem.endswith(".")
    assert depth_problem(Path(own), "win32", long_paths=True) == ""
    assert depth_problem(Path(own), "linux", long_paths=False) == ""


@pytest.mark.parametrize(
    ("system", "variables"), [("linux", {"LOCALAPPDATA": LOCAL}), ("darwin", {}), ("win32", {})]
)
def test_elsewhere_it_lies_with_the_extension(system, variables):
    assert default_environment(Path("/user"), system, variables, (4, 2)) == Path("/user/environment")
