"""Set up the service's own Python environment, look at it, and remove it again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import bpy

from ...core.backend.environment import EnvironmentState, prepare_environment
from ...core.backend.setup_progress import SetupProgress
from ...core.errors import UserError
from ...core.job import JobControl, Outcome
from ...core.service_settings import ServiceSettings
from ...core.stages import REMOVE_STAGES, SETUP_STAGES, SETUP_WITHOUT_PYTORCH, Stage
from ..context import OperatorResult, window_manager_of
from ..session import jobs
from ..session.manner import Manner
from ..ui.preferences import read_settings
from .report import report_error

_BUSY: Final = "Elocute is still working. Wait for it to finish, or cancel it."


def setup_blocker(_context: bpy.types.Context) -> str:
    """Why the environment cannot be set up now, or an empty string."""
    if jobs.session().status.busy:
        return _BUSY
    if not bpy.app.online_access:
        return "Allow Online Access first: the Python packages are downloaded once."
    return ""


def _set_up(settings: ServiceSettings, control: JobControl) -> None:
    plan = settings.plan()
    prepare_environment(
        plan,
        base_python=settings.base_python,
        report=SetupProgress(plan, control.report),
        cancelled=control.cancelled,
    )


def _remove(settings: ServiceSettings, control: JobControl) -> None:
    control.report("remove", 0.0)
    settings.remove_installed()


def _after_cancelling() -> str:
    """What a cancelled setup or removal has left."""
    state = jobs.session().environment
    if state is EnvironmentState.READY:
        return "Cancelled too late: Elocute is set up."
    if jobs.session().built_in is not None:
        return "Cancelled. PyTorch is not set up; Elocute works without it."
    if state is EnvironmentState.MISSING:
        return "Cancelled. Elocute is not set up; everything it had installed was removed."
    return "Cancelled. Elocute is not set up; press Set up to make its environment."


def _start(
    operator: bpy.types.Operator,
    title: str,
    work: Callable[[ServiceSettings, JobControl], None],
    done: str,
    stages: tuple[Stage, ...],
) -> OperatorResult:
    """Begin work on the environment; the state that the panel shows is looked at again however it ends."""
    settings, session = read_settings(), jobs.session()
    service = session.service()

    def work_alone(control: JobControl) -> None:
        if service is not None:
            service.stop()  # it would keep files of the environment open
        work(settings, control)

    def ended() -> None:
        session.stop_service()  # the next one starts with what is there now
        session.service_changed(settings)

    try:
        session.start(
            title,
            work_alone,
            lambda _: Outcome(done),
            Manner(stages, _after_cancelling, ended, of_scene=False),
        )
    except UserError as error:
        return report_error(operator, error)
    return {"FINISHED"}


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
        built_in = jobs.session().built_in is not None
        done = "Elocute is set up. Choose a recording and press Generate."
        if built_in:
            done = "PyTorch is set up: models of your own can be used now."
        stages = SETUP_STAGES if built_in or read_settings().models else SETUP_WITHOUT_PYTORCH
        return _start(self, "Setting up Elocute", _set_up, done, stages)


class ELOCUTE_OT_allow_online(bpy.types.Operator):
    """Let Blender and its extensions use the internet; Elocute downloads its Python packages once"""

    bl_idname = "elocute.allow_online"
    bl_label = "Allow Online Access"
    bl_options = {"INTERNAL"}  # noqa: RUF012

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Whether the user may decide it; the tooltip says why not."""
        if bpy.app.online_access_override:
            cls.poll_message_set("Blender was started with --offline-mode. Start it without.")
            return False
        return True

    def execute(self, context: bpy.types.Context) -> OperatorResult:
        """Switch it on, as the checkbox in Preferences > System does."""
        preferences = context.preferences
        if preferences is None:
            raise RuntimeError("Blender has no preferences here")
        preferences.system.use_online_access = True
        return {"FINISHED"}


class ELOCUTE_OT_check_setup(bpy.types.Operator):
    """Look again whether the service's packages are there"""

    bl_idname = "elocute.check_setup"
    bl_label = "Check again"
    bl_options = {"INTERNAL"}  # noqa: RUF012

    def execute(self, _context: bpy.types.Context) -> OperatorResult:
        """Look at the folder."""
        session = jobs.session()
        session.look_for_packages()
        session.service_changed(read_settings())
        self.report({"INFO"}, "Elocute is set up." if session.ready else "Elocute is not set up.")
        return {"FINISHED"}


class ELOCUTE_OT_remove_installed(bpy.types.Operator):
    """Delete the Python packages that Elocute has set up, its logs and what it has kept of recordings. Your
    scenes and the add-on stay"""

    bl_idname = "elocute.remove_installed"
    bl_label = "Remove everything Elocute installed"
    bl_options = {"INTERNAL"}  # noqa: RUF012

    @classmethod
    def poll(cls, _context: bpy.types.Context) -> bool:
        """Whether there is something, and nothing is using it; the tooltip says why not."""
        session = jobs.session()
        if session.status.busy:
            cls.poll_message_set(_BUSY)
            return False
        if session.environment is EnvironmentState.FOREIGN or (
            session.environment is EnvironmentState.MISSING and not read_settings().has_written()
        ):
            cls.poll_message_set("Elocute has installed nothing.")
            return False
        return True

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> OperatorResult:
        """Ask first."""
        return window_manager_of(context).invoke_confirm(self, event)

    def execute(self, _context: bpy.types.Context) -> OperatorResult:
        """Start the work."""
        done = "Everything that Elocute had installed was removed."
        return _start(self, "Removing what Elocute installed", _remove, done, REMOVE_STAGES)


CLASSES = (
    ELOCUTE_OT_set_up,
    ELOCUTE_OT_allow_online,
    ELOCUTE_OT_check_setup,
    ELOCUTE_OT_remove_installed,
)
