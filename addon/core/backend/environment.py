"""The backend's own virtual environment: find, make, check and refresh it.

Never Blender's own Python: a folder of its own that the user can see and delete. Standard library
only, so that it also runs in a bare Python before anything is installed.
"""

from __future__ import annotations

import enum
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..atomic_write import write_atomically
from ..errors import UserError
from .command_output import CommandFailedError, run_command
from .folder_lock import folder_lock

MARKER: Final = "elocute-environment.json"
PATH_FILE: Final = "elocute.pth"
LOG: Final = "elocute-setup.log"
LOWEST_PYTHON: Final = (3, 11)
HIGHEST_PYTHON: Final = (3, 13)
_PROBE: Final = (
    "import sys, json\n"
    "missing = []\n"
    "for name in ('venv', 'ensurepip'):\n"
    "    try:\n"
    "        __import__(name)\n"
    "    except ImportError:\n"
    "        missing.append(name)\n"
    "print(json.dumps({'version': list(sys.version_info[:3]), 'missing': missing}))\n"
)

_INDEX_PATHS: Final = {"/simple/": "pypi.org", "/whl/cpu/": "download.pytorch.org"}
"""What pip asks for on each package index; its complaints name no host."""

Report = Callable[[str], None]


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
    """

    folder: Path
    requirements: tuple[Path, ...]
    separate_requirements: tuple[Path, ...] = ()
    import_paths: tuple[Path, ...] = ()
    check_modules: tuple[str, ...] = ()
    lowest: tuple[int, int] = LOWEST_PYTHON
    highest: tuple[int, int] = HIGHEST_PYTHON
    pip_arguments: tuple[str, ...] = ()

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


def backend_plan(root: Path, folder: Path) -> EnvironmentPlan:
    """Return the plan of the backend's environment.

    Args:
        root: folder that holds ``backend/`` and ``requirements/``.
        folder: where the environment is created.
    """
    modules: tuple[str, ...] = ("elocute.cli", "elocute.service.server", "elocute.audio.analysis")
    if torch_is_offered(sys.platform, platform.machine()):
        modules += ("elocute.models.diffposetalk.generator",)
    files = root / "requirements"
    return EnvironmentPlan(
        folder=folder,
        requirements=(files / "backend.txt", files / "backend-lite.txt"),
        separate_requirements=(files / "torch-cpu.txt",),
        import_paths=(root / "backend",),
        check_modules=modules,
    )


def torch_is_offered(system: str, machine: str) -> bool:
    """Whether there is a PyTorch for this system, as ``requirements/torch-cpu.txt`` has it.

    Args:
        system: as ``sys.platform``.
        machine: as ``platform.machine()``.
    """
    return system in ("linux", "win32") or (system == "darwin" and machine == "arm64")


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
    report: Report = lambda line: None,
    cancelled: threading.Event | None = None,
) -> Path:
    """Make sure that the environment can be used, and return its interpreter.

    A ready one is used as it is; an incomplete or outdated one is recreated.

    Args:
        plan: what it should be.
        base_python: interpreter to make it from; by default a fitting one is looked for.
        report: called with a line whenever something happens.
        cancelled: stops the work once set; what is half made is recognised the next time.

    Raises:
        UserError: no fitting Python, no network, no space, or a folder that holds something else.
        Cancelled: ``cancelled`` was set.
    """
    cancelled = cancelled or threading.Event()
    if check_environment(plan) is EnvironmentState.READY:
        _write_path_file(plan)
        return plan.python
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
        _clear(plan.folder)
        plan.folder.rmdir()
    except OSError as error:
        raise UserError(
            f"{plan.folder} cannot be deleted: {error.strerror}.",
            "Stop the service and close other instances of Blender, then try again.",
        ) from error


def find_base_python(
    lowest: tuple[int, int] = LOWEST_PYTHON,
    highest: tuple[int, int] = HIGHEST_PYTHON,
    candidates: Iterable[Path] | None = None,
) -> Path:
    """Return an interpreter of a fitting version that can make virtual environments.

    Raises:
        UserError: there is none; the sentence says what was missing.
    """
    found: list[str] = []
    for candidate in _candidates(lowest, highest) if candidates is None else candidates:
        problem = python_problem(candidate, lowest, highest)
        if problem is None:
            return candidate
        found.append(problem)
    wanted = ".".join(map(str, lowest))
    if highest != lowest:
        wanted += " to " + ".".join(map(str, highest))
    raise UserError(
        f"No Python {wanted} was found on this computer"
        + (f" ({'; '.join(dict.fromkeys(found))})." if found else "."),
        "Install it from python.org (on Debian or Ubuntu: apt install python3-venv), "
        "or choose one in the preferences.",
    )


def python_problem(python: Path, lowest: tuple[int, int], highest: tuple[int, int]) -> str | None:
    """Return why ``python`` cannot make the environment, or None when it can."""
    try:
        probe = subprocess.run(  # noqa: S603 - an interpreter from PATH or of the user's choice
            [str(python), "-I", "-c", _PROBE], capture_output=True, timeout=60, check=True
        )
        facts = json.loads(probe.stdout)
        version, missing = tuple(facts["version"]), list(facts["missing"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return f"{python} does not run"
    if not lowest <= version[:2] <= highest:
        return f"{python} is Python {'.'.join(map(str, version))}"
    if missing:
        return f"{python} lacks the module {missing[0]}"
    return None


def _candidates(lowest: tuple[int, int], highest: tuple[int, int]) -> list[Path]:
    minors = range(lowest[1], highest[1] + 1)
    names = [f"python3.{minor}" for minor in minors] + ["python3", "python"]
    paths = [Path(found) for name in names if (found := shutil.which(name))]
    # pyenv's commands on PATH answer only for the versions it has made global; the others lie here.
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    paths += [path for minor in minors for path in sorted(versions.glob(f"3.{minor}.*/bin/python3"))]
    own = Path(sys.executable) if sys.executable else None
    if own is not None and own.stem.lower().startswith("python"):  # Blender may name itself here
        paths.insert(0, own)
    return list(dict.fromkeys(paths))


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
    if state is not EnvironmentState.MISSING:
        report(f"Recreating {plan.folder}: {state.value}")
        _clear(plan.folder)
    plan.folder.mkdir(exist_ok=True)
    _write_marker(plan.folder, {"state": "making"})
    log = plan.folder / LOG

    report(f"Creating a virtual environment in {plan.folder} with {python}")
    _run([str(python), "-I", "-m", "venv", str(plan.folder)], "venv", log, report, cancelled)
    pip = [str(plan.python), "-I", "-m", "pip", "--no-input", "--disable-pip-version-check", "install"]
    pip += ["--progress-bar", "off", "--only-binary", ":all:", *plan.pip_arguments]
    for path in plan.separate_requirements:
        report(f"Installing {path.name}")
        patience = ["--timeout", "15", "--retries", "2"]  # a wheel on this computer must not wait for long
        _run([*pip, "--no-deps", *patience, "-r", str(path)], "pip", log, report, cancelled)
    pip.append("--no-deps")  # the files name every package there is to be
    for path in plan.requirements:
        report(f"Installing {path.name}")
        pip += ["-r", str(path)]
    _run(pip, "pip", log, report, cancelled)
    _write_path_file(plan)
    if plan.check_modules:
        report("Checking that everything can be imported")
        check = f"import {', '.join(plan.check_modules)}"
        _run([str(plan.python), "-c", check], "import", log, report, cancelled)
    _write_marker(plan.folder, {"state": "ready", "fingerprint": fingerprint, "python": str(python)})
    report("The environment is ready")


def _run(command: Sequence[str], step: str, log: Path, report: Report, cancelled: threading.Event) -> None:
    try:
        run_command(command, log=log, report=report, cancelled=cancelled)
    except CommandFailedError as failure:
        raise _explain(step, failure, log) from failure


def _explain(step: str, failure: CommandFailedError, log: Path) -> UserError:
    """Return the sentence for a failed step, judged by what it wrote."""
    text = failure.output
    if "No space left on device" in text or "Errno 28" in text or "disk full" in text.lower():
        return UserError(
            f"The disk is full: {log.parent} could not be created.", "Free about 2 GB and try again."
        )
    network = (
        "connection broken by", "NewConnectionError", "NameResolutionError",
        "Temporary failure in name resolution",
        "Failed to establish a new connection", "ConnectTimeout", "Read timed out", "ProxyError",
        "Connection refused", "Network is unreachable", "SSLError", "Connection to",
    )  # fmt: skip
    if step == "pip" and any(sign in text for sign in network):
        silent = [host for path, host in _INDEX_PATHS.items() if f"': {path}" in text] or ["pypi.org"]
        return UserError(
            "The packages could not be downloaded: the package index "
            f"({' and '.join(silent)}) cannot be reached.",
            "Check the internet connection or proxy and try again.",
        )
    if "No matching distribution found for" in text:
        package = text.rsplit("No matching distribution found for", 1)[1].split()[0]
        return UserError(
            f"The package {package} does not exist for this system or this Python.",
            "Choose another Python version in the preferences.",
        )
    if step == "venv" and "ensurepip" in text:
        return UserError(
            "This Python cannot create virtual environments.",
            "Install its venv module (on Debian or Ubuntu: apt install python3-venv).",
        )
    last = next((line for line in reversed(text.splitlines()) if line.strip()), "no message").strip()
    return UserError(
        f"Setting up the environment failed ({step}): {last[:300].rstrip('.')}.", f"Its log is {log}."
    )


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


def _clear(folder: Path) -> None:
    """Empty an environment's folder; the marker goes last, so that an interrupted one is recognised."""
    for entry in list(folder.iterdir()):
        if entry.name == MARKER:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    (folder / MARKER).unlink(missing_ok=True)


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
