"""Run the service: bind, print the port, serve, shut down cleanly."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import TextIO

import uvicorn

from elocute.errors import SettingsError, UserError
from elocute.pipeline import Pipeline
from elocute.service.app import create_app
from elocute.service.config import ServiceConfig
from elocute.service.connections import bounded_protocol
from elocute.service.data_folder import open_data_folder, store_in_memory
from elocute.service.jobs import JobQueue
from elocute.service.messages import WIRE_VERSION, ErrorMessage
from elocute.service.metrics import Metrics
from elocute.service.probes import add_probes

_log = logging.getLogger(__name__)

GRACE_SECONDS = 5
LOADING_GRACE_SECONDS = 0.5
"""For a model that is just being loaded; nothing is lost when the process leaves it at that."""
_LOADING = ErrorMessage(
    code="loading", message="The service is still loading its default model.", hint="Wait a little."
)
_ENDING = ErrorMessage(code="ending", message="The service is shutting down.")


class _UvicornServer(uvicorn.Server):
    """uvicorn's server, which cancels the jobs first so that open event streams end by themselves."""

    def __init__(self, config: uvicorn.Config, before_exit: Callable[[], object]) -> None:
        super().__init__(config)
        self._before_exit = before_exit

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End on a signal: at once on a second Ctrl-C."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.end()

    def end(self) -> None:
        """End after the requests in hand."""
        # Not from the signal handler's own thread: the lock may be held right where it interrupted.
        threading.Thread(target=self._before_exit, name="elocute-ending", daemon=True).start()
        self.should_exit = True


class Service:
    """One running service.

    ``port`` is known once constructed. :meth:`run` blocks until :meth:`stop`, a signal, or the end
    of standard input; meanwhile the default model is loaded, so that no job waits for it.
    """

    def __init__(self, pipeline: Pipeline, config: ServiceConfig) -> None:
        self._store = store_in_memory() if config.data is None else open_data_folder(config.data)
        try:
            self._socket = _listen(config)
        except SettingsError:
            self._store.close()
            raise
        self.port: int = self._socket.getsockname()[1]
        metrics = Metrics()
        self._jobs = JobQueue(pipeline, config.limits, self._store, metrics)
        self._problem: ErrorMessage | None = _LOADING
        metrics.show(self._jobs.figures, lambda: self.unready() is None)
        app = create_app(pipeline, self._jobs, config)
        add_probes(app, config.limits.upload_bytes, _engine_of_default(pipeline), self.unready, metrics)
        self._warming = threading.Thread(
            target=self._warm_up, args=(pipeline,), name="elocute-warm-up", daemon=True
        )
        self._server = _UvicornServer(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=GRACE_SECONDS,
                http=bounded_protocol(config.limits),
                ws="none",
            ),
            self._jobs.close,
        )

    def announce(self, stream: TextIO) -> None:
        """Write the one line a parent process waits for."""
        stream.write(json.dumps({"port": self.port, "pid": os.getpid(), "wire": WIRE_VERSION}) + "\n")
        stream.flush()

    def end_with_stdin(self) -> None:
        """Stop when standard input closes, which it does when the parent process dies."""
        threading.Thread(target=self._watch_stdin, name="elocute-stdin", daemon=True).start()

    def run(self) -> None:
        """Serve until :meth:`stop`, a signal, or the end of standard input."""
        self._warming.start()
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self._socket.close()
            if not self._jobs.close(GRACE_SECONDS):
                _log.warning("the running job did not stop in time")
            self._store.close()
            self._warming.join(LOADING_GRACE_SECONDS)

    @property
    def settled(self) -> bool:
        """Whether none of its threads runs any more, after :meth:`run`."""
        return not self._warming.is_alive() and self._jobs.close()

    def stop(self) -> None:
        """Make :meth:`run` return; safe from any thread."""
        self._server.end()

    def unready(self) -> ErrorMessage | None:
        """Why jobs are not taken or not done now; None where they are."""
        return self._problem if self._jobs.working else _ENDING

    def _warm_up(self, pipeline: Pipeline) -> None:
        try:
            pipeline.warm_up()
        except UserError as error:  # a job that needs the model fails with the same error
            _log.warning("the default model was not loaded: %s", error)
            self._problem = ErrorMessage(code=error.code, message=error.message, hint=error.hint)
        else:
            self._problem = None

    def _watch_stdin(self) -> None:
        # os.read and not sys.stdin: a reader blocked inside sys.stdin breaks the interpreter's exit.
        try:
            while os.read(0, 4096):
                pass
        except OSError as error:
            _log.warning("standard input cannot be read: %s", error)
        self.stop()


def _engine_of_default(pipeline: Pipeline) -> str:
    """What computes the default model; empty where its files are damaged, which ``/ready`` tells."""
    try:
        return pipeline.engine(pipeline.describe(None))
    except UserError:
        return ""


def _listen(config: ServiceConfig) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise SettingsError(f"Cannot listen on {config.host}: {error.strerror}.") from error
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"Cannot listen on {config.host} port {config.port}: {error.strerror}.",
            "Choose another port, or 0 for a free one.",
            code="port_taken",
        ) from error
    return listener
