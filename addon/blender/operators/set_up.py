"""Set up the service's own Python environment."""

from __future__ import annotations

from dataclasses import dataclass

import bpy

from ...core.backend.environment import EnvironmentState, prepare_environment
from ...core.errors import UserError
from ...core.job import JobControl, Outcome
from ...core.service_settings import ServiceSettings
from ..context import OperatorResult
from ..session import jobs
from ..ui.preferences import read_settings
from .report import report_error


def setup_blocker(_context: bpy.types.Context) -> str:
    """Why the environment cannot be set up now, or an empty string."""
    session = jobs.session()
    if session.status.busy:
        return "Elocute is still working. Wait for it to finish, or cancel it."
    if not bpy.app.online_access:
        return (
            "Allow Online Access (Preferences > System > Network): the Python packages are downloaded once."
        )
    return ""


@dataclass
class _SetupProgress:
    """Turns pip's lines into a share of the work."""

    control: JobControl
    expected: int
    collected: int = 0

    def __call__(self, line: str) -> None:
        if line.startswith(("Collecting ", "Processing ")):
            self.collected += 1
        share = 0.05 + 0.75 * min(self.collected / max(self.expected, 1), 1.0)
        if (
            line.startswith("Installing collected") and self.collected > 1
        ):  # the first pip installs one package
            share = 0.85
        elif line.startswith("Checking"):
            share = 0.95
        self.control.report("set up", share, line.strip()[:120])


def _set_up(settings: ServiceSettings, control: JobControl) -> ServiceSettings:
    plan = settings.plan()
    files = (*plan.separate_requirements, *plan.requirements)
    lines = [line.strip() for path in files for line in path.read_text(encoding="utf-8").splitlines()]
    packages = {line.split("==")[0] for line in lines if line and not line.startswith(("#", "-"))}
    prepare_environment(
        plan,
        base_python=settings.base_python,
        report=_SetupProgress(control, len(packages)),
        cancelled=control.cancelled,
    )
    return settings


def _finished(settings: ServiceSettings) -> Outcome:
    jobs.session().service_changed(settings)
    return Outcome("Elocute is set up. Choose a recording and press Generate.")


class ELOCUTE_OT_set_up(bpy.types.Operator):
    """Download the service's Python packages into their own folder, once"""

    bl_idname = "elocute.set_up"
    bl_label = "Set up"
    bl_options = {"INTERNAL"}  # noqa: RUF012 - Blender's way

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        """Whether the button works; its tooltip says why not."""
        if reason := setup_blocker(context):
            cls.poll_message_set(reason)
        return not reason

    def execute(self, _context: bpy.types.Context) -> OperatorResult:
        """Start the work."""
        settings = read_settings()
        session = jobs.session()
        session.stop_service()
        try:
            session.start("Setting up", lambda control: _set_up(settings, control), _finished)
        except UserError as error:
            return report_error(self, error)
        return {"FINISHED"}


class ELOCUTE_OT_check_setup(bpy.types.Operator):
    """Look again whether the service's packages are there"""

    bl_idname = "elocute.check_setup"
    bl_label = "Check again"
    bl_options = {"INTERNAL"}  # noqa: RUF012

    def execute(self, _context: bpy.types.Context) -> OperatorResult:
        """Look at the folder."""
        session = jobs.session()
        session.service_changed(read_settings())
        ready = session.environment is EnvironmentState.READY
        self.report({"INFO"}, "Elocute is set up." if ready else "Elocute is not set up.")
        return {"FINISHED"}


CLASSES = (ELOCUTE_OT_set_up, ELOCUTE_OT_check_setup)
