"""The commands that make an environment, each run to its end, and what their complaints mean."""

from __future__ import annotations

import enum
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..errors import UserError
from .command_output import CommandFailedError, run_command

_RUN_WITH_PARENT: Final = Path(__file__).with_name("run_with_parent.py")
_INDEX_PATHS: Final = {"/simple/": "pypi.org", "/whl/cpu/": "download.pytorch.org"}
"""What pip asks for on each package index; its complaints name no host."""


class SetupStep(enum.Enum):
    """What is being done to an environment; the values are for messages."""

    CLEAR = "clear"
    CREATE = "venv"
    SEPARATE_PACKAGES = "separate packages"
    PACKAGES = "packages"
    CHECK = "import"


_PIP_STEPS: Final = (SetupStep.SEPARATE_PACKAGES, SetupStep.PACKAGES)
_TOOL: Final = {step: "pip" if step in _PIP_STEPS else step.value for step in SetupStep}

Report = Callable[[SetupStep, str], None]
"""Called with the step and a line of what it writes."""


@dataclass(frozen=True)
class PythonCommand:
    """A module, or ``-c``, that an interpreter runs with arguments."""

    python: Path
    module: str
    arguments: tuple[str, ...]

    def words(self) -> list[str]:
        """The whole command; it ends with this process, however this one ends."""
        return [
            str(self.python), "-I", str(_RUN_WITH_PARENT), str(os.getpid()), self.module, *self.arguments,
        ]  # fmt: skip


def run_step(
    step: SetupStep,
    command: PythonCommand,
    *,
    log: Path,
    temporary: Path,
    report: Report,
    cancelled: threading.Event,
) -> None:
    """Run a step's command to its end.

    Args:
        step: what it is for.
        command: what to run.
        log: file its output is appended to.
        temporary: folder for its temporary files.
        report: called with each line it writes.
        cancelled: ends it once set.

    Raises:
        UserError: it failed; the sentence is judged by what it wrote.
        Cancelled: ``cancelled`` was set.
    """
    try:
        run_command(
            command.words(),
            log=log,
            report=lambda line: report(step, line),
            cancelled=cancelled,
            variables=dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(temporary)),
        )
    except CommandFailedError as failure:
        raise _explain(step, failure, log) from failure


def _explain(step: SetupStep, failure: CommandFailedError, log: Path) -> UserError:
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
    if step in _PIP_STEPS and any(sign in text for sign in network):
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
    if step is SetupStep.CREATE and "ensurepip" in text:
        return UserError(
            "This Python cannot create virtual environments.",
            "Install its venv module (on Debian or Ubuntu: apt install python3-venv).",
        )
    last = next((line for line in reversed(text.splitlines()) if line.strip()), "no message").strip()
    return UserError(
        f"Setting up the environment failed ({_TOOL[step]}): {last[:300].rstrip('.')}.", f"Its log is {log}."
    )
