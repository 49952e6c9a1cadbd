"""The running work of this Blender: one job at a time, its status, and the service process.

Threads do the waiting; bpy is touched in :func:`pump` only, which an application timer calls on the
main thread (and tests call themselves, for timers do not run without a window).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import bpy

from ...core.backend.client import Client
from ...core.backend.environment import EnvironmentState, check_environment
from ...core.backend.messages import ModelMessage
from ...core.backend.server_process import ServerProcess
from ...core.errors import UserError
from ...core.job import Job, JobCancelled, JobControl, JobDone, JobFailed, JobProgress, Outcome
from ...core.known_models import KNOWN_MODELS, KNOWN_STYLES
from ...core.service_settings import ServiceSettings
from .status import Phase, Status
from .windows import redraw, show_failure

TICK_SECONDS: Final = 0.1
_log = logging.getLogger(__name__)


R = TypeVar("R")


@dataclass
class _Running(Generic[R]):
    job: Job[R]
    finish: Callable[[R], Outcome]


@dataclass
class Session:
    """Everything that lives as long as the add-on is enabled.

    Attributes:
        status: what the panel shows.
        environment: state of the local service's environment when last looked at.
        models: what the service can run, the default first, once it has told.
        added_models: names of the models that the preferences add to them.
    """

    status: Status = field(default_factory=Status)
    environment: EnvironmentState = EnvironmentState.MISSING
    models: tuple[ModelMessage, ...] = ()
    added_models: tuple[str, ...] = ()
    _running: _Running[Any] | None = None
    _server: ServerProcess | None = None
    _server_settings: ServiceSettings | None = None

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

    def service_changed(self, settings: ServiceSettings) -> None:
        """Take over the preferences, and look at the environment; cheap, but not for every redraw."""
        self.models, self.added_models = (), settings.model_names()
        try:
            self.environment = check_environment(settings.plan())
        except (UserError, OSError) as error:
            self.environment = EnvironmentState.FOREIGN
            _log.warning("environment: %s", error)

    def start(self, title: str, work: Callable[[JobControl], R], finish: Callable[[R], Outcome]) -> None:
        """Begin work on a thread; ``finish`` gets its result on the main thread.

        Raises:
            UserError: other work is going on.
        """
        if self.status.busy:
            raise UserError("Elocute is still working.", "Wait for it to finish, or cancel it.")
        job = Job(work)
        self._running = _Running(job, finish)
        self.status = Status(Phase.RUNNING, title, message="Starting")
        job.start()
        if not bpy.app.timers.is_registered(pump):
            bpy.app.timers.register(pump, first_interval=TICK_SECONDS, persistent=True)

    def cancel(self) -> None:
        """Ask the running work to stop."""
        if self._running is not None and self.status.phase is Phase.RUNNING:
            self._running.job.cancel()
            self.status = Status(Phase.CANCELLING, self.status.title, message="Cancelling")

    def local_service(self, settings: ServiceSettings) -> ServerProcess:
        """The service process for these settings; not started yet if it is new."""
        wanted = settings.of_process()
        if self._server is None or self._server_settings != wanted:
            self.stop_service()
            self._server, self._server_settings = wanted.process(), wanted
        return self._server

    def stop_service(self) -> None:
        """End the service process if there is one."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def handle_events(self) -> None:
        """Take what the work's thread has sent; called on the main thread only."""
        if self._running is None:
            return
        for event in self._running.job.drain():
            if isinstance(event, JobProgress):
                if self.status.phase is Phase.RUNNING:
                    title = self.status.title
                    self.status = Status(Phase.RUNNING, title, event.stage, event.fraction, event.message)
                continue
            running, self._running = self._running, None
            self._end(running, event)
            return

    def _end(self, running: _Running[R], event: JobDone[R] | JobFailed | JobCancelled) -> None:
        title = self.status.title
        if isinstance(event, JobCancelled) or self.status.phase is Phase.CANCELLING:
            self.status = Status(Phase.IDLE, title, message="Cancelled. Nothing was changed.")
        elif isinstance(event, JobFailed):
            if event.details:
                _log.error("%s", event.details)
            self._fail(title, event.message, event.hint)
        else:
            try:
                outcome = running.finish(event.result)
            except UserError as error:
                self._fail(title, error.message, error.hint)
            except Exception as error:
                self._fail(
                    title,
                    f"Something went wrong inside Elocute ({type(error).__name__}).",
                    "The details are in the console; please report it.",
                )
                raise
            else:
                self.status = Status(Phase.DONE, title, message=outcome.message, notes=outcome.notes)

    def _fail(self, title: str, message: str, hint: str) -> None:
        self.status = Status(Phase.FAILED, title, message=message, hint=hint)
        show_failure(message, hint)

    def close(self) -> None:
        """Stop the work and the service; nothing is left running."""
        if self._running is not None:
            self._running.job.cancel()
            job, self._running = self._running.job, None
            self.stop_service()
            job.wait(5.0)
        self.stop_service()
        self.status = Status()


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
    current.handle_events()
    if current.status != before:
        redraw()
    return TICK_SECONDS if current.status.busy else None


def service_client(settings: ServiceSettings, server: ServerProcess | None, control: JobControl) -> Client:
    """A client of the service the settings name; runs on the job's thread.

    Raises:
        UserError: it cannot be reached or started.
        Cancelled: the user stopped the work meanwhile.
    """
    if server is None:
        return settings.remote_client()
    return server.connect(control.cancelled)


@bpy.app.handlers.persistent  # type: ignore[untyped-decorator]  # the stubs leave its types out
def _file_loaded(*_: object) -> None:
    """Work for a scene that is gone is of no use."""
    if _Holder.session is not None:
        _Holder.session.cancel()


def register() -> None:
    """Begin a session."""
    _Holder.session = Session()
    bpy.app.handlers.load_post.append(_file_loaded)


def shutdown() -> None:
    """End the session, its timer, handler, job and service process."""
    if _file_loaded in bpy.app.handlers.load_post:
        bpy.app.handlers.load_post.remove(_file_loaded)
    if bpy.app.timers.is_registered(pump):
        bpy.app.timers.unregister(pump)
    if _Holder.session is not None:
        _Holder.session.close()
        _Holder.session = None
