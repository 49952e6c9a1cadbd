"""The package's extras: each installs what its part of the code imports, at the versions of the files."""

from __future__ import annotations

import ast
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from elocute.optional_packages import OPTIONAL_PACKAGES

ROOT = Path(__file__).resolve().parents[2]
CODE = ROOT / "backend" / "elocute"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DISTRIBUTION_OF = {
    "PIL": "pillow",
    "h11": "uvicorn",
    "httpx2": "huggingface-hub",
    "parselmouth": "praat-parselmouth",
    "pydantic_core": "pydantic",
    "pythonosc": "python-osc",
    "skimage": "scikit-image",
    "starlette": "fastapi",
}
"""Importable name -> the distribution that has it or brings it, where these differ."""
NOT_OFFERED = {"lpips", "mediapipe", "torchvision"}
"""Measures and a detector that each user brings himself; they are named where they are asked for."""
CORE_AREAS = (
    *("articulation", "audio", "batch", "behaviour", "cli", "controls"),
    *("exchange", "finishing", "live", "motion", "storage"),
)
AREAS = {
    "service": ("service",),
    "training": ("train",),
    "dataset": ("train",),
    "preview": ("preview",),
    "evaluation": ("measures", "science"),
    "models": ("torch",),
    "renderers": ("torch",),
    "networks": ("torch",),
    "diffusion": ("torch",),
    "checkpoint": ("torch",),
}
"""Part of the code -> the extras that it may need on top of the core."""


def installs(extra=None):
    """Canonical names that the core, or the core with an extra, asks for."""
    found = {canonicalize_name(Requirement(line).name) for line in PROJECT["dependencies"]}
    waiting = [] if extra is None else list(PROJECT["optional-dependencies"][extra])
    while waiting:
        requirement = Requirement(waiting.pop())
        if requirement.name == "elocute":
            waiting += [
                line for inner in requirement.extras for line in PROJECT["optional-dependencies"][inner]
            ]
        else:
            found.add(canonicalize_name(requirement.name))
    return found


def importable(area, *, everywhere=True):
    """Names of packages that a part of the code imports, inside functions too or only with its modules."""
    found = {}
    for path in (CODE / area).rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree) if everywhere else tree.body:
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            for name in (one.partition(".")[0] for one in names):
                if name not in sys.stdlib_module_names and name != "elocute":
                    found[name] = path.name
    return found


def imported(area, *, everywhere):
    """Distributions that :func:`importable` needs, with a file that does."""
    names = importable(area, everywhere=everywhere)
    return {canonicalize_name(DISTRIBUTION_OF.get(name, name)): path for name, path in names.items()}


@pytest.mark.parametrize("area", sorted(AREAS))
def test_an_extra_installs_all_that_its_part_imports(area):
    offered = set().union(*(installs(extra) for extra in AREAS[area]))
    lacking = set(imported(area, everywhere=True)) - offered - NOT_OFFERED
    assert not lacking


@pytest.mark.parametrize("area", sorted(CORE_AREAS))
def test_the_core_is_enough_to_import_its_parts(area):
    lacking = {
        name: path for name, path in imported(area, everywhere=False).items() if name not in installs()
    }
    assert not lacking


def test_the_core_brings_no_framework():
    assert not installs() & {"torch", "scipy", "fastapi", "pydantic", "uvicorn", "transformers", "diffusers"}


def test_everything_imported_anywhere_is_offered_or_named():
    areas = [path.name for path in CODE.iterdir() if path.is_dir()]
    names = {name for area in areas for name in imported(area, everywhere=True)}
    offered = installs().union(*(installs(extra) for extra in PROJECT["optional-dependencies"]))
    assert names - offered == NOT_OFFERED


@pytest.mark.parametrize("extra", sorted(PROJECT["optional-dependencies"]))
def test_an_extra_pins_what_the_files_pin(extra):
    pinned = {
        str(Requirement(line.removesuffix("\\")))
        for path in (ROOT / "requirements").glob("*.txt")
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip() and not line.lstrip().startswith(("#", "-"))
    }
    own = [Requirement(line) for line in PROJECT["optional-dependencies"][extra]]
    assert {str(one) for one in own if one.name != "elocute"} <= pinned


@pytest.mark.parametrize(
    "extra", ["service", "train", "preview", "measures", "ray", "sound", "science", "torch"]
)
def test_every_package_of_an_extra_has_a_sentence_where_it_is_missing(extra):
    known = {canonicalize_name(DISTRIBUTION_OF.get(name, name)) for name in OPTIONAL_PACKAGES}
    assert installs(extra) - installs() <= {canonicalize_name(name.replace("_", "-")) for name in known}


@pytest.mark.parametrize("area", ["service", "training", "preview", "evaluation"])
def test_a_failed_import_of_these_parts_is_a_sentence(area):
    core, known = installs(), set(OPTIONAL_PACKAGES) | NOT_OFFERED
    brought = {"h11", "pydantic_core"}  # never missing where what brings them is there
    names = {
        name for name in importable(area) if canonicalize_name(DISTRIBUTION_OF.get(name, name)) not in core
    }
    assert names - brought <= known
