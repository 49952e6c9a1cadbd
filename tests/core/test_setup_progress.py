"""The lines of pip as stages of the setup."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from addon.core.backend.environment import EnvironmentPlan
from addon.core.backend.setup_progress import SetupProgress
from addon.core.backend.setup_steps import SetupStep
from addon.core.stages import SETUP_STAGES, OverallProgress


@pytest.fixture
def plan(tmp_path: Path) -> EnvironmentPlan:
    (tmp_path / "packages.txt").write_text(
        "# four\n--extra-index-url x\none==1\ntwo==2\n\nthree==3\nfour==4\n"
    )
    (tmp_path / "big.txt").write_text("torch==2\n")
    return EnvironmentPlan(
        tmp_path / "environment",
        (tmp_path / "packages.txt",),
        separate_requirements=(tmp_path / "big.txt",),
    )


LINES = (
    (SetupStep.CLEAR, "Recreating it"),
    (SetupStep.CREATE, "Creating it"),
    (SetupStep.CREATE, "Collecting nothing that counts"),
    (SetupStep.SEPARATE_PACKAGES, "Installing big.txt"),
    (SetupStep.SEPARATE_PACKAGES, "Collecting torch==2"),
    (SetupStep.SEPARATE_PACKAGES, "Installing collected packages: torch"),
    (SetupStep.SEPARATE_PACKAGES, "Successfully installed torch"),
    (SetupStep.PACKAGES, "Installing packages.txt"),
    (SetupStep.PACKAGES, "Collecting one==1"),
    (SetupStep.PACKAGES, "  Downloading one-1.whl (3 MB)"),
    (SetupStep.PACKAGES, "Processing ./two-2.whl"),
    (SetupStep.PACKAGES, "Collecting three==3"),
    (SetupStep.PACKAGES, "Collecting four==4"),
    (SetupStep.PACKAGES, "Collecting one more than expected"),
    (SetupStep.PACKAGES, "Installing collected packages: one, two"),
    (SetupStep.CHECK, "Checking"),
)


def test_lines_become_stages(plan: EnvironmentPlan) -> None:
    told: list[tuple[str, float]] = []
    progress = SetupProgress(plan, lambda stage, share: told.append((stage, share)))
    for step, line in LINES:
        progress(step, line)
    assert told == [
        ("clear", 0.0), ("create", 0.0), ("create", 0.0),
        ("pytorch", 0.0), ("pytorch", 0.0), ("install pytorch", 0.0), ("install pytorch", 0.0),
        ("packages", 0.0), ("packages", 0.25), ("packages", 0.25), ("packages", 0.5), ("packages", 0.75),
        ("packages", 1.0), ("packages", 1.0), ("install packages", 0.0), ("check", 0.0),
    ]  # fmt: skip
    overall = OverallProgress(SETUP_STAGES)
    shares = [overall.at(*report).fraction for report in told]
    assert shares == sorted(shares)


def test_a_plan_without_packages(plan: EnvironmentPlan) -> None:
    told: list[tuple[str, float]] = []
    progress = SetupProgress(replace(plan, requirements=()), lambda stage, share: told.append((stage, share)))
    progress(SetupStep.PACKAGES, "Collecting a surprise")
    assert told == [("packages", 1.0)]
