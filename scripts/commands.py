"""What ``scripts/run.py`` does: environments first, then the demo or the tests."""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import Final

from addon.core.backend.base_python import find_base_python
from addon.core.backend.environment import EnvironmentPlan, backend_plan, prepare_environment
from addon.core.backend.setup_steps import SetupStep
from addon.core.errors import UserError
from scripts.build_extension import zip_name
from scripts.steps import ROOT, SIDE_BY_SIDE, Step, run_shown, side_by_side
from scripts.system_libraries import missing_libraries, missing_sentence

ENVIRONMENTS: Final = ROOT / ".venv"
REQUIREMENTS: Final = ROOT / "requirements"
PYTHON_OF_BLENDER: Final = {
    "4.2": (3, 11),
    "4.5": (3, 11),
    "5.0": (3, 11),
    "5.2": (3, 13),
    "5.3": (3, 13),
}
"""Tested Blender versions, and the one Python version that each one's module exists for."""
CHECKS: Final = (
    "backend-lite",
    "backend-science",
    "backend-transformers",
    "backend-training",
    "backend-ray",
    "backend-measures",
    "dev",
    "docs",
)
"""Requirement files of the checks, on top of the demo's."""
BLENDER_VERSIONS: Final = tuple(PYTHON_OF_BLENDER)
DEMO_BLENDER: Final = "5.0"
NEEDS_EVERY_BLENDER: Final = "ELOCUTE_NEEDS_EVERY_BLENDER"
"""Environment variable: when it is set, a missing Python fails the tests instead of skipping its Blenders."""
NOT_IN_ONE_ALONE: Final = ("-m", "not one_blender")
"""What leaves out the tests that one Blender has run for all: see the marker in pyproject.toml."""
COVERAGE_BLENDER: Final = DEMO_BLENDER
"""The Blender whose tests count coverage where it is asked for: all of them run the same code."""
EXTENSION_PLATFORM: Final = "linux-x64"
EXTENSION_ZIP: Final = "ELOCUTE_EXTENSION_ZIP"
"""Environment variable: the extension that carries its packages, which tests inside Blender install."""
TEST_MODELS: Final = "ELOCUTE_TEST_MODELS"
"""Environment variable: the folder of the models that tests inside Blender drive."""
MODELS_FOLDER: Final = ROOT / "dist" / "test-models"
BLENDER_TEST_SECONDS: Final = 1800
"""A bpy process that still runs then has hung at its exit and is killed."""
ONE_THREAD: Final = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "PASSIVE",
}
"""Tests run side by side, one a core; with more threads than cores small matrices take ten times as long."""
BACKEND_PARTS: Final = 2
LAST_BLENDER_PARTS: Final = 4
SLOWEST: Final = ("--durations=30", "--durations-min=1")
"""Every test run ends with a list of its slowest tests."""


def demo_plan() -> EnvironmentPlan:
    """Return the backend's environment with what the demo's pictures need."""
    plan = backend_plan(ROOT, ENVIRONMENTS / "backend")
    return replace(plan, requirements=(*plan.requirements, REQUIREMENTS / "backend-preview.txt"))


def checks_plan() -> EnvironmentPlan:
    """Return the environment of the backend's tests and all checks."""
    return EnvironmentPlan(
        folder=ENVIRONMENTS / "test",
        requirements=(
            *demo_plan().requirements,
            *(REQUIREMENTS / f"{name}.txt" for name in CHECKS),
        ),
        separate_requirements=(REQUIREMENTS / "torch-cpu.txt",),
        import_paths=(ROOT / "backend",),
        check_modules=("elocute.cli", "elocute.training", "pytest", "mypy"),
        lowest=(3, 11),
        highest=(3, 11),
    )


def blender_plan(version: str) -> EnvironmentPlan:
    """Return the environment of one Blender version."""
    python = PYTHON_OF_BLENDER[version]
    return EnvironmentPlan(
        folder=ENVIRONMENTS / f"blender-{version}",
        requirements=(REQUIREMENTS / f"blender-{version}.txt", REQUIREMENTS / "test-blender.txt"),
        lowest=python,
        highest=python,
    )


def blenders_to_test(versions: Sequence[str]) -> list[str]:
    """Return those of ``versions`` whose Python is on this computer; say which are skipped, and why.

    Raises:
        UserError: a Python is missing and :data:`NEEDS_EVERY_BLENDER` is set.
    """
    found: list[str] = []
    for version in versions:
        try:
            base_python(PYTHON_OF_BLENDER[version])
        except UserError as error:
            if os.environ.get(NEEDS_EVERY_BLENDER):
                raise
            print(f"Blender {version} is skipped: {error.message}", flush=True)
        else:
            found.append(version)
    return found


def base_python(version: tuple[int, int]) -> Path:
    """Return an interpreter of exactly this version, the running one if it fits.

    Raises:
        UserError: there is none on this computer.
    """
    if sys.version_info[:2] == version:
        return Path(sys.executable)
    return find_base_python(version, version)


def short_line(line: str) -> str:
    """Return what of a line of pip's output a person wants to see, else an empty string."""
    words = line.split()
    if line.startswith("Collecting "):
        return f"package {words[1]}"
    if line.startswith("Processing "):
        return f"package {Path(words[1]).name}"
    chatter = (
        "Downloading ",
        "Obtaining ",
        "Using cached ",
        "WARNING: Location",
        "Looking in ",
        "Installing coll",
    )
    return "" if line.startswith((*chatter, "Successfully ")) else line


def prepare(plan: EnvironmentPlan) -> Path:
    """Make the environment if need be and return its interpreter."""
    started = time.monotonic()
    said: list[str] = []

    def say(_step: SetupStep, line: str) -> None:
        said.append(line)
        if short := short_line(line.strip()):
            print(f"  {plan.folder.name}: {short}", flush=True)

    # One that is ready needs no interpreter to make it from.
    base = Path(sys.executable) if plan.lowest <= sys.version_info[:2] <= plan.highest else None
    python = prepare_environment(plan, base_python=base, report=say)
    if said:
        print(f"{plan.folder.name} environment: {time.monotonic() - started:.0f} s", flush=True)
    return python


def check_system_libraries() -> None:
    """Refuse to go on where Blender's module cannot be loaded.

    Raises:
        UserError: system libraries are missing; names the packages to install.
    """
    if libraries := missing_libraries():
        raise UserError(missing_sentence(libraries))


def run_demo(arguments: Sequence[str]) -> int:
    """Make the film of the demo; return its exit code."""
    if not {"-h", "--help"} & set(arguments):
        check_system_libraries()
    print("environments", flush=True)
    backend = prepare(demo_plan())
    blender = prepare(blender_plan(DEMO_BLENDER))
    script = str(ROOT / "scripts" / "demo.py")
    return subprocess.call([str(backend), script, "--blender-python", str(blender), *arguments])


def check_steps(python: Path) -> list[Step]:
    """Return the checks of the code and the documentation, which run nothing of it."""
    tools = python.parent
    return [
        Step("ruff check", (str(tools / "ruff"), "check", ".")),
        Step("ruff format", (str(tools / "ruff"), "format", "--check", ".")),
        Step("mypy", (str(tools / "mypy"), "backend", "addon", "scripts")),
        Step("import contracts", (str(tools / "lint-imports"),)),
        Step("codespell", (str(tools / "codespell"),)),
        Step("documentation", (str(tools / "mkdocs"), "build", "--strict", "--quiet")),
    ]


def backend_folders() -> list[str]:
    """Return the folders, and files of no folder, of the tests that need no Blender."""
    backend = ROOT / "tests" / "backend"
    names = [path for path in backend.iterdir() if path.is_dir() and any(path.rglob("test_*.py"))]
    names += [
        *backend.glob("test_*.py"),
        *(ROOT / "tests" / name for name in ("core", "contract", "readers", "scripts")),
    ]
    return [path.relative_to(ROOT).as_posix() for path in sorted(names)]


def backend_steps(python: Path, coverage: bool = False) -> list[Step]:
    """Return the tests that need no Blender, in :data:`BACKEND_PARTS` steps, or in one that counts coverage.

    A folder's tests are in one step: they share what takes long to make, and each process imports less.
    """
    folders = backend_folders()
    counted = ("--cov=elocute", "--cov=addon.core", "--cov-report=term:skip-covered") if coverage else ()
    count = 1 if coverage else BACKEND_PARTS
    return [
        Step(
            "backend tests" + (f", part {part + 1} of {count}" if count > 1 else ""),
            (str(python), "-m", "pytest", "-q", *SLOWEST, *counted, *folders[part::count]),
            counts_tests=True,
        )
        for part in range(count)
    ]


def blender_test_files() -> list[str]:
    """Return the files of tests that run inside every Blender, relative to the repository."""
    folders = (ROOT / "tests" / "blender", ROOT / "tests" / "e2e")
    files = [path for folder in folders for path in sorted(folder.rglob("test_*.py"))]
    return [path.relative_to(ROOT).as_posix() for path in files]


def blender_steps(versions: Sequence[str], pythons: Sequence[Path], coverage: bool = False) -> list[Step]:
    """Return the tests inside these Blender versions, for :data:`SIDE_BY_SIDE` at a time.

    Tests of which one Blender is enough are run in :data:`DEMO_BLENDER` or, without it, in the first.
    The last one's files are dealt out to steps of their own, so that no core waits long at the end.
    """
    files = blender_test_files()
    parts = [1] * len(versions)
    if len(versions) % SIDE_BY_SIDE:
        parts[-1] = LAST_BLENDER_PARTS
    alone = DEMO_BLENDER if DEMO_BLENDER in versions else versions[0] if versions else ""
    steps: list[Step] = []
    for version, python, count in zip(versions, pythons, parts, strict=True):
        for part in range(count):
            name = f", part {part + 1} of {count}" if count > 1 else ""
            counted = coverage and version == COVERAGE_BLENDER and count == 1
            chosen = () if version == alone else NOT_IN_ONE_ALONE
            steps.append(blender_step(version, python, files[part::count], name, counted, chosen))
    return steps


def blender_step(
    version: str,
    python: Path,
    files: Sequence[str],
    part: str = "",
    coverage: bool = False,
    chosen: Sequence[str] = (),
) -> Step:
    """Return these tests inside one Blender version, those that pytest's words ``chosen`` choose."""
    # bpy can hang while the interpreter ends, where no test timeout sees it.
    guard = ("timeout", "-s", "KILL", str(BLENDER_TEST_SECONDS)) if shutil.which("timeout") else ()
    counted = ("--cov=addon.blender", "--cov-report=term:skip-covered") if coverage else ()
    return Step(
        f"Blender {version} tests{part}",
        (*guard, str(python), "-m", "pytest", "-q", *SLOWEST, *counted, *chosen, *files),
        counts_tests=True,
        # Blender 4.2 was seen to crash once in several runs, in its own code for a window's scene.
        host_may_crash=True,
        variables=(("COVERAGE_FILE", str(ROOT / f".coverage.blender-{version}")),),
    )


def extension_step(python: Path) -> Step | None:
    """Return what builds the extension that carries its packages, which every Blender's tests install."""
    if sys.platform != "linux" or platform.machine() != "x86_64":
        return None
    command = (str(python), "scripts/build_extension.py", "--platform", EXTENSION_PLATFORM)
    return Step("extension with its packages", command)


def models_step(python: Path) -> Step:
    """Return what makes the models that every Blender's tests drive."""
    return Step(
        "models and films for tests inside Blender",
        (str(python), "tests/e2e/make_models.py", str(MODELS_FOLDER)),
        variables=(("ELOCUTE_CACHE", "off"),),
    )


def run_tests(arguments: Sequence[str]) -> int:
    """Run every check and test; return 0 if all succeeded."""
    parser = argparse.ArgumentParser(prog="run.py test", description="Run every check and test.")
    parser.add_argument(
        "--only",
        choices=("backend", *BLENDER_VERSIONS),
        help="only the checks and backend, or one Blender version",
    )
    parser.add_argument(
        "--coverage",
        action="store_true",
        help="also say which lines the tests reach, which takes longer",
    )
    options = parser.parse_args(arguments)
    only = options.only
    versions = blenders_to_test([v for v in BLENDER_VERSIONS if only in (None, v)])
    if versions:
        check_system_libraries()
    print("environments; of what runs side by side, the output is shown when it has ended", flush=True)
    running: dict[str, Future[bool]] = {}
    with side_by_side() as threads:

        def begin(steps: Sequence[Step], variables: dict[str, str]) -> None:
            running.update({step.name: threads.submit(run_shown, step, variables) for step in steps})

        # Making environments waits for the network and the disk: Blender's are made meanwhile.
        making = threads.submit(lambda: [prepare(blender_plan(version)) for version in versions])
        backend = prepare(checks_plan())
        # Tests inside Blender start the real service, which needs the backend's interpreter.
        variables = {"ELOCUTE_BACKEND_PYTHON": str(backend), **ONE_THREAD}
        zip_step = extension_step(backend) if versions else None
        made = [models_step(backend), *([] if zip_step is None else [zip_step])] if versions else []
        begin(made, variables)
        begin(check_steps(backend) if only in (None, "backend") else [], {})
        pythons = making.result()  # nothing is tested where one cannot be made
        begin(backend_steps(backend, options.coverage) if only in (None, "backend") else [], variables)
        for step in made:
            running[step.name].result()
        variables = {**variables, TEST_MODELS: str(MODELS_FOLDER)}
        if zip_step is not None:
            variables = {**variables, EXTENSION_ZIP: str(ROOT / "dist" / zip_name(ROOT, EXTENSION_PLATFORM))}
        begin(blender_steps(versions, pythons, options.coverage), variables)
    results = {name: step.result() for name, step in running.items()}
    print()
    for name, ok in results.items():
        print(f"{'ok    ' if ok else 'FAILED'} {name}")
    failed = sum(not ok for ok in results.values())
    print(f"steps: {len(results) - failed} passed, {failed} failed")
    return 1 if failed else 0


def main(arguments: Sequence[str]) -> int:
    """Run ``demo`` or ``test`` with the rest of the arguments."""
    commands = {"demo": run_demo, "test": run_tests}
    if not arguments or arguments[0] not in commands:
        wants_help = bool(arguments) and arguments[0] in ("-h", "--help")
        print("usage: run.py demo|test [options]   (run.py demo --help explains the options)")
        return 0 if wants_help else 2
    try:
        return commands[arguments[0]](arguments[1:])
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
