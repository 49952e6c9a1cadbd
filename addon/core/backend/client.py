"""Talks to the Elocute service: one method per endpoint, standard library only.

Every failure becomes one sentence: a :class:`ServiceError`. Safe to use from several threads, for
each request has its own connection. Own code on ``http.client``, because nothing can be installed into
Blender's Python without asking: an HTTP package would have to be shipped with the add-on.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import sleep
from typing import Final, TypeAlias, TypeVar
from urllib.parse import quote

from ..errors import UserError
from .address import parse_address
from .event_stream import Opening, Window, read_events
from .messages import (
    WIRE_VERSION,
    BadMessageError,
    ErrorMessage,
    Health,
    JobSettings,
    JobState,
    ModelList,
    PhoneList,
    StyleSettings,
    from_json,
    wire_told,
)
from .upload import Streamed, Upload

M = TypeVar("M")
R = TypeVar("R")
OnLost: TypeAlias = Callable[[bool], None]
"""Called with true when a connection is lost and made again, with false once the service answers again."""

LARGEST_JSON_BYTES: Final = 64 * 1024 * 1024
LARGEST_CLIP_BYTES: Final = 1024 * 1024 * 1024
LARGEST_STYLE_BYTES: Final = 16 * 1024 * 1024
RECONNECT_PAUSES: Final = (0.0, 2.0, 5.0)
"""Seconds before each new try of a request whose connection was lost."""
CONNECT_SECONDS: Final = 10.0
RESTART_HINT: Final = "Try again; a local service that has stopped is restarted."


class ServiceError(UserError):
    """The service refused, or could not be reached.

    Attributes:
        code: short machine-readable name: the service's own, or ``unreachable``,
            ``connection_lost``, ``timed_out``, ``bad_reply``, ``wire_mismatch``, ``remote_refused``.
        retry_after: seconds after which the service may accept the same request, where it tells.
    """

    def __init__(self, message: str, hint: str = "", *, code: str, retry_after: float | None = None) -> None:
        super().__init__(message, hint)
        self.code = code
        self.retry_after = retry_after


class Client:
    """A service at a URL.

    Args:
        url: for example ``http://127.0.0.1:8123``.
        token: the service's token.
        allowed_urls: URLs on other machines the user has agreed to send recordings to.
        timeout: seconds without a byte after which a request is given up. Event streams carry a
            sign of life twice a second.
        name: what the service tells clients apart by, who take turns; None for one that is this process' own.

    Raises:
        ServiceError: the URL is not valid, or leads to another machine without permission.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        allowed_urls: Collection[str] = (),
        timeout: float = 30.0,
        name: str | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        address = parse_address(self.url)
        if address is None:
            raise ServiceError(
                f"{url!r} is not the address of a service.",
                "Write it like http://127.0.0.1:8123.",
                code="bad_url",
            )
        self._address = address
        self._token = token
        self._timeout = timeout
        self._name = _own_name() if name is None else name
        allowed = {known.rstrip("/") for known in allowed_urls}
        if not address.loopback and self.url not in allowed:
            raise ServiceError(
                f"{self.url} is another computer, and sending recordings to it is not allowed.",
                "Allow this address in the add-on's preferences, or use the service on this computer.",
                code="remote_refused",
            )

    def health(self) -> Health:
        """Return what the service is.

        Raises:
            ServiceError: nothing answers, it is not Elocute, or it speaks another wire version.
        """
        with self._request("GET", "/v1/health", with_token=False) as response:
            reply = _read(response, LARGEST_JSON_BYTES)
        wire = wire_told(reply)
        if wire is not None and wire != WIRE_VERSION:
            older = "service" if wire < WIRE_VERSION else "add-on"
            raise ServiceError(
                f"The service at {self.url} uses wire version {wire}, the add-on {WIRE_VERSION}.",
                f"Update the {older}: it is the older of the two.",
                code="wire_mismatch",
            )
        try:
            health = from_json(Health, reply)
        except BadMessageError as error:
            raise self._no_service() from error
        if health.service != "elocute":
            raise self._no_service()
        return health

    def _no_service(self) -> ServiceError:
        return ServiceError(
            f"The server at {self.url} is not an Elocute service that this add-on can use.",
            "Check the address.",
            code="wire_mismatch",
        )

    def models(self) -> ModelList:
        """Return the models, the default first.

        Raises:
            ServiceError: the service refused or could not be reached.
        """
        return self._ask(ModelList, "GET", "/v1/models")

    def submit(
        self,
        audio: Path | bytes | Streamed,
        settings: JobSettings,
        *,
        styles: Mapping[str, bytes] | None = None,
        attached: Mapping[str, bytes] | None = None,
        on_sent: Callable[[float], None] | None = None,
        cancelled: threading.Event | None = None,
    ) -> JobState:
        """Send a recording and start a job.

        Args:
            audio: the file, read piece by piece, its bytes, or what yields them.
            settings: what to make of it.
            styles: contents of style files by the names that ``settings.style`` uses.
            attached: contents of further files by the names of their parts: ``before``, a clip that the
                motion goes on from, ``base``, a clip that is changed, ``given_phones``, what is said when.
            on_sent: called with the share sent so far, 0..1.
            cancelled: stops the sending once set.

        Raises:
            UserError: a file cannot be read or used.
            ServiceError: the service refused or could not be reached.
            Cancelled: ``cancelled`` was set.
        """
        limit = self.health().max_upload_bytes
        upload = Upload("audio", audio, settings, styles, attached)
        if upload.size > limit:
            raise ServiceError(
                f"The recording has {upload.file_bytes / 1e6:.0f} MB, more than the service accepts "
                f"({limit / 1e6:.0f} MB).",
                "Use a shorter recording, or one with fewer channels.",
                code="too_large",
            )
        body = upload.pieces(on_sent, cancelled)
        return self._ask(JobState, "POST", "/v1/jobs", body=body, headers=_headers(upload))

    def extract_style(self, clip: Path | bytes, settings: StyleSettings) -> bytes:
        """Return the style file that a model's style encoder makes of a clip.

        Args:
            clip: the npz file of a clip, or its bytes.
            settings: the model, and the clip's frame to begin at.

        Raises:
            UserError: the file cannot be read.
            ServiceError: the model has no style encoder, the clip cannot be used, or the service could not
                be reached.
        """
        upload = Upload("clip", clip, settings)
        with self._request("POST", "/v1/styles", body=upload.pieces(), headers=_headers(upload)) as response:
            return _read(response, LARGEST_STYLE_BYTES)

    def state(self, job_id: str) -> JobState:
        """Return where a job stands.

        Raises:
            ServiceError: unknown job, or the service could not be reached.
        """
        return self._ask(JobState, "GET", f"/v1/jobs/{quote(job_id, safe='')}")

    def events(
        self, job_id: str, *, windows: bool = True, on_lost: OnLost | None = None
    ) -> Iterator[JobState | Window | None]:
        """Yield a job's windows and states until it has ended; None is a sign of life.

        How the motion begins, where the job was asked for it, comes first, as :class:`Opening`. The windows
        that are there come next, then each as it becomes final, in order and without gaps, all of them before
        a final state. A lost connection is made again a few times; no window comes twice.

        Args:
            job_id: which job.
            windows: whether windows are wanted.
            on_lost: told of connections that are lost.

        Raises:
            ServiceError: unknown job, or the service died or stayed silent.
            BadMessageError: the service sent an event that cannot be read.
        """
        losses = _Losses(self._address.loopback, on_lost)
        frames: dict[type[Window], int] = {Opening: 0, Window: 0}
        while True:
            try:
                for event in self._stream(job_id, windows):
                    losses.over()
                    if isinstance(event, Window):
                        kind = type(event)
                        if event.first < frames[kind]:
                            continue  # known from before the connection was lost
                        frames[kind] = _next_frame(event, frames[kind])
                    yield event
                    if isinstance(event, JobState) and event.ended:
                        return
            except ServiceError as error:
                losses.wait(error)
            else:
                losses.wait(_lost())

    def clip(self, job_id: str, take: int = 0, *, on_lost: OnLost | None = None) -> bytes:
        """Return the npz file of one take, counted from 0; a lost connection is made again a few times.

        Raises:
            ServiceError: unknown job or take, job not done, or the service could not be reached.
        """
        path = f"/v1/jobs/{quote(job_id, safe='')}/clip?take={take:d}"

        def ask() -> bytes:
            with self._request("GET", path) as response:
                return _read(response, LARGEST_CLIP_BYTES)

        return self._again(ask, on_lost)

    def phones(self, job_id: str, *, on_lost: OnLost | None = None) -> PhoneList:
        """Return the phones of a job that is done; a lost connection is made again a few times.

        Raises:
            ServiceError: unknown job, job not done, or the service could not be reached.
        """
        path = f"/v1/jobs/{quote(job_id, safe='')}/phones"
        return self._again(lambda: self._ask(PhoneList, "GET", path), on_lost)

    def cancel(self, job_id: str) -> JobState:
        """Stop a job, or make the service forget one that has ended.

        Raises:
            ServiceError: unknown job, or the service could not be reached.
        """
        return self._ask(JobState, "DELETE", f"/v1/jobs/{quote(job_id, safe='')}")

    def _again(self, ask: Callable[[], R], on_lost: OnLost | None) -> R:
        losses = _Losses(self._address.loopback, on_lost)
        while True:
            try:
                answer = ask()
            except ServiceError as error:
                losses.wait(error)
            else:
                losses.over()
                return answer

    def _stream(self, job_id: str, windows: bool) -> Iterator[JobState | Window | None]:
        path = f"/v1/jobs/{quote(job_id, safe='')}/events"
        with self._request("GET", path if windows else f"{path}?windows=false") as response:
            yield from read_events(response.readline)

    def _ask(
        self,
        kind: type[M],
        method: str,
        path: str,
        *,
        body: Iterator[bytes] | None = None,
        headers: dict[str, str] | None = None,
    ) -> M:
        with self._request(method, path, body=body, headers=headers) as response:
            reply = _read(response, LARGEST_JSON_BYTES)
        try:
            return from_json(kind, reply)
        except BadMessageError:
            self._check_version()
            raise

    def _check_version(self) -> None:
        """ServiceError where the service speaks another version, which is why it is not understood."""
        try:
            self.health()
        except ServiceError as error:
            if error.code == "wire_mismatch":
                raise

    @contextmanager
    def _request(
        self,
        method: str,
        path: str,
        *,
        body: Iterator[bytes] | None = None,
        headers: dict[str, str] | None = None,
        with_token: bool = True,
    ) -> Iterator[http.client.HTTPResponse]:
        connection = self._connection()
        try:
            self._connect(connection)
            with _failures_as_sentences():
                sent = {
                    **(headers or {}),
                    "Elocute-Client": self._name,
                    **({"Authorization": f"Bearer {self._token}"} if with_token else {}),
                }
                try:
                    connection.request(method, self._address.base + path, body=body, headers=sent)
                except (BrokenPipeError, ConnectionResetError):
                    # The service may have answered (too large, wrong token) before it had read all.
                    response = connection.getresponse()
                else:
                    response = connection.getresponse()
                if response.status >= 400:
                    raise _refusal(response)
                yield response
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        address = self._address
        if address.secure:
            return http.client.HTTPSConnection(
                address.host, address.port, timeout=self._timeout, context=ssl.create_default_context()
            )
        return http.client.HTTPConnection(address.host, address.port, timeout=self._timeout)

    def _connect(self, connection: http.client.HTTPConnection) -> None:
        connection.timeout = min(self._timeout, CONNECT_SECONDS)
        try:
            connection.connect()
            connection.sock.settimeout(self._timeout)
        except ssl.SSLError as error:
            raise ServiceError(
                f"Cannot establish a secure connection to {self.url}.",
                "Check its certificate.",
                code="unreachable",
            ) from error
        except OSError as error:
            raise ServiceError(
                f"The Elocute service at {self.url} does not respond.", RESTART_HINT, code="unreachable"
            ) from error


class _Losses:
    """The lost connections of one request: whether it is made again, and when.

    Args:
        loopback: whether the service is on this computer, where nobody listens once its process is gone.
        on_lost: told of it, if anyone.
    """

    def __init__(self, loopback: bool, on_lost: OnLost | None) -> None:
        self._loopback = loopback
        self._on_lost = on_lost
        self._told = False
        self._pauses = iter(RECONNECT_PAUSES)
        self._lost: ServiceError | None = None

    def wait(self, error: ServiceError) -> None:
        """Wait before the next try.

        Raises:
            ServiceError: there is none: it was no loss, or one too many.
        """
        if error.code in {"connection_lost", "timed_out"}:
            self._lost = error
        elif error.code != "unreachable" or self._lost is None:
            raise error
        elif self._loopback:
            raise self._lost
        pause = next(self._pauses, None)
        if pause is None:
            raise self._lost
        self._tell(True)
        sleep(pause)

    def over(self) -> None:
        """The service has answered."""
        self._tell(False)

    def _tell(self, lost: bool) -> None:
        if self._on_lost is not None and lost is not self._told:
            self._told = lost
            self._on_lost(lost)


def _headers(upload: Upload) -> dict[str, str]:
    return {"Content-Type": upload.content_type, "Content-Length": str(upload.size)}


def _own_name() -> str:
    """A name for this process that tells nothing of the computer."""
    told = f"{socket.gethostname()} {os.getpid()}"
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:16]


def _next_frame(window: Window, expected: int) -> int:
    """Return the frame after ``window``, which has to begin at ``expected``."""
    if window.first != expected:
        raise ServiceError(
            f"The service did not send frames {expected} to {window.first - 1}.",
            "Try again.",
            code="bad_reply",
        )
    return window.first + window.frames


@contextmanager
def _failures_as_sentences() -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise ServiceError(
            "The Elocute service has stopped responding.",
            "Try again; if it happens again, restart the service.",
            code="timed_out",
        ) from error
    except (http.client.IncompleteRead, ConnectionError, http.client.RemoteDisconnected) as error:
        raise _lost() from error
    except http.client.HTTPException as error:
        raise ServiceError(
            "The server at this address is not an Elocute service.", "Check the address.", code="bad_reply"
        ) from error
    except OSError as error:
        raise _lost() from error


def _lost() -> ServiceError:
    return ServiceError(
        "The connection to the Elocute service was lost before the job finished.",
        RESTART_HINT,
        code="connection_lost",
    )


def _refusal(response: http.client.HTTPResponse) -> ServiceError:
    try:
        error = from_json(ErrorMessage, _read(response, LARGEST_JSON_BYTES))
    except BadMessageError:
        return ServiceError(
            f"The service answered with error {response.status}.", "Check the address.", code="bad_reply"
        )
    pause = response.headers.get("Retry-After", "")
    return ServiceError(
        error.message, error.hint, code=error.code, retry_after=float(pause) if pause.isdecimal() else None
    )


def _read(response: http.client.HTTPResponse, limit: int) -> bytes:
    if response.length is None and not response.chunked:  # the header was cut off
        raise _lost()
    data = response.read(limit + 1)
    if len(data) > limit:
        raise ServiceError(
            "The service's response is larger than the add-on accepts.",
            "Check the address.",
            code="bad_reply",
        )
    if response.length:  # fewer bytes came than were promised
        raise _lost()
    return data
