"""Connections that are slow, idle, broken or too many: they end, and nobody else waits for them."""

from __future__ import annotations

import json
import logging
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from addon.core.backend.client import ServiceError
from addon.core.backend.messages import JobSettings, JobState
from elocute.service.config import Limits
from elocute.service.server import Service
from tests.backend.service.conftest import TOKEN, client_of
from tests.backend.service.fakes import tone
from tests.backend.service.test_jobs_over_http import SLOW, wait_for

IMPATIENT = Limits(header_seconds=0.3, stalled_seconds=0.5, connections=4)
POST = (
    f"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
    "Content-Type: multipart/form-data; boundary=B\r\n"
).encode()


@contextmanager
def connected(service: Service) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        yield connection


def answer(connection: socket.socket) -> bytes:
    """Everything until the service closes."""
    reply = b""
    while piece := connection.recv(65536):
        reply += piece
    return reply


def error_of(reply: bytes) -> dict[str, str]:
    error: dict[str, str] = json.loads(reply.partition(b"\r\n\r\n")[2])
    return error


def test_a_connection_that_says_nothing_is_closed(start_service) -> None:
    with connected(start_service(limits=IMPATIENT)) as connection:
        assert answer(connection) == b""


@pytest.mark.parametrize("start", [b"GET /v1/heal", b"GET /v1/health HTTP/1.1\r\nHost: local"])
def test_a_header_that_does_not_end_is_refused(start_service, start: bytes) -> None:
    with connected(start_service(limits=IMPATIENT)) as connection:
        connection.sendall(start)
        reply = answer(connection)
    assert reply.startswith(b"HTTP/1.1 408 ")
    assert error_of(reply)["code"] == "too_slow"


def test_a_connection_is_closed_some_time_after_its_last_reply(start_service) -> None:
    with connected(start_service(limits=IMPATIENT)) as connection:
        connection.sendall(b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert answer(connection).startswith(b"HTTP/1.1 200 ")


def test_a_body_that_stops_is_refused(start_service) -> None:
    with connected(start_service(limits=IMPATIENT)) as connection:
        connection.sendall(POST + b"Content-Length: 1000\r\n\r\n--B\r\n")
        reply = answer(connection)
    assert reply.startswith(b"HTTP/1.1 408 ")
    assert error_of(reply)["code"] == "too_slow"


def test_a_body_that_drips_is_refused(start_service) -> None:
    with connected(start_service(limits=Limits(body_seconds=0.5))) as connection:
        start = b'--B\r\nContent-Disposition: form-data; name="settings"\r\n\r\n'
        connection.sendall(POST + b"Content-Length: 100000\r\n\r\n" + start)
        connection.settimeout(0.05)
        reply = b""
        while not reply:
            connection.sendall(b" ")
            try:
                reply = connection.recv(65536)
            except TimeoutError:
                continue
    assert reply.startswith(b"HTTP/1.1 408 ")


def test_a_stream_that_is_waited_for_goes_on_longer_than_any_of_these_limits(start_service) -> None:
    client = client_of(start_service(limits=IMPATIENT))
    job = client.submit(tone(), JobSettings(takes=40))
    states = [state.state for state in client.events(job.id) if isinstance(state, JobState)]
    assert states[-1] == "done"


def test_a_client_that_does_not_read_its_reply_is_dropped(start_service) -> None:
    service = start_service(limits=IMPATIENT)
    request = b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    service._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)  # connections inherit it
    with connected(service) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.sendall(request * 2000)  # more replies than fit anywhere
        with pytest.raises((ConnectionError, BrokenPipeError)):
            for _ in range(200):
                connection.sendall(request)
                time.sleep(0.1)


def test_idle_connections_do_not_keep_others_out(start_service) -> None:
    service = start_service(limits=Limits(connections=4, header_seconds=1000.0))
    with ExitStack() as stack:
        idle = [stack.enter_context(connected(service)) for _ in range(12)]
        for _ in range(3):
            assert client_of(service).health().service == "elocute"
        idle[0].settimeout(20)
        assert idle[0].recv(10) == b""  # the oldest gave way


def test_more_busy_connections_than_allowed_are_refused(start_service) -> None:
    service = start_service(limits=Limits(connections=2))
    client = client_of(service)
    job = client.submit(tone(), SLOW)
    request = (
        f"GET /v1/jobs/{job.id}/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    ).encode()
    with ExitStack() as stack:
        for _ in range(2):
            busy = stack.enter_context(connected(service))
            busy.sendall(request)
            assert busy.recv(20).startswith(b"HTTP/1.1 200")
        one_more = stack.enter_context(connected(service))
        reply = answer(one_more)
    assert reply.startswith(b"HTTP/1.1 503 ")
    assert error_of(reply)["code"] == "busy"


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
        b"GET / HTTP/1.1\r\nBad Header\r\n\r\n",
        b"GET /v1/health HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 100_000,
        POST + b"Transfer-Encoding: chunked\r\n\r\n5\r\n--B\r\n\r\nnot a length\r\n",
    ],
    ids=["TLS", "header", "long header", "chunk"],
)
def test_what_is_no_http_is_one_error_and_no_traceback(
    service: Service, request_bytes: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    with connected(service) as connection:
        connection.sendall(request_bytes)
        reply = answer(connection)
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert error_of(reply)["code"] == "bad_request"
    assert client_of(service).health().service == "elocute"
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("reset", [False, True])
def test_a_client_that_leaves_during_its_upload_is_no_error(
    service: Service, caplog: pytest.LogCaptureFixture, reset: bool
) -> None:
    caplog.set_level(logging.INFO)
    with connected(service) as connection:
        connection.sendall(POST + b"Content-Length: 1000000\r\n\r\n" + b"--B\r\nContent-Disposition: form-")
        time.sleep(0.1)
        if reset:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    for _ in range(200):
        if any("left during POST" in record.getMessage() for record in caplog.records):
            break
        time.sleep(0.02)
    else:
        raise AssertionError("it is not said that the client left")
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert not any(record.exc_info for record in caplog.records)


def test_a_waiting_job_that_is_deleted_ends_its_stream_with_its_state(start_service) -> None:
    client = client_of(start_service(limits=Limits()))
    first, second = client.submit(tone(), SLOW), client.submit(tone(), SLOW)
    events = client.events(second.id)
    assert isinstance(next(events), JobState)
    assert client.cancel(second.id).state == "cancelled"
    states = [state.state for state in events if isinstance(state, JobState)]
    assert states[-1] == "cancelled"
    assert client.state(second.id).state == "cancelled"  # as a running one that was cancelled
    client.cancel(second.id)
    with pytest.raises(ServiceError):
        client.state(second.id)
    client.cancel(first.id)


def test_a_job_that_is_cancelled_and_deleted_at_once_ends_its_stream_with_its_state(start_service) -> None:
    client = client_of(start_service(limits=Limits()))
    first, second = client.submit(tone(), SLOW), client.submit(tone(), SLOW)
    events = client.events(second.id)
    assert isinstance(next(events), JobState)
    for _ in range(2):
        client.cancel(second.id)
    assert [state.state for state in events if isinstance(state, JobState)][-1] == "cancelled"
    client.cancel(first.id)
    wait_for(client, first.id, "cancelled")
