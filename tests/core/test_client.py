"""The client against peers that misbehave; its work with the real service is tested beside that."""

from __future__ import annotations

import base64
import json
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from addon.core.backend import client as client_module
from addon.core.backend.address import Address
from addon.core.backend.client import RECONNECT_PAUSES, Client, ServiceError
from addon.core.backend.event_stream import Window
from addon.core.backend.messages import WIRE_VERSION, BadMessageError, JobSettings
from addon.core.errors import UserError

HEALTH = (
    b'{"service": "elocute", "version": "9", "wire": %d, "max_upload_bytes": 100000000, "engine": "NumPy", '
    b'"reads_films": true}'
)
STATE = (
    b'{"id": "x", "kind": "generate", "state": "running", "queue_position": 0, "stage": "motion", '
    b'"fraction": 0.5, "message": "", "error": null, "summary": null}'
)


@contextmanager
def peer(*replies: bytes) -> Iterator[Client]:
    """A server that answers the first connections with these bytes, then hangs up, then is gone."""
    with listening(0, *replies) as port:
        yield Client(f"http://127.0.0.1:{port}", "token", timeout=10)


@contextmanager
def listening(port: int, *replies: bytes) -> Iterator[int]:
    """Such a server at a port, 0 for any; which it is."""
    listener = socket.create_server(("127.0.0.1", port))

    def serve() -> None:
        for reply in replies:
            connection, _ = listener.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(reply)
        listener.close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.close()


def ok(body: bytes, length: int | None = None) -> bytes:
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (len(body) if length is None else length) + body


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ServiceError, match="does not respond") as caught:
        Client(f"http://127.0.0.1:{port}", "token").health()
    assert caught.value.code == "unreachable"


def test_every_request_names_the_process_and_tells_nothing_of_the_computer() -> None:
    received: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        for _ in range(3):
            connection, _ = listener.accept()
            with connection:
                received.append(connection.recv(65536))
                connection.sendall(ok(HEALTH % WIRE_VERSION))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    for client in (Client(url, "token"), Client(url, "token"), Client(url, "token", name="farm-7")):
        client.health()
    thread.join(10)
    listener.close()
    names = [re.search(rb"^Elocute-Client: (.*)\r$", one, re.MULTILINE) for one in received]
    own, same, given = (name.group(1).decode() for name in names if name is not None)
    assert own == same
    assert re.fullmatch(r"[0-9a-f]{16}", own)
    assert given == "farm-7"


@pytest.mark.parametrize(("header", "seconds"), [("7", 7.0), ("soon", None), ("-1", None), (None, None)])
def test_a_refusal_tells_when_to_come_again(header: str | None, seconds: float | None) -> None:
    body = b'{"code": "busy", "message": "Too many jobs wait.", "hint": ""}'
    more = b"" if header is None else f"Retry-After: {header}\r\n".encode()
    reply = b"HTTP/1.1 429 Busy\r\n" + more + b"Content-Length: %d\r\n\r\n" % len(body) + body
    with peer(reply) as client, pytest.raises(ServiceError) as caught:
        client.state("x")
    assert (caught.value.code, caught.value.retry_after) == ("busy", seconds)


OTHER_HEALTH = b'{"service": "elocute", "wire": %d, "what": "a later version tells", "instead": []}'


@pytest.mark.parametrize("health", [HEALTH, OTHER_HEALTH])
@pytest.mark.parametrize(("newer", "side"), [(-1, "service"), (1, "add-on"), (-WIRE_VERSION, "service")])
def test_of_two_wire_versions_the_older_side_is_named(newer: int, side: str, health: bytes) -> None:
    """Whatever else a service of another version tells as its health."""
    other = WIRE_VERSION + newer
    with peer(ok(health % other)) as client, pytest.raises(ServiceError) as caught:
        client.health()
    error = caught.value
    assert (error.code, error.hint) == ("wire_mismatch", f"Update the {side}: it is the older of the two.")
    assert error.message.endswith(f"uses wire version {other}, the add-on {WIRE_VERSION}.")


ANSWERS: dict[str, Callable[[Client], object]] = {
    "models": Client.models,
    "state": lambda client: client.state("x"),
    "phones": lambda client: client.phones("x"),
    "cancel": lambda client: client.cancel("x"),
}


@pytest.mark.parametrize("asked", ANSWERS)
def test_an_answer_that_is_not_understood_is_one_of_another_version_where_it_is(asked: str) -> None:
    """Nobody asks for the version before each request."""
    unknown = ok(b'{"from": "another version"}')
    with peer(unknown, ok(HEALTH % (WIRE_VERSION - 1))) as client, pytest.raises(ServiceError) as caught:
        ANSWERS[asked](client)
    assert caught.value.hint.startswith("Update the service")
    for health in (ok(HEALTH % WIRE_VERSION), b""):  # of the same version, or gone meanwhile
        with peer(unknown, health) as client, pytest.raises(BadMessageError, match="cannot be read"):
            ANSWERS[asked](client)


@pytest.mark.parametrize("reply", [ok(b"<html></html>"), ok(b'{"status": "up"}')])
def test_something_else_listens_there(reply: bytes) -> None:
    with peer(reply) as client, pytest.raises(ServiceError, match="not an Elocute service"):
        client.health()


@pytest.mark.parametrize(
    "reply",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops",
        b"HTTP/1.1 502 Bad\r\nContent-Length: 0\r\n\r\n",
    ],
)
def test_replies_that_are_none_of_ours(reply: bytes) -> None:
    with peer(reply) as client, pytest.raises(ServiceError) as caught:
        client.models()
    assert caught.value.code == "bad_reply"


@pytest.mark.parametrize("reply", [b"", b"HTTP/1.1 200 OK\r\nContent-Len", ok(b"PK\x03\x04", length=5000)])
def test_a_reply_that_is_cut_off(reply: bytes) -> None:
    with peer(reply) as client, pytest.raises(ServiceError, match=r"was lost|not an Elocute") as caught:
        client.clip("x")
    assert caught.value.code in {"connection_lost", "bad_reply"}


@pytest.mark.parametrize("half", [b"", ok(b"PK\x03\x04", length=5000)])
def test_what_was_made_is_asked_for_again_when_its_connection_is_lost(half: bytes) -> None:
    """Minutes of work lie in the service then."""
    with peer(half, ok(b"PK\x03\x04")) as client:
        assert client.clip("x") == b"PK\x03\x04"
    phones = (
        b'{"seconds": 1, "phone_source": "a", "transcript": null, "phones": null, "words": [], "notes": []}'
    )
    with peer(half, ok(phones)) as client:
        assert client.phones("x").seconds == 1.0


@pytest.mark.parametrize("comes_back", [True, False])
def test_another_computer_that_is_out_of_reach_for_a_moment_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, comes_back: bool
) -> None:
    pauses = []
    with peer(b"") as near:
        monkeypatch.setattr(Address, "loopback", property(lambda _: False))
        port = int(near.url.rpartition(":")[2])
        client = Client(near.url, "token", allowed_urls=[near.url])

        def sleep(seconds: float) -> None:
            pauses.append(seconds)
            if comes_back and len(pauses) == len(RECONNECT_PAUSES):
                again.enter_context(listening(port, ok(b"PK\x03\x04")))

        monkeypatch.setattr(client_module, "sleep", sleep)
        with ExitStack() as again:
            if comes_back:
                assert client.clip("x") == b"PK\x03\x04"
            else:
                with pytest.raises(ServiceError, match="was lost"):
                    client.clip("x")
    assert tuple(pauses) == RECONNECT_PAUSES


def test_a_connection_that_is_lost_is_told_until_the_service_answers_again() -> None:
    told = list[bool]()
    done = event_stream(state_event(STATE.replace(b'"running"', b'"cancelled"')))
    with peer(ok(b"PK", length=50), ok(b"PK"), ok(b"PK")) as client:
        assert client.clip("x", on_lost=told.append) == b"PK"
        assert client.clip("x", on_lost=told.append) == b"PK", "this one has lost nothing"
    assert told == [True, False]
    with peer(event_stream(state_event(STATE)), event_stream(), done) as client:
        list(client.events("x", on_lost=told.append))
    assert told[2:] == [True, False], "told once, however often it is lost"
    with peer(event_stream(state_event(STATE))) as client, pytest.raises(ServiceError):
        list(client.events("x", on_lost=told.append))
    assert told[4:] == [True]


def test_a_process_of_this_computer_that_is_gone_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = list[float]()
    monkeypatch.setattr(client_module, "sleep", pauses.append)
    with peer(b"") as client, pytest.raises(ServiceError, match="was lost"):
        client.clip("x")
    assert pauses == [0.0]


def test_a_clip_is_passed_on_as_it_is() -> None:
    with peer(ok(b"PK\x03\x04")) as client:
        assert client.clip("x") == b"PK\x03\x04"


def test_the_services_own_sentence_is_passed_on() -> None:
    body = b'{"code": "busy", "message": "Too many.", "hint": "Wait."}'
    reply = b"HTTP/1.1 429 Busy\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    with peer(reply) as client, pytest.raises(ServiceError) as caught:
        client.models()
    assert (caught.value.code, caught.value.message, caught.value.hint) == ("busy", "Too many.", "Wait.")


def test_a_silent_service_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Client(f"http://127.0.0.1:{listener.getsockname()[1]}", "token", timeout=0.1)
        with pytest.raises(ServiceError) as caught:
            client.models()
    assert caught.value.code == "timed_out"


def state_event(state: bytes) -> bytes:
    return b"event: state\ndata: " + state + b"\n\n"


def window_event(first: int, clip: bytes) -> bytes:
    message = {"first": first, "frames": 2, "clips": [base64.b64encode(clip).decode()]}
    return b"event: window\ndata: " + json.dumps(message).encode() + b"\n\n"


def event_stream(*events: bytes) -> bytes:
    return b"HTTP/1.0 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + b"".join(events)


def test_a_lost_event_stream_is_taken_up_again() -> None:
    done = STATE.replace(b'"running"', b'"cancelled"')
    with peer(
        event_stream(state_event(STATE), b": alive\n\nevent: state\ndata: {half"),
        event_stream(b"event: state\r\ndata: " + done + b"\r\n\r\n"),
    ) as client:
        states = [None if state is None else state.state for state in client.events("x")]
    assert states == ["running", None, "cancelled"]


def test_no_window_comes_twice_when_the_stream_is_taken_up_again() -> None:
    done = STATE.replace(b'"running"', b'"cancelled"')
    with peer(
        event_stream(window_event(0, b"a"), state_event(STATE), window_event(2, b"b")),
        event_stream(window_event(0, b"a"), window_event(2, b"b"), window_event(4, b"c"), state_event(done)),
    ) as client:
        windows = [event for event in client.events("x") if isinstance(event, Window)]
    assert windows == [Window(0, 2, (b"a",)), Window(2, 2, (b"b",)), Window(4, 2, (b"c",))]


@pytest.mark.parametrize("first", [1, 3, 4])
def test_a_window_that_leaves_frames_out_is_refused(first: int) -> None:
    with peer(event_stream(window_event(0, b"a"), window_event(first, b"b"))) as client:
        events = client.events("x")
        next(events)
        with pytest.raises(ServiceError) as caught:
            list(events)
    # A window from before is known already; after it, the stream just ends.
    assert caught.value.code == ("connection_lost" if first < 2 else "bad_reply")


def test_a_service_that_dies_in_the_middle_is_one_sentence() -> None:
    with peer(event_stream(state_event(STATE))) as client:
        events = client.events("x")
        assert next(events).state == "running"
        with pytest.raises(ServiceError, match="was lost") as caught:
            list(events)
    assert caught.value.code == "connection_lost"


def test_events_that_cannot_be_read_are_refused() -> None:
    with peer(event_stream(state_event(b"{}"))) as client, pytest.raises(BadMessageError):
        list(client.events("x"))


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.7:80", "http://example.org", "https://127.0.0.1.example.org", "http://[2001:db8::1]"],
)
def test_other_machines_need_permission(url: str) -> None:
    with pytest.raises(ServiceError) as caught:
        Client(url, "token")
    assert caught.value.code == "remote_refused"
    assert Client(url, "token", allowed_urls=[url + "/"]).url == url
    with pytest.raises(ServiceError):
        Client(url, "token", allowed_urls=[url + ":81"])


@pytest.mark.parametrize(
    "url", ["http://localhost:1", "http://127.0.0.1:1/", "http://127.8.9.1", "http://[::1]:1"]
)
def test_this_machine_needs_none(url: str) -> None:
    assert Client(url, "token").url == url.rstrip("/")


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:80", "ftp://localhost", "http://", "http://localhost:port", "http://u:p@localhost"]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ServiceError) as caught:
        Client(url, "token")
    assert caught.value.code == "bad_url"


def test_recordings_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.wav", Path("with\0null")):
        with peer(ok(HEALTH % WIRE_VERSION)) as client, pytest.raises(UserError):
            client.submit(path, JobSettings())
