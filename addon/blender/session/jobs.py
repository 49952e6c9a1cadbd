"""The running work of this Blender: one job at a time, its status, and the service process.

Threads do the waiting; bpy is touched in :func:`pump` only, which an application timer calls on the
main thread (and tests call themselves, for timers do not run without a window).
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, TypeVar

import bpy

from ...core.backend.built_in import BuiltInPackages, blenders_python, find_built_in
from ...core.backend.client import Client
from ...core.backend.environment import EnvironmentState, check_environment
from ...core.backend.live_out import LiveOut
from ...core.backend.messages import ModelMessage
from ...core.backend.server_process import ServerProcess
from ...core.errors import UserError
from ...core.job import Job, JobCancelled, JobControl, JobDone, JobFailed, JobProgress, Outcome
from ...core.known_models import KNOWN_MODELS, KNOWN_STYLES
from ...core.service_settings import ServiceSettings
from ...core.stages import GENERATE_STAGES, OverallProgress, Stage, Standing
from ...core.steps import Steps
from ..package import FOLDER
from .applying import Applying
from .early_service import EarlyService
from .known_lines import KnownLines
from .mouth_marks import MouthMarks
from .status import Phase, Status
from .test_pose import TestPosing
from .windows import redraw

APPLYING: Final = "keys"
"""The last of :data:`~addon.core.stages.GENERATE_STAGES`: the result comes into the scene."""
TICK_SECONDS: Final = 0.1
BETWEEN_SLICES: Final = 0.001
BETWEEN_DRAWINGS: Final = 0.1
"""Seconds between two drawings of the progress."""
NOTHING_CHANGED: Final = "Cancelled. Nothing was changed."
_log = logging.getLogger(__name__)


R = TypeVar("R")


@dataclass(frozen=True)
class Manner:
    """What belongs to a kind of work on the main thread.

    Attributes:
        stages: what the work reports.
        cancelled: the sentence on what is left after it was cancelled.
        ended: called on the main thread when it has ended, however that was.
        of_scene: whether it is for the scene that is open: another file cancels it, undo makes its message
            untrue.
        after: called with the status that it ended with; may start further work. Not after a bug.
    """

    stages: tuple[Stage, ...]
    cancelled: Callable[[], str] = lambda: NOTHING_CHANGED
    ended: Callable[[], None] = lambda: None
    of_scene: bool = True
    after: Callable[[Status], None] = lambda _: None


GENERATING: Final = Manner(GENERATE_STAGES)


@dataclass
class _Running(Generic[R]):
    manner: Manner
    job: Job[R]
    finish: Callable[[R], Outcome | Steps[Outcome]]
    progress: OverallProgress
    looking: Applying[None] | None = None
    applying: Applying[R] | None = None


@dataclass
class Session:
    """Everything that lives as long as the add-on is enabled.

    Attributes:
        status: what the panel shows.
        environment: state of the local service's environment when last looked at.
        built_in: what the service needs, where the extension has brought it.
        models: what the service can run, the default first, once it has told.
        added_models: names of the models that the preferences add to them.
        live: lines on their way to another program.
        lines: what was generated for the open file.
        test_pose: the test poses that its scenes show.
        mouth_marks: where points of a mouth are being clicked.
    """

    status: Status = field(default_factory=Status)
    environment: EnvironmentState = EnvironmentState.MISSING
    built_in: BuiltInPackages | None = None
    models: tuple[ModelMessage, ...] = ()
    added_models: tuple[str, ...] = ()
    live: LiveOut = field(default_factory=LiveOut)
    lines: KnownLines = field(default_factory=KnownLines)
    mouth_marks: MouthMarks = field(default_factory=MouthMarks)
    test_pose: TestPosing = field(init=False)
    _early: EarlyService | None = None
    _running: _Running[Any] | None = None
    _told: Manner | None = None
    _drawn: float = 0.0
    _server: ServerProcess | None = None
    _server_settings: ServiceSettings | None = None

    def __post_init__(self) -> None:
        self.test_pose = TestPosing(self.lines, _start_posing)
        self.look_for_packages()

    @property
    def tells_of_scene(self) -> bool:
        """Whether the status tells what became of work for a scene, not of Elocute's own packages."""
        return self._told is not None and self._told.of_scene

    @property
    def ready(self) -> bool:
        """Whether a local service can be started."""
        return self.built_in is not None or self.environment is EnvironmentState.READY

    def model_names(self) -> tuple[str, ...]:
        """Ids of the models that the service has listed; before that, those known without it."""
        return tuple(model.id for model in self.models) or (*KNOWN_MODELS, *self.added_models)

    def model(self, model_id: str) -> ModelMessage | None:
        """What the service has said of a model, of its default for an empty id; None while it has not."""
        wanted = model_id or (self.models[0].id if self.models else "")
        return next((model for model in self.models if model.id == wanted), None)

    def styles(self, model_id: str) -> tuple[str, ...]:
        """Names of a model's styles, of the default's for an empty id; as far as they are known."""
        if not self.models:
            return KNOWN_STYLES if model_id in ("", *KNOWN_MODELS) else ()
        model = self.model(model_id)
        return model.styles if model is not None else ()

    def look_for_packages(self) -> None:
        """Look anew whether the extension has brought what the service needs."""
        self.built_in = find_built_in(FOLDER, sys.path, blenders_python(sys.executable, sys.prefix))

    def service_changed(self, settings: ServiceSettings) -> None:
        """Take over the preferences, and look at the environment; cheap, but not for every redraw."""
        self.models, self.added_models = (), settings.model_names()
        try:
            self.environment = check_environment(settings.plan())
        except (UserError, OSError) as error:
            self.environment = EnvironmentState.FOREIGN
            _log.warning("environment: %s", error)

    def start(
        self,
        title: str,
        work: Callable[[JobControl], R],
        finish: Callable[[R], Outcome | Steps[Outcome]],
        manner: Manner = GENERATING,
        look: Callable[[], Steps[None]] | None = None,
    ) -> None:
        """Begin work on a thread.

        Args:
            title: what it is, for the user.
            work: done on the thread.
            finish: gets its result on the main thread, and uses it there at once or in steps.
            manner: what else belongs to it.
            look: looks at the scene on the main thread, in steps, before the work begins.

        Raises:
            UserError: other work is going on.
        """
        if self.status.busy:
            raise UserError("Elocute is still working.", "Wait for it to finish, or cancel it.")
        job = Job(work)
        self._running = _Running(manner, job, finish, OverallProgress(manner.stages))
        self.status = Status(Phase.RUNNING, title, words="Starting")
        if look is None:
            job.start()
        else:
            self._running.looking = Applying(lambda _: _looked(look()), None)
        if not bpy.app.timers.is_registered(pump):
            bpy.app.timers.register(pump, first_interval=TICK_SECONDS, persistent=True)

    def tell(self, status: Status) -> None:
        """Show what became of several pieces of work, where none is going on."""
        if not self.status.busy:
            self.status = status

    def cancel(self) -> None:
        """Ask the running work to stop."""
        if self._running is not None and self.status.phase is Phase.RUNNING:
            self._running.job.cancel()
            self.status = replace(self.status, phase=Phase.CANCELLING, words="Cancelling", seconds_left=None)

    def local_service(self, settings: ServiceSettings) -> ServerProcess:
        """The service process for these settings; not started yet if it is new."""
        wanted = settings.of_process()
        if self._server is None or self._server_settings != wanted:
            self.stop_service()
            self._server, self._server_settings = wanted.process(), wanted
        return self._server

    def service(self) -> ServerProcess | None:
        """The service process, if there has been one; a thread may stop it and wait until it has ended."""
        return self._server

    def early_service(self, settings_now: Callable[[], ServiceSettings]) -> EarlyService:
        """What starts the local service before it is needed.

        Args:
            settings_now: gives the preferences as they are then.
        """

        def service() -> ServerProcess | None:
            settings = settings_now()
            wanted = settings.place == "LOCAL" and self.ready and not self.status.busy
            return self.local_service(settings) if wanted else None

        if self._early is None:
            self._early = EarlyService(service)
        return self._early

    def stop_service(self) -> None:
        """Let the service process end, if there is one; does not wait for it."""
        if self._server is not None:
            self._server.give_up()
            self._server = None

    def advance(self) -> float | None:
        """Take what the work's thread has sent, or bring a slice of its result into the scene.

        Called on the main thread only.

        Returns:
            Seconds until the next call, or None when there is nothing to wait for.
        """
        running = self._running
        if running is None:
            return None
        if running.looking is not None:
            self._look(running, running.looking)
        elif running.applying is not None:
            self._apply(running, running.applying)
        else:
            self._listen(running)
        if self._running is None:
            return None
        in_slices = self._running.looking is not None or self._running.applying is not None
        return BETWEEN_SLICES if in_slices else TICK_SECONDS

    def _look(self, running: _Running[R], looking: Applying[None]) -> None:
        if self.status.phase is Phase.CANCELLING:
            looking.settle()
            self._end(running, JobCancelled())
        elif self._slice(running, looking) is not None:
            running.looking = None
            running.job.start()

    def _listen(self, running: _Running[R]) -> None:
        stage, standing = self.status.stage, running.progress.now()
        for event in running.job.drain():
            if isinstance(event, JobProgress):
                stage, standing = event.stage, running.progress.at(event.stage, event.fraction)
            elif isinstance(event, JobDone) and self.status.phase is Phase.RUNNING:
                running.applying = Applying(running.finish, event.result)
                stage, standing = APPLYING, running.progress.at(APPLYING, 0.0)
            else:
                self._end(running, event if isinstance(event, JobFailed) else JobCancelled())
                return
        self._show(stage, standing)

    def _show(self, stage: str, standing: Standing) -> None:
        if self.status.phase is Phase.RUNNING:
            self.status = replace(
                self.status,
                stage=stage,
                words=standing.words,
                fraction=standing.fraction,
                seconds_left=standing.seconds_left,
            )

    def _apply(self, running: _Running[R], applying: Applying[R]) -> None:
        if self.status.phase is Phase.CANCELLING:
            outcome = applying.settle()
            if outcome is None:
                self._end(running, JobCancelled())
            else:
                self._done(running, outcome)
            return
        outcome = self._slice(running, applying)
        if self._running is running:
            self._show(APPLYING, running.progress.at(APPLYING, applying.share))
        if outcome is not None:
            self._done(running, outcome)

    def _slice(self, running: _Running[Any], steps: Applying[Any]) -> Outcome | None:
        """Do one slice; what it raises ends the work."""
        try:
            return steps.advance()
        except UserError as error:
            self._end(running, JobFailed(error.message, error.hint))
            return None
        except Exception as error:
            message = f"Something went wrong inside Elocute ({type(error).__name__})."
            failed = JobFailed(message, "The details are in the console; please report it.")
            self._end(running, failed, go_on=False)
            raise

    def _done(self, running: _Running[Any], outcome: Outcome) -> None:
        self._running, self._told = None, running.manner
        running.manner.ended()
        title = self.status.title
        self.status = Status(
            Phase.DONE, title, message=outcome.message, notes=outcome.notes, heard=outcome.heard
        )
        running.manner.after(self.status)

    def _end(self, running: _Running[R], event: JobFailed | JobCancelled, *, go_on: bool = True) -> None:
        self._running, self._told = None, running.manner
        running.manner.ended()
        title = self.status.title
        if isinstance(event, JobFailed) and self.status.phase is not Phase.CANCELLING:
            if event.details:
                _log.error("%s", event.details)
            self.status = Status(Phase.FAILED, title, message=event.message, hint=event.hint)
        else:
            self.status = Status(Phase.IDLE, title, message=running.manner.cancelled())
        if go_on:
            running.manner.after(self.status)

    def wants_redraw(self, before: Status) -> bool:
        """Whether to draw the panel again after its status was ``before``; progress alone not more often than
        one sees it, for drawing takes longer than a slice of the work."""
        now = time.monotonic()
        if self.status == before or (
            self.status.phase is before.phase and self._drawn + BETWEEN_DRAWINGS > now
        ):
            return False
        self._drawn = now
        return True

    def scene_will_change(self) -> None:
        """Undo, redo or another file is about to replace the data-blocks: leave nothing half done in them."""
        self.test_pose.stop()
        running = self._running
        if running is not None and running.looking is not None:
            running.looking.settle()
        if running is not None and running.applying is not None:
            outcome = running.applying.settle()
            if outcome is not None:
                self._done(running, outcome)

    def scene_was_undone(self) -> None:
        """What was told of a result that undo or redo may have changed is no longer true."""
        if self.status.phase is Phase.DONE and self.tells_of_scene:
            self.status = Status()
        self.test_pose.undone()

    def file_was_loaded(self) -> None:
        """Work for a scene that is gone is of no use, and what was told of it is not true here."""
        self.live.forget()
        self.lines.forget()
        self.test_pose.leave()
        if self._running is None:
            if self._told is None or self._told.of_scene:
                self.status = Status()
        elif self._running.manner.of_scene:
            self.cancel()

    def close(self) -> None:
        """Stop the work and the service without waiting for either; both end by themselves."""
        running, self._running = self._running, None
        if running is not None:
            running.job.cancel()
            for steps in (running.looking, running.applying):
                if steps is not None:
                    steps.settle()
        self.live.forget()
        if self._early is not None:
            self._early.close()
        self.stop_service()
        self.status = Status()


def _looked(steps: Steps[None]) -> Steps[Outcome]:
    yield from steps
    return Outcome("")


class _Holder:
    """Holds the one session between register and unregister."""

    session: Session | None = None


def session() -> Session:
    """The session of the enabled add-on.

    Raises:
        RuntimeError: the add-on is not registered.
    """
    if _Holder.session is None:
        raise RuntimeError("Elocute is not registered")
    return _Holder.session


def pump() -> float | None:
    """Handle what the threads have sent; the timer's function, and the tests'.

    Returns:
        Seconds until the next call, or None when there is nothing to wait for.
    """
    current = _Holder.session
    if current is None:
        return None
    before = current.status
    pause = current.advance()
    if current.wants_redraw(before):
        redraw()
    return pause


def pump_pose() -> float | None:
    """Work on the test pose; the timer's function, and the tests'.

    Returns:
        Seconds until the next call, or None when there is nothing to wait for.
    """
    return _Holder.session.test_pose.pump() if _Holder.session is not None else None


def _start_posing() -> None:
    if not bpy.app.timers.is_registered(pump_pose):
        bpy.app.timers.register(pump_pose, first_interval=BETWEEN_SLICES)


def service_client(settings: ServiceSettings, server: ServerProcess | None, control: JobControl) -> Client:
    """A client of the service the settings name; runs on the job's thread.

    Raises:
        UserError: it cannot be reached or started.
        Cancelled: the user stopped the work meanwhile.
    """
    if server is None:
        return settings.remote_client()
    return server.connect(control.cancelled)


def register() -> None:
    """Begin a session."""
    _Holder.session = Session()


def shutdown() -> None:
    """End the session, its timer, job and service process, without waiting for the last two."""
    for timer in (pump, pump_pose):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)
    if _Holder.session is not None:
        _Holder.session.test_pose.leave()
        _Holder.session.mouth_marks.hide()
        _Holder.session.close()
        _Holder.session = None
