"""Progress of making the environment, from the lines that its commands write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from .environment import EnvironmentPlan
from .setup_steps import SetupStep

_STAGE: Final = {
    SetupStep.CLEAR: "clear",
    SetupStep.CREATE: "create",
    SetupStep.SEPARATE_PACKAGES: "pytorch",
    SetupStep.PACKAGES: "packages",
    SetupStep.CHECK: "check",
}
"""Names of :data:`addon.core.stages.SETUP_STAGES`."""


class SetupProgress:
    """Reports stages of the setup, from the lines that making an environment writes.

    Args:
        plan: what is being made.
        tell: called with a stage's name and the share of it that is done, 0..1.
    """

    def __init__(self, plan: EnvironmentPlan, tell: Callable[[str, float], None]) -> None:
        self._expected = max(sum(_packages(path) for path in plan.requirements), 1)
        self._tell = tell
        self._step: SetupStep | None = None
        self._stage = ""
        self._found = 0

    def __call__(self, step: SetupStep, line: str) -> None:
        """Take a line that was written during a step."""
        if step is not self._step:
            self._step, self._stage, self._found = step, _STAGE[step], 0
        if line.startswith("Installing collected packages"):
            self._stage = {"pytorch": "install pytorch", "packages": "install packages"}[self._stage]
        elif step is SetupStep.PACKAGES and line.startswith(("Collecting ", "Processing ")):
            self._found += 1
        counted = self._stage == "packages"
        self._tell(self._stage, min(self._found / self._expected, 1.0) if counted else 0.0)


def _packages(path: Path) -> int:
    """How many packages a requirements file names."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    return sum(1 for line in lines if line and not line.startswith(("#", "-")))
