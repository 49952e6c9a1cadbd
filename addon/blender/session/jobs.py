"""The running work of this Blender: one job at a time, its status, and the service process.

Threads do the waiting; bpy is touched in :func:`pump` only, which an application timer calls on the
main thread (and tests call themselves, for timers do not run without a window).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final, Generic, TypeVar

import bpy

from ...core.backend.client import Client
from ...core.backend.live_out import LiveOut
from ...core.backend.server_process import ServerProcess
from ...core.errors import UserError
from ...core.job import (
    Job,
    JobCancelled,
    JobControl,
    JobDone,
    JobFailed,
    JobPart,
    JobProgress,
    Outcome,
)
from ...core.service_settings import ServiceSettings
from ...core.stages import OverallProgress, Standing
from ...core.steps import Steps
from .applying import Applying
from .early_service import EarlyService
from .known_lines import KnownLines
from .leaving import is_exporting, is_rendering
from .manner import APPLYING, GENERATING, Manner
from .mouth_marks import MouthMarks
from .own_service import OwnService
from .preview import Preview, ShowsParts
from .status import Phase, Status
from .test_pose import TestPosing
from .windows import redraw

TICK_SECONDS: Final = 0.1
BETWEEN_SLICES: Final = 0.001
BETWEEN_DRAWINGS: Final = 0.1
"""Seconds between two drawings of the progress."""
_log = logging.getLogger(__name__)


R = TypeVar("R")


@dataclass
class _Running(Generic[R]):
    manner: Manner
    job: Job[R]
    finish: Callable[[R], Outcome | Steps[Outcome]]
    progress: OverallProgress
    looking: Applying[None] | None = None
    applying: Applying[R] | None = None
    preview: Preview | None = None
    cancelled: float | None = None

    @property
    def in_slices(self) -> bool:
        """Whether there is something to do on the main thread."""
        shows = self.preview is not None and self.preview.busy
        return shows or self.looking is not None or self.applying is not None

    @property
    def keeps_waiting(self) -> bool:
        """Whether the thread of work that was cancelled does not end."""
        patience = self.manner.patience
        if patience is None or self.cancelled is None:
            return False
        return time.monotonic() - self.cancelled > patience

    def show_nothing(self) -> None:
        """Take back what is shown before the result."""
        if self.preview is not None:
            self.preview.remove()


@dataclass
class Session(OwnService):
    """Everything that lives as long as the add-on is enabled.

    Attributes:
        status: what the panel shows.
        live: lines on their way to another program.
        lines: what was generated for the open file.
        test_pose: the test poses that its scenes show.
        mouth_marks: where points of a mouth are being clicked.
    """

    status: Status = field(default_factory=Status)
    live: LiveOut = field(default_factory=LiveOut)
    lines: KnownLines = field(default_factory=KnownLines)
    mouth_marks: MouthMarks = field(default_factory=MouthMarks)
    test_pose: TestPosing = field(init=False)
    _running: _Running[Any] | None = None
    _told: Manner | None = None
    _drawn: float = 0.0

    def __post_init__(self) -> None:
        self.test_pose = TestPosing(self.lines, _start_posing)
        self.look_for_packages()

    @property
    def tells_of_scene(self) -> bool:
        """Whether the status tells what became of work for a scene, not of Elocute's own packages."""
        return self._told is not None and self._told.of_scene

    def start(
        self,
        title: str,
        work: Callable[[JobControl], R],
        finish: Callable[[R], Outcome | Steps[Outcome]],
        manner: Manner = GENERATING,
        look: Callable[[], Steps[None]] | None = None,
        shows: ShowsParts | None = None,
    ) -> None:
        """Begin work on a thread.

        Args:
            title: what it is, for the user.
            work: done on the thread.
            finish: gets its result on the main thread, and uses it there at once or in steps.
            manner: what else belongs to it.
            look: looks at the scene on the main thread, in steps, before the work begins.
            shows: shows what the work hands over before its result.

        Raises:
            UserError: other work is going on.
        """
        if self.status.busy:
            raise UserError("Elocute is still working.", "Wait for it to finish, or cancel it.")
        job = Job(work)
        preview = None if shows is None else Preview(shows)
        self._running = _Running(manner, job, finish, OverallProgress(manner.stages), preview=preview)
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
            self._running.cancelled = time.monotonic()
            self.status = replace(self.status, phase=Phase.CANCELLING, words="Cancelling", seconds_left=None)

    def early_service(self, settings_now: Callable[[], ServiceSettings]) -> EarlyService:
        """What starts the local service before it is needed.

        Args:
            settings_now: gives the preferences as they are then.
        """
        return self.started_early(settings_now, lambda: self.status.busy)

    def advance(self) -> float | None:
        """Take what the work's thread has sent, or bring a slice of its result into the scene.

        Called on the main thread only.

        Returns:
            Seconds until the next call, or None when there is nothing to wait for.
        """
        running = self._running
        if running is None:
            return None
        if is_rendering():
            self._wait_for_render(running)
            return TICK_SECONDS
        if running.preview is not None:
            if is_exporting():
                running.preview.remove()
            running.preview.show_again()
        if running.looking is not None:
            self._look(running, running.looking)
        elif running.applying is not None:
            self._apply(running, running.applying)
        else:
            self._listen(running)
        if self._running is None:
            return None
        return BETWEEN_SLICES if self._running.in_slices else TICK_SECONDS

    def _wait_for_render(self, running: _Running[Any]) -> None:
        """Touch nothing that a render reads; the work's own thread goes on."""
        if running.preview is not None:
            running.preview.hide()
        if self.status.phase is Phase.RUNNING:
            self.status = replace(self.status, words="Waiting for the render to end", seconds_left=None)

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
            elif isinstance(event, JobPart):
                if running.preview is not None:
                    running.preview.add(event.part)
            elif isinstance(event, JobDone) and self.status.phase is Phase.RUNNING:
                if running.preview is not None:
                    running.preview.settle()
                running.applying = Applying(running.finish, event.result)
                stage, standing = APPLYING, running.progress.at(APPLYING, 0.0)
            else:
                self._end(running, event if isinstance(event, JobFailed) else JobCancelled())
                return
        if running.job.held_up:
            standing = replace(standing, words=running.job.held_up, seconds_left=None)
        self._show(stage, standing)
        if self.status.phase is Phase.CANCELLING:
            self._wait_for_the_thread(running)
        elif running.preview is not None:
            running.preview.advance()

    def _wait_for_the_thread(self, running: _Running[Any]) -> None:
        """The work was cancelled: show nothing of it any more, and do not wait for ever."""
        if running.preview is not None and running.preview.may_show:
            running.preview.remove()
        if running.keeps_waiting:
            self._end(running, JobCancelled())

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
        running.show_nothing()
        running.manner.ended()
        title = self.status.title
        self.status = Status(
            Phase.DONE, title, message=outcome.message, notes=outcome.notes, heard=outcome.heard
        )
        running.manner.after(self.status)

    def _end(self, running: _Running[R], event: JobFailed | JobCancelled, *, go_on: bool = True) -> None:
        self._running, self._told = None, running.manner
        running.show_nothing()
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
        self.leave_nothing_half_done()

    def leave_nothing_half_done(self) -> None:
        """The scene is to be saved or exported, or will change: take back what is there of a result that is
        not there as a whole. Its writing begins anew."""
        self.show_nothing_early()
        running = self._running
        if running is not None and running.looking is not None:
            running.looking.settle()
        if running is not None and running.applying is not None:
            outcome = running.applying.settle()
            if outcome is not None:
                self._done(running, outcome)

    def show_nothing_early(self) -> None:
        """Take back what is shown of a result that is not there."""
        if self._running is not None:
            self._running.show_nothing()

    def hide_what_is_shown_early(self) -> None:
        """A render begins: it is of the scene without what is shown of a result that is not there."""
        if self._running is not None and self._running.preview is not None:
            self._running.preview.hide()

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
            running.show_nothing()
            for steps in (running.looking, running.applying):
                if steps is not None:
                    steps.settle()
        self.live.forget()
        self.close_service()
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


def leave_nothing_half_done() -> None:
    """Take back what is there of a result that is not there as a whole, where there is a session."""
    if _Holder.session is not None:
        _Holder.session.leave_nothing_half_done()


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
