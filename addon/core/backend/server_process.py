"""The service as a child process: start, watch, restart and end it."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import queue
import secrets
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Final

from ..errors import Cancelled, UserError
from .built_in import child_variables
from .client import Client, ServiceError
from .messages import WIRE_VERSION

TOKEN_VARIABLE: Final = "ELOCUTE_TOKEN"  # noqa: S105 - the variable's name
SERVE_COMMAND: Final = ("-m", "elocute", "serve", "--end-with-stdin")
POLL_SECONDS: Final = 0.1


class ServerProcess:
    """Starts ``python -m elocute serve`` on a free port of this machine, with a random token.

    The child ends when this process does, however it ends, for its standard input closes then.
    Safe to use from several threads.

    Args:
        python: interpreter of the backend's own environment.
        log_file: takes what the service writes; the previous log is kept beside it as ``.old``.
        models: checkpoint folders and hub ids the service offers with its own models. They are fixed
            for the life of a process: other models need another ``ServerProcess``.
        command: what the interpreter runs, without the models.
        variables: environment variables on top of this process' own.
        start_timeout: seconds the service may take to say where it listens.
    """

    def __init__(
        self,
        python: Path,
        log_file: Path,
        *,
        models: Sequence[str] = (),
        command: Sequence[str] = SERVE_COMMAND,
        variables: Mapping[str, str] | None = None,
        start_timeout: float = 120.0,
    ) -> None:
        self._python = python
        self._log_file = log_file
        # One word each, so that no name is taken for an argument of its own.
        self._command = (*command, *(f"--models={model}" for model in models))
        self._variables = dict(variables or {})
        self._start_timeout = start_timeout
        self._lock = threading.RLock()
        self._process: subprocess.Popen[bytes] | None = None
        self._client: Client | None = None
        self._given_up = threading.Event()

    @property
    def running(self) -> bool:
        """True while the child process lives."""
        process = self._process
        return process is not None and process.poll() is None

    @property
    def pid(self) -> int | None:
        """Process id of the living child, else None."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def connect(self, cancelled: threading.Event | None = None) -> Client:
        """Return a client of the running service; start it if it is not there or does not answer.

        Raises:
            UserError: the service cannot be started.
            Cancelled: ``cancelled`` was set meanwhile, or :meth:`give_up` was called.
        """
        with self._lock:
            if self._given_up.is_set():
                raise Cancelled
            if self.running and self._client is not None:
                try:
                    self._client.health()
                except ServiceError as error:
                    if error.code == "wire_mismatch":
                        raise
                else:
                    return self._client
            self.stop()
            try:
                return self._start(cancelled)
            except UserError as error:
                if self._given_up.is_set():
                    raise Cancelled from error
                raise

    def give_up(self) -> None:
        """End the child for good without waiting for it, for a thread that must not wait; never starts again.

        The child is asked to end at once. Another thread waits for it, and kills it where it does not; should
        this process end before that, the child ends by itself.
        """
        self._given_up.set()
        process = self._process
        if process is not None:
            _ask_to_end(process)
        threading.Thread(target=self.stop, name="elocute-service-end", daemon=True).start()

    def stop(self, timeout: float = 10.0) -> None:
        """End the child: ask it to, kill it after ``timeout`` seconds. Does nothing when there is none."""
        with self._lock:
            process, self._process, self._client = self._process, None, None
            if process is None:
                return
            _ask_to_end(process)
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout is not None:
                process.stdout.close()

    def _start(self, cancelled: threading.Event | None) -> Client:
        token = secrets.token_urlsafe(32)
        process = self._launch(token)
        self._process = process
        try:
            port = self._read_port(process, cancelled)
            client = Client(f"http://127.0.0.1:{port}", token)
            client.health()
        except BaseException:
            self.stop(timeout=2.0)
            raise
        self._client = client
        return client

    def _launch(self, token: str) -> subprocess.Popen[bytes]:
        # The token goes by the environment: the arguments of a process are visible to every user.
        own = {**self._variables, TOKEN_VARIABLE: token, "PYTHONUNBUFFERED": "1"}
        variables = child_variables(os.environ, own)
        try:
            self._log_file.parent.mkdir(parents=True, exist_ok=True)
            if self._log_file.exists():
                # Windows refuses while a service that is still ending writes to it; then both write.
                with contextlib.suppress(PermissionError):
                    self._log_file.replace(previous_log(self._log_file))
            with self._log_file.open("ab") as log:
                return subprocess.Popen(  # noqa: S603 - our own interpreter and module
                    [str(self._python), *self._command],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=variables,
                    creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
                )
        except OSError as error:
            full = error.errno in {errno.ENOSPC, errno.EDQUOT}
            raise UserError(
                f"The Elocute service cannot be started: {error.strerror or error} ({error.filename}).",
                "Free some space and try again." if full else "Press Set up in the add-on's preferences.",
            ) from error

    def _read_port(self, process: subprocess.Popen[bytes], cancelled: threading.Event | None) -> int:
        lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        if process.stdout is None:
            raise AssertionError("started with a pipe")
        threading.Thread(
            target=_forward, args=(process.stdout, lines), name="elocute-service-output", daemon=True
        ).start()
        deadline = time.monotonic() + self._start_timeout
        while time.monotonic() < deadline:
            if self._given_up.is_set() or (cancelled is not None and cancelled.is_set()):
                raise Cancelled
            try:
                line = lines.get(timeout=POLL_SECONDS)
            except queue.Empty:
                continue
            return self._parse_first_line(line)
        raise UserError(
            f"The Elocute service did not start within {self._start_timeout:.0f} seconds.",
            f"Its log is {self._log_file}.",
        )

    def _parse_first_line(self, line: bytes) -> int:
        try:
            first = json.loads(line)
            port, wire = int(first["port"]), int(first["wire"])
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"The Elocute service stopped while it started{self._last_words()}.",
                f"Its log is {self._log_file}.",
            ) from error
        if wire != WIRE_VERSION:
            raise UserError(
                f"The installed service uses wire version {wire}, the add-on {WIRE_VERSION}.",
                "Set up the environment again in the add-on's preferences.",
            )
        return port

    def _last_words(self) -> str:
        try:
            lines = self._log_file.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        except OSError:
            return ""
        return f": {lines[-1].strip().rstrip('.')[:200]}" if lines else ""


def previous_log(log_file: Path) -> Path:
    """Where the log of the run before is kept."""
    return log_file.with_name(log_file.name + ".old")


def _ask_to_end(process: subprocess.Popen[bytes]) -> None:
    """Close the child's input, and send SIGTERM where that exists: either makes the service end."""
    if process.stdin is not None:
        process.stdin.close()
    if process.poll() is None and os.name != "nt":
        process.terminate()


def _forward(stream: IO[bytes], lines: queue.SimpleQueue[bytes]) -> None:
    """Pass on the first line (empty at the end of the stream), then keep the pipe empty."""
    try:
        lines.put(stream.readline(65536))
        while stream.read(65536):
            pass
    except (OSError, ValueError):  # the pipe was closed by stop()
        lines.put(b"")
