"""What the service turns away, tried over a plain socket so that no client library helps."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest

from elocute.errors import SettingsError
from elocute.pipeline import Pipeline
from elocute.service.config import MIB, Limits, ServiceConfig
from elocute.service.job_key import job_key
from elocute.service.messages import JobSettings
from elocute.service.server import Service
from elocute.service.work import JobRequest
from tests.backend.service.conftest import TOKEN, running
from tests.backend.service.fakes import FakeGenerator, FakeModels, analyse, fake_pipeline, tone


@pytest.fixture(scope="module")
def service() -> Iterator[Service]:
    """One service for all: what it refuses leaves no trace."""
    with running(fake_pipeline(), Limits()) as service:
        yield service


def exchange(service: Service, request: bytes) -> tuple[int, dict[str, str], bytes]:
    """Send raw bytes; return status, headers and body once the service has closed or answered."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        connection.sendall(request)
        reply = b""
        while piece := connection.recv(65536):
            reply += piece
    head, _, body = reply.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}
    return int(lines[0].split()[1]), headers, body


def ask(service: Service, method: str, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """Send a request without a body, with the token unless ``authorization`` says otherwise."""
    sent = {"host": "127.0.0.1", "authorization": f"Bearer {TOKEN}", "connection": "close"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{k}: {v}" for k, v in sent.items() if v), "", ""]
    status, _, body = exchange(service, "\r\n".join(lines).encode())
    return status, json.loads(body)


def assert_error(reply: tuple[int, dict[str, str]], status: int, code: str) -> None:
    assert reply[0] == status
    assert reply[1].keys() == {"code", "message", "hint"}
    assert reply[1]["code"] == code
    assert reply[1]["message"].endswith(".")


def multipart(*parts: tuple[str, bytes]) -> bytes:
    body = b"".join(
        b"--B\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + data + b"\r\n"
        for head, data in parts
    )
    return body + b"--B--\r\n"


def post(
    service: Service,
    body: bytes,
    content_type: str = "multipart/form-data; boundary=B",
    path: str = "/v1/jobs",
):
    request = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: {content_type}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    status, _, reply = exchange(service, request.encode() + body)
    return status, json.loads(reply)


AUDIO = 'name="audio"; filename="../../etc/passwd"'
SETTINGS = 'name="settings"'
CLIP = 'name="clip"; filename="clip"'
BEFORE = 'name="before"; filename="before"'


def style(name: str) -> str:
    return f'name="style"; filename="{name}"'


def test_health_needs_no_token_and_tells_little(service: Service) -> None:
    status, body = ask(service, "GET", "/v1/health", authorization="")
    assert status == 200
    assert body.keys() == {"service", "version", "wire", "max_upload_bytes", "engine", "reads_films"}


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", f"bearer{TOKEN}", f"Bearer {TOKEN}x", "Bearer \xff"],
)
@pytest.mark.parametrize("path", ["/v1/models", "/v1/jobs/x", "/v1/jobs/x/events", "/nowhere", "/v1/health/"])
def test_everything_else_needs_the_token(service: Service, authorization: str, path: str) -> None:
    assert_error(ask(service, "GET", path, authorization=authorization), 401, "unauthorized")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "[", "10.0.0.1", ""]
)
def test_a_foreign_host_name_is_refused(service: Service, host: str) -> None:
    request = f"GET /v1/health HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    status, _, body = exchange(service, request.encode())
    assert status == 403
    assert json.loads(body)["code"] == "bad_host"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1:1234", "[::1]:80", "LOCALHOST"])
def test_loopback_host_names_are_served(service: Service, host: str) -> None:
    assert ask(service, "GET", "/v1/models", host=host)[0] == 200


def test_a_request_from_a_web_page_is_refused(service: Service) -> None:
    assert_error(ask(service, "GET", "/v1/models", origin="http://127.0.0.1"), 403, "bad_host")


def test_five_gigabytes_are_refused_before_they_are_sent(service: Service) -> None:
    request = (
        f"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        "Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 5368709120\r\n\r\n"
    )
    # The body never comes and our side stays open: the service answers and closes all the same.
    status, headers, body = exchange(service, request.encode())
    assert status == 413
    assert headers["connection"] == "close"
    assert json.loads(body)["code"] == "too_large"


def test_a_body_of_unknown_length_is_cut_off_at_the_limit(start_service) -> None:
    service = start_service(limits=Limits(upload_bytes=MIB))
    request = (
        f"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        "Content-Type: multipart/form-data; boundary=B\r\nTransfer-Encoding: chunked\r\n\r\n"
    ).encode()
    start = multipart((SETTINGS, b"{}"), (AUDIO, b""))[: -len(b"\r\n--B--\r\n")]
    chunk = bytes(65536)
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        connection.sendall(request + b"%x\r\n" % len(start) + start + b"\r\n")
        for _ in range(MIB // len(chunk) + 1):
            connection.sendall(b"%x\r\n" % len(chunk) + chunk + b"\r\n")
        reply = b""
        while piece := connection.recv(65536):
            reply += piece
    assert reply.startswith(b"HTTP/1.1 413 ")
    assert b'"too_large"' in reply


@pytest.mark.parametrize("length", ["-5", "abc", "1e9", "99999999999999999999999999"])
def test_a_senseless_content_length_is_refused(service: Service, length: str) -> None:
    request = (
        f"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Length: {length}\r\n\r\n"
    )
    assert exchange(service, request.encode())[0] in {400, 413}


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (b"{", "JSON"),
        (b"[]", "settings"),
        (b'{"colour": "red"}', "colour"),
        (b'{"takes": 0}', "takes"),
        (b'{"takes": 10000}', "takes"),
        (b'{"takes": "2"}', "takes"),
        (b'{"seed": -1}', "seed"),
        (b'{"head_motion": 1}', "head_motion"),
        (b'{"kind": "sing"}', "kind"),
        (b'{"takes": 65}', "takes"),
        (b'{"options": {"jaw": NaN}}', "options.jaw must be a number that is finite"),
        (b'{"options": {"jaw": "wide"}}', "jaw"),
        (b'{"options": {"": 1}}', "options"),
        (b'{"choices": {"sampler": 3}}', "sampler"),
        (b'{"style": "' + b"x" * 1001 + b'"}', "style"),
    ],
)
def test_bad_settings_are_named(service: Service, settings: bytes, named: str) -> None:
    reply = post(service, multipart((SETTINGS, settings), (AUDIO, tone())))
    assert_error(reply, 422, "bad_settings")
    assert named in reply[1]["message"]


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        (b'{"model": "none-such"}', "unknown_model"),
        (b'{"style": "none-such"}', "unknown_style"),
        (b'{"options": {"nose": 1}}', "unknown_setting"),
        (b'{"options": {"jaw": 2.5}}', "setting_out_of_range"),
        (b'{"choices": {"nose": "long"}}', "unknown_setting"),
        (b'{"choices": {"sampler": "slow"}}', "setting_out_of_range"),
    ],
)
def test_what_the_model_cannot_do_is_refused_at_once(service: Service, settings: bytes, code: str) -> None:
    assert_error(post(service, multipart((SETTINGS, settings), (AUDIO, tone()))), 422, code)


@pytest.mark.parametrize(
    "body",
    [
        multipart((SETTINGS, b"{}")),
        multipart((AUDIO, tone())),
        multipart(('name="audio"', b"no file"), (SETTINGS, b"{}")),
        multipart((SETTINGS, b"{}"), (AUDIO, tone()), (AUDIO, tone())),
        multipart((SETTINGS, b"{}"), (SETTINGS, b"{}"), (AUDIO, tone())),
        b"no multipart at all",
        b"",
    ],
)
def test_a_malformed_upload_is_refused(service: Service, body: bytes) -> None:
    status, error = post(service, body)
    assert status in {400, 422}
    assert error["code"] == "bad_request"


def test_a_body_of_another_type_is_refused(service: Service) -> None:
    assert_error(post(service, b"{}", "application/json"), 422, "bad_request")


@pytest.mark.parametrize(
    "name",
    ["", "../x", "/etc/passwd", "a/b", "a\\\\b", "a:0.5", "a,b", ".hidden", "a b", "ä", "x" * 65, "a\tb"],
)
def test_names_of_style_files_that_are_not_plain_are_refused(service: Service, name: str) -> None:
    reply = post(service, multipart((SETTINGS, b"{}"), (style(name), b""), (AUDIO, tone())))
    assert_error(reply, 422, "bad_style_file")


@pytest.mark.parametrize("names", [[f"s{k}.npz" for k in range(9)], ["a", "b", "a"]])
def test_too_many_and_doubled_style_files_are_refused(service: Service, names: list[str]) -> None:
    parts = [(style(name), b"") for name in names]
    assert_error(post(service, multipart((SETTINGS, b"{}"), *parts, (AUDIO, tone()))), 422, "bad_style_file")


@pytest.mark.parametrize("part", [CLIP, 'name="style"', 'name="settings"; filename="x"', 'name="other"'])
def test_parts_that_do_not_belong_are_refused(service: Service, part: str) -> None:
    reply = post(service, multipart((SETTINGS, b"{}"), (part, b"x"), (AUDIO, tone())))
    assert_error(reply, 422, "bad_request")


def test_a_large_style_file_is_refused_before_the_rest_has_come(service: Service) -> None:
    start = multipart((SETTINGS, b"{}"), (style("a.npz"), bytes(MIB + 1)))
    request = (
        f"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {400 * MIB}\r\n\r\n"
    )
    # The recording that was announced never comes.
    status, headers, body = exchange(service, request.encode() + start)
    assert_error((status, json.loads(body)), 413, "too_large")
    assert headers["connection"] == "close"


def test_a_large_motion_before_is_refused_before_the_rest_has_come(service: Service) -> None:
    start = multipart((SETTINGS, b"{}"), (BEFORE, bytes(8 * MIB + 1)))
    request = (
        f"POST /v1/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {400 * MIB}\r\n\r\n"
    )
    status, _, body = exchange(service, request.encode() + start)
    assert_error((status, json.loads(body)), 413, "too_large")


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("/v1/jobs", [(SETTINGS, b"{}"), (BEFORE, b"a"), (BEFORE, b"b"), (AUDIO, b"")]),
        ("/v1/jobs", [(SETTINGS, b"{}"), ('name="before"', b"a"), (AUDIO, b"")]),
        ("/v1/styles", [(SETTINGS, b"{}"), (BEFORE, b"a"), (CLIP, b"")]),
    ],
)
def test_a_motion_before_that_is_doubled_no_file_or_not_asked_for(
    service: Service, path: str, parts: list[tuple[str, bytes]]
) -> None:
    assert_error(post(service, multipart(*parts), path=path), 422, "bad_request")


def test_a_large_clip_is_refused_before_the_rest_has_come(start_service) -> None:
    service = start_service(limits=Limits(clip_bytes=MIB))
    request = (
        f"POST /v1/styles HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {400 * MIB}\r\n\r\n"
    )
    start = multipart((SETTINGS, b"{}"), (CLIP, bytes(2 * MIB)))
    status, _, body = exchange(service, request.encode() + start)
    assert_error((status, json.loads(body)), 413, "too_large")


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ([(SETTINGS, b"{}")], "bad_request"),
        ([(CLIP, b"")], "bad_request"),
        ([(SETTINGS, b"{}"), (CLIP, b""), (AUDIO, b"")], "bad_request"),
        ([(SETTINGS, b"{}"), (CLIP, b""), (style("a"), b"")], "bad_request"),
        ([(SETTINGS, b'{"start": -1}'), (CLIP, b"")], "bad_settings"),
        ([(SETTINGS, b'{"takes": 1}'), (CLIP, b"")], "bad_settings"),
        ([(SETTINGS, b"{}"), (CLIP, b"no clip")], "bad_capture"),
    ],
)
def test_style_requests_that_cannot_be_used(
    service: Service, parts: list[tuple[str, bytes]], code: str
) -> None:
    assert_error(post(service, multipart(*parts), path="/v1/styles"), 422, code)


def test_unknown_things_are_errors_of_the_same_form(service: Service) -> None:
    assert_error(ask(service, "GET", "/v1/nothing"), 404, "not_found")
    assert_error(ask(service, "GET", "/v1/models/"), 404, "not_found")  # and no page to go to instead
    assert_error(ask(service, "PUT", "/v1/models"), 405, "bad_method")
    for method, rest in (
        ("GET", ""),
        ("GET", "/events"),
        ("GET", "/clip"),
        ("GET", "/phones"),
        ("DELETE", ""),
    ):
        assert_error(ask(service, method, f"/v1/jobs/none-such{rest}"), 404, "unknown_job")
    assert_error(ask(service, "GET", "/v1/jobs/x/clip?take=first"), 422, "bad_request")


@pytest.mark.parametrize(
    "token", ["short", "", "with\nnewline-and-more-characters", "ünicode-is-not-allowed"]
)
def test_weak_tokens_are_refused(token: str) -> None:
    with pytest.raises(SettingsError):
        ServiceConfig(token)


def test_other_machines_are_let_in_only_on_demand() -> None:
    with pytest.raises(SettingsError, match="other computers"):
        ServiceConfig(TOKEN, host="0.0.0.0")  # noqa: S104 - that it is refused is the point
    assert not ServiceConfig(TOKEN, host="0.0.0.0", allow_remote=True).loopback_only  # noqa: S104


def test_a_taken_port_is_said(service: Service) -> None:
    with pytest.raises(SettingsError, match=f"port {service.port}"):
        Service(fake_pipeline(), ServiceConfig(TOKEN, port=service.port))


@pytest.mark.parametrize("kind", ["generate", "phones"])
def test_recognisers_of_words_that_may_not_be_asked_for_are_refused_before_the_job_waits(kind):
    pipeline = Pipeline(analyse, FakeModels(FakeGenerator(steps=1)), words=[])
    with pytest.raises(SettingsError, match="no recogniser of words"):
        job_key(pipeline, JobRequest(b"", JobSettings(kind=kind, words="/etc")), "0" * 64)
