"""The backend's own virtual environment: find, make, check and refresh it.

Never Blender's own Python: a folder of its own that the user can see and delete. Standard library
only, so that it also runs in a bare Python before anything is installed.
"""

from __future__ import annotations

import contextlib
import enum
import hashlib
import json
import os
import platform
import shutil
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..atomic_write import write_atomically
from ..errors import Cancelled, UserError
from .base_python import HIGHEST_PYTHON, LOWEST_PYTHON, find_base_python
from .environment_folder import depth_problem, long_paths_enabled
from .folder_lock import folder_lock, lock_file
from .setup_steps import PythonCommand, Report, SetupStep, run_step

MARKER: Final = "elocute-environment.json"
PATH_FILE: Final = "elocute.pth"
LOG: Final = "elocute-setup.log"
DOWNLOADS: Final = "downloads"
TEMPORARY: Final = "temporary"


class EnvironmentState(enum.Enum):
    """What stands in an environment's folder."""

    MISSING = "it does not exist"
    HALF_MADE = "its setup was interrupted"
    OUTDATED = "it was created for other requirements"
    READY = "it is ready"
    FOREIGN = "the folder contains other files"


@dataclass(frozen=True)
class EnvironmentPlan:
    """What an environment should be.

    Attributes:
        folder: where it is.
        requirements: pip requirement files, pinned.
        separate_requirements: further ones, installed first, each by a pip of its own and without
            dependencies: files that name a package index which is used for no other package.
        import_paths: folders whose packages it can import as well.
        check_modules: modules that must be importable at the end.
        lowest: lowest Python version (inclusive).
        highest: highest Python version (inclusive).
        pip_arguments: further arguments of ``pip install``, for example ``--no-index``.
        own_downloads: keep what pip downloads in the folder while it is made, so that the next try need not
            download it again, and nothing is left elsewhere. Without it pip keeps it where it always does.
    """

    folder: Path
    requirements: tuple[Path, ...]
    separate_requirements: tuple[Path, ...] = ()
    import_paths: tuple[Path, ...] = ()
    check_modules: tuple[str, ...] = ()
    lowest: tuple[int, int] = LOWEST_PYTHON
    highest: tuple[int, int] = HIGHEST_PYTHON
    pip_arguments: tuple[str, ...] = ()
    own_downloads: bool = False

    @property
    def python(self) -> Path:
        """The environment's interpreter."""
        if os.name == "nt":
            return self.folder / "Scripts" / "python.exe"
        return self.folder / "bin" / "python"

    def fingerprint(self) -> str:
        """Return a digest that changes when the environment must be recreated.

        Raises:
            UserError: a requirement file cannot be read.
        """
        digest = hashlib.sha256()
        for path in (*self.separate_requirements, *self.requirements):
            try:
                digest.update(path.read_bytes() + b"\0")
            except OSError as error:
                raise UserError(
                    f"Cannot read the requirements file {path}.", "Install Elocute again."
                ) from error
        digest.update(repr(self.pip_arguments).encode())
        return digest.hexdigest()


def backend_plan(root: Path, folder: Path, *, pytorch: bool = False) -> EnvironmentPlan:
    """Return the plan of the backend's environment.

    Args:
        root: folder that holds ``backend/`` and ``requirements/``.
        folder: where the environment is created.
        pytorch: with what models of the user's own need; the bundled ones do without.
    """
    modules: tuple[str, ...] = ("elocute.cli", "elocute.service.server", "elocute.audio.analysis")
    files = root / "requirements"
    names = ["backend", "backend-languages"]
    if onnxruntime_is_offered(sys.platform, platform.machine()):
        modules += ("elocute.models.diffposetalk.onnx_folder",)
    if words_are_offered(sys.platform, platform.machine(), _c_library()):
        names.append("backend-words")
    separate: tuple[Path, ...] = ()
    if pytorch:
        names += ["backend-lite", "backend-science", "backend-transformers"]
        separate = (files / "torch-cpu.txt",)
        if torch_is_offered(sys.platform, platform.machine()):
            modules += ("elocute.models.diffposetalk.folder",)
    return EnvironmentPlan(
        folder=folder,
        requirements=tuple(files / f"{name}.txt" for name in names),
        separate_requirements=separate,
        import_paths=(root / "backend",),
        check_modules=modules,
    )


def onnxruntime_is_offered(system: str, machine: str) -> bool:
    """Whether there is an ONNX Runtime for this system, as ``requirements/backend.txt`` has it.

    Args:
        system: as ``sys.platform``.
        machine: as ``platform.machine()``.
    """
    return system != "darwin" or machine == "arm64"


def torch_is_offered(system: str, machine: str) -> bool:
    """Whether there is a PyTorch for this system, as ``requirements/torch-cpu.txt`` has it.

    Args:
        system: as ``sys.platform``.
        machine: as ``platform.machine()``.
    """
    return system in ("linux", "win32") or (system == "darwin" and machine == "arm64")


def words_are_offered(system: str, machine: str, c_library: str) -> bool:
    """Whether there are wheels of ``requirements/backend-words.txt`` for this system.

    Args:
        system: as ``sys.platform``.
        machine: as ``platform.machine()``.
        c_library: on Linux its name and version (``glibc 2.36``), else empty.
    """
    if system == "win32":
        return machine == "AMD64"
    name, _, version = c_library.partition(" ")
    parts = version.split(".")
    if system != "linux" or name != "glibc" or not all(part.isdigit() for part in parts):
        return False
    return machine in ("x86_64", "aarch64") and tuple(int(part) for part in parts) >= (2, 34)


def _c_library() -> str:
    """Name and version of the C library that runs, empty where it does not say."""
    if sys.platform == "win32":
        return ""
    try:
        return os.confstr("CS_GNU_LIBC_VERSION") or ""
    except (ValueError, OSError):
        return ""


def check_environment(plan: EnvironmentPlan) -> EnvironmentState:
    """Return what stands in the plan's folder; cheap, starts no process.

    Raises:
        UserError: a requirement file cannot be read.
    """
    folder = plan.folder
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return EnvironmentState.MISSING
    marker = _read_marker(folder)
    if marker is None:
        return EnvironmentState.FOREIGN
    if marker.get("state") != "ready" or not plan.python.exists():
        return EnvironmentState.HALF_MADE
    if marker.get("fingerprint") != plan.fingerprint():
        return EnvironmentState.OUTDATED
    return EnvironmentState.READY


def prepare_environment(
    plan: EnvironmentPlan,
    *,
    base_python: Path | None = None,
    report: Report = lambda step, line: None,
    cancelled: threading.Event | None = None,
) -> Path:
    """Make sure that the environment can be used, and return its interpreter.

    A ready one is used as it is; an incomplete or outdated one is recreated.

    Args:
        plan: what it should be.
        base_python: interpreter to make it from; by default a fitting one is looked for.
        report: called with the step and a line whenever something happens.
        cancelled: stops the work once set.

    What a failed step leaves is recognised the next time, and what it has downloaded is used again.

    Raises:
        UserError: no fitting Python, no network, no space, or a folder that holds something else.
        Cancelled: ``cancelled`` was set. Nothing of the environment is left then.
    """
    cancelled = cancelled or threading.Event()
    if check_environment(plan) is EnvironmentState.READY:
        _write_path_file(plan)
        return plan.python
    if problem := depth_problem(plan.folder, sys.platform, long_paths_enabled()):
        raise UserError(problem, "Choose a shorter folder for the environment in the preferences.")
    try:
        plan.folder.parent.mkdir(parents=True, exist_ok=True)
        with folder_lock(plan.folder):
            state = check_environment(plan)  # another process may have created it
            if state is not EnvironmentState.READY:
                _make(plan, state, base_python, report, cancelled)
            _write_path_file(plan)
    except OSError as error:
        raise _write_failure(plan.folder, error) from error
    return plan.python


def remove_environment(plan: EnvironmentPlan) -> None:
    """Delete the environment; a folder that holds something else is left alone.

    Raises:
        UserError: it was not created by Elocute, or cannot be deleted.
    """
    state = check_environment(plan)
    if state is EnvironmentState.MISSING:
        return
    if state is EnvironmentState.FOREIGN:
        raise _foreign(plan.folder)
    try:
        _discard(plan.folder)
        lock_file(plan.folder).unlink(missing_ok=True)
    except OSError as error:
        raise UserError(
            f"{plan.folder} cannot be deleted: {error.strerror}.",
            "Stop the service and close other instances of Blender, then try again.",
        ) from error


def _make(
    plan: EnvironmentPlan,
    state: EnvironmentState,
    base_python: Path | None,
    report: Report,
    cancelled: threading.Event,
) -> None:
    if state is EnvironmentState.FOREIGN:
        raise _foreign(plan.folder)
    python = find_base_python(plan.lowest, plan.highest, None if base_python is None else [base_python])
    fingerprint = plan.fingerprint()
    try:
        if state is not EnvironmentState.MISSING:
            report(SetupStep.CLEAR, f"Recreating {plan.folder}: {state.value}")
            _clear(plan.folder, keep=(MARKER, DOWNLOADS))
        plan.folder.mkdir(exist_ok=True)
        _write_marker(plan.folder, {"state": "making"})
        _fill(plan, python, report, cancelled)
    except Cancelled:
        _discard(plan.folder)
        raise
    except UserError:
        with contextlib.suppress(OSError):  # what went wrong first is what the user must know
            _clear(plan.folder, keep=(MARKER, DOWNLOADS, LOG))
        raise
    for name in (DOWNLOADS, TEMPORARY):
        shutil.rmtree(plan.folder / name, ignore_errors=True)
    _write_marker(plan.folder, {"state": "ready", "fingerprint": fingerprint, "python": str(python)})
    report(SetupStep.CHECK, "The environment is ready")


def _fill(plan: EnvironmentPlan, python: Path, report: Report, cancelled: threading.Event) -> None:
    folder = plan.folder
    temporary = folder / TEMPORARY
    temporary.mkdir(exist_ok=True)

    def run(step: SetupStep, command: PythonCommand) -> None:
        run_step(step, command, log=folder / LOG, temporary=temporary, report=report, cancelled=cancelled)

    report(SetupStep.CREATE, f"Creating a virtual environment in {folder} with {python}")
    run(SetupStep.CREATE, PythonCommand(python, "venv", (str(folder),)))
    install = ["--no-input", "--disable-pip-version-check", "install", "--progress-bar", "off"]
    install += ["--only-binary", ":all:", "--no-deps"]  # the files name every package there is to be
    install += ["--cache-dir", str(folder / DOWNLOADS)] if plan.own_downloads else []
    install += plan.pip_arguments
    for path in plan.separate_requirements:
        report(SetupStep.SEPARATE_PACKAGES, f"Installing {path.name}")
        patience = ("--timeout", "15", "--retries", "2")  # a wheel on this computer must not wait for long
        arguments = (*install, *patience, "-r", str(path))
        run(SetupStep.SEPARATE_PACKAGES, PythonCommand(plan.python, "pip", arguments))
    arguments = tuple(install)
    for path in plan.requirements:
        report(SetupStep.PACKAGES, f"Installing {path.name}")
        arguments += ("-r", str(path))
    run(SetupStep.PACKAGES, PythonCommand(plan.python, "pip", arguments))
    _write_path_file(plan)
    if plan.check_modules:
        report(SetupStep.CHECK, "Checking that everything can be imported")
        code = f"import {', '.join(plan.check_modules)}"
        run(SetupStep.CHECK, PythonCommand(plan.python, "-c", (code,)))


def _read_marker(folder: Path) -> dict[str, object] | None:
    """Return the marker's content; None if the folder was not created by Elocute."""
    try:
        marker = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except OSError:
        return None
    except ValueError:
        return {}  # ours, but cut off while it was written
    return marker if isinstance(marker, dict) else {}


def _write_marker(folder: Path, content: dict[str, str]) -> None:
    with write_atomically(folder / MARKER) as temporary:
        temporary.write_text(json.dumps(content), encoding="utf-8")


def _write_path_file(plan: EnvironmentPlan) -> None:
    """Make ``import_paths`` importable; kept up to date, for an updated add-on may have moved."""
    if not plan.import_paths:
        return
    if os.name == "nt":
        site_packages = plan.folder / "Lib" / "site-packages"
    else:
        site_packages = next((plan.folder / "lib").glob("python3*/site-packages"))
    content = "".join(f"{path.resolve()}\n" for path in plan.import_paths)
    path_file = site_packages / PATH_FILE
    if not path_file.exists() or path_file.read_text(encoding="utf-8") != content:
        path_file.write_text(content, encoding="utf-8")


def _clear(folder: Path, keep: tuple[str, ...]) -> None:
    """Empty an environment's folder of all but the names in ``keep``."""
    for entry in list(folder.iterdir()):
        if entry.name in keep:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()


def _discard(folder: Path) -> None:
    """Delete an environment; by its marker, which goes last, an interrupted deletion is recognised."""
    _write_marker(folder, {"state": "removing"})
    _clear(folder, keep=(MARKER,))
    (folder / MARKER).unlink(missing_ok=True)
    folder.rmdir()


def _foreign(folder: Path) -> UserError:
    return UserError(
        f"{folder} is not empty and was not created by Elocute.",
        "Choose an empty or a new folder for the environment.",
    )


def _write_failure(folder: Path, error: OSError) -> UserError:
    return UserError(
        f"The environment {folder} cannot be written: {error.strerror or error}.",
        "Choose a folder that you may write to, on a disk with about 2 GB of free space.",
    )
