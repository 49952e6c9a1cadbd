"""Requests that a service must survive, made by chance, for :mod:`scripts.bench.fuzz_http`."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from typing import Any, Final

LONGEST_SETTINGS: Final = 3_000_000
"""Characters; more than the service reads."""
_FIELDS: Final = (
    *("kind", "model", "transcript", "language", "style", "options", "choices", "identity", "seed", "takes"),
    *("head_motion", "lip_contacts", "phones", "colour", "", "__class__", "seed\u0000", "\U0001f600"),
)
_WORDS: Final = (
    *(
        "",
        "x",
        "generate",
        "phones",
        "rules",
        "elocute-lite",
        "../../x",
        "/etc/passwd",
        "en",
        "de-AT",
        "calm",
    ),
    *(
        "calm:0.5,lively:0.5",
        "calm:x",
        "a:1e400",
        ",,,",
        "\u0000",
        "\ud7ff",
        "\u202e",
        "null",
        "%s%n",
        "${x}",
    ),
    *("a" * 300, "b" * 5000, "1," * 3000, "é" * 1001, "\n\r\t"),
)
_NUMBERS: Final = (0, 1, -1, 1.5, 64, 65, 2**31, 2**32 - 1, 2**32, 2**64, -(2**63), 1e308, -0.0, 10**400)
_RAW: Final = (
    "NaN",
    "Infinity",
    "-Infinity",
    "1e999",
    '"\\ud800"',
    '"\\u0000"',
    "[" * 500,
    '{"a":' * 500,
    "nul",
)
_KEYS: Final = ("steps", "jaw", "audio_scale", "sampler", "guide", "", "x" * 250, "gaze")
_STARTS: Final = (
    "1,", "1.", "$1", "1/", "9", "a'", "(", "[", "*", "½", "-", "XIV ", "555-", "<b>", "&amp;", "e\u0301",
    "1:", "a.", "1st ", "(a ", "$1.5M ", "\u0300", "a-b-", "5km/", "…", "A: ", "'",
    "aa-", "http://a.", "a@b.", "#a", "1e9", "I ", "V.", "Mr. ", "a_b_", "\u200b", "ab'c", "10%", "\u22121",
    "\n\n", "{", "00:01 --> ", "。", "\\", '"',
)  # fmt: skip


def some_value(chance: random.Random, depth: int = 0) -> Any:
    """A value of any kind."""
    simple: tuple[Callable[[], Any], ...] = (
        lambda: chance.choice(_WORDS),
        lambda: chance.choice(_NUMBERS),
        lambda: chance.choice((True, False, None)),
        lambda: chance.random() * 10 ** chance.randrange(-5, 5),
        lambda: chance.choice(_STARTS) * chance.randrange(1, 2000),
    )
    compound: tuple[Callable[[], Any], ...] = (
        lambda: [some_value(chance, depth + 1) for _ in range(chance.choice((0, 1, 3)))],
        lambda: [chance.choice(_NUMBERS)] * chance.choice((10, 1200, 100_000)),
        lambda: {chance.choice((*_FIELDS, *_KEYS)): some_value(chance, depth + 1) for _ in range(4)},
    )
    return chance.choice(simple if depth >= 3 else simple + compound)()


def settings_text(chance: random.Random) -> bytes:
    """JSON that may or may not be a job's settings."""
    fields: dict[str, Any] = {}
    for _ in range(chance.randrange(4)):
        fields[chance.choice(_FIELDS)] = some_value(chance)
    if chance.random() < 0.3:
        values: Mapping[str, Any] = {chance.choice(_KEYS): some_value(chance) for _ in range(3)}
        fields[chance.choice(("options", "choices"))] = values
    text = json.dumps(
        fields if chance.random() < 0.95 else some_value(chance), ensure_ascii=chance.random() < 0.5
    )
    if chance.random() < 0.2:
        place = chance.randrange(len(text) + 1)
        text = text[:place] + chance.choice(_RAW) + text[place:]
    data = text[:LONGEST_SETTINGS].encode("utf-8", "surrogatepass")
    return mutated(chance, data) if chance.random() < 0.3 else data


def mutated(chance: random.Random, data: bytes) -> bytes:
    """``data`` with some bytes changed, removed, doubled or put in."""
    changed = bytearray(data)
    for _ in range(chance.randrange(1, 6)):
        place = chance.randrange(len(changed) + 1)
        length = chance.choice((1, 1, 2, 8, 200))
        way = chance.randrange(4)
        if way == 0 and place < len(changed):
            changed[place] ^= 1 << chance.randrange(8)
        elif way == 1:
            del changed[place : place + length]
        elif way == 2:
            changed[place:place] = changed[place : place + length] * chance.randrange(1, 4)
        else:
            changed[place:place] = chance.randbytes(length)
    return bytes(changed)


def part(head: str, data: bytes) -> bytes:
    """One part of a multipart body."""
    return b"--B\r\nContent-Disposition: form-data; " + head.encode() + b"\r\n\r\n" + data + b"\r\n"


def head_of(token: str, method: str = "POST", path: str = "/v1/jobs", **headers: str) -> bytes:
    """A request line and headers."""
    sent = {"Host": "127.0.0.1", "Authorization": f"Bearer {token}"}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in sent.items()), "", ""]
    return "\r\n".join(lines).encode("latin-1")


def upload(
    token: str, body: bytes, content_type: str = "multipart/form-data; boundary=B", path: str = "/v1/jobs"
) -> bytes:
    """A whole request with a body."""
    return (
        head_of(
            token, path=path, Content_Type=content_type, Content_Length=str(len(body)), Connection="close"
        )
        + body
    )


def bad_settings(chance: random.Random, token: str) -> bytes:
    """A job with settings made by chance and a sound that is none, so that it ends quickly."""
    body = part('name="settings"', settings_text(chance)) + part('name="audio"; filename="a"', b"no sound")
    return upload(token, body + b"--B--\r\n")


def bad_multipart(chance: random.Random, token: str) -> bytes:
    """A body whose parts are broken."""
    names = ("settings", "audio", "clip", "style", "other", "", "a" * 9000, "é", 'a"b', "a\\")
    parts = [part('name="settings"', b'{"kind": "phones"}'), part('name="audio"; filename="a"', b"no sound")]
    for _ in range(chance.randrange(4)):
        head = f'name="{chance.choice(names)}"'
        if chance.random() < 0.6:
            head += f'; filename="{chance.choice(("a.npz", "../x", "", "b" * 300, "x.npy", "%00"))}"'
        data = chance.choice(
            (b"", b"{}", b"\r\n--", b"\r\n--B", b"-" * 5000, b"\r\n-" * 20000, chance.randbytes(5000))
        )
        parts.insert(chance.randrange(len(parts) + 1), part(head, data))
    if chance.random() < 0.1:
        parts *= chance.choice((2, 30, 1500))
    body = b"".join(parts) + chance.choice((b"--B--\r\n", b"--B--", b"", b"--B", b"--B\r\n", b"\r\n" * 3))
    if chance.random() < 0.6:
        body = mutated(chance, body)
    content_type = chance.choice(
        (
            *(("multipart/form-data; boundary=B",) * 12),
            *("multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary="B"'),
            *(
                "multipart/form-data; boundary=B; charset=utf-99",
                "multipart/form-data; boundary=" + "B" * 300,
            ),
            *("multipart/mixed; boundary=B", "text/plain", "multipart/form-data; charset=utf-16; boundary=B"),
        )
    )
    path = chance.choice(("/v1/jobs", "/v1/jobs", "/v1/styles"))
    if chance.random() < 0.2:
        return _chunked(chance, token, body, content_type, path)
    return upload(token, body, content_type, path)


def _chunked(chance: random.Random, token: str, body: bytes, content_type: str, path: str) -> bytes:
    pieces = []
    while body:
        size = chance.choice((1, 7, 500, 70000))
        pieces.append(b"%x\r\n" % len(body[:size]) + body[:size] + b"\r\n")
        body = body[size:]
        if len(pieces) > 500:
            break
    data = b"".join(pieces) + chance.choice((b"0\r\n\r\n", b"0\r\n\r\n", b"", b"zz\r\n", b"-1\r\n"))
    head = head_of(
        token, path=path, Content_Type=content_type, Transfer_Encoding="chunked", Connection="close"
    )
    return head + (mutated(chance, data) if chance.random() < 0.2 else data)


def bad_headers(chance: random.Random, token: str) -> bytes:
    """A request whose first lines are broken, or ask for what there is not."""
    paths = (
        *("/v1/health", "/v1/models", "/v1/jobs", "/v1/jobs/x", "/v1/jobs/x/events?windows=maybe", "/", "*"),
        *(
            "/v1/jobs/x/clip?take=1e999",
            "/v1/jobs/x/clip?take=" + "9" * 5000,
            "/v1/jobs/%00",
            "/v1/jobs/%ff%fe",
        ),
        *(
            "/v1/jobs/../../etc/passwd",
            "//v1/health",
            "/v1/health/",
            "http://evil.example/",
            "/v1/jobs/" + "x" * 9000,
        ),
        *("/v1/jobs/x/phones?" + "a=b&" * 1000, "/v1/jobs/é", "/v1/styles", "/openapi.json"),
    )
    method = chance.choice(
        ("GET", "GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "CONNECT", "PRI", "G\tT", "é", "")
    )
    extra: dict[str, str] = {}
    for _ in range(chance.randrange(4)):
        name, value = chance.choice(
            (
                ("Content-Length", chance.choice(("0", "5", "-1", "abc", "9" * 30, "5, 5", "+5", "1e3", ""))),
                ("Transfer-Encoding", chance.choice(("chunked", "gzip", "chunked, chunked", "identity"))),
                (
                    "Host",
                    chance.choice(
                        ("localhost", "[::1]:99", "[", "evil.example", "", "127.0.0.1:x", "a" * 999)
                    ),
                ),
                (
                    "Authorization",
                    chance.choice(("", "Bearer", "Basic eA==", "Bearer é", "Bearer " + "x" * 9000)),
                ),
                ("Expect", "100-continue"),
                ("Connection", chance.choice(("upgrade", "close", "keep-alive", "é"))),
                ("Upgrade", chance.choice(("websocket", "h2c"))),
                ("Origin", "http://localhost"),
                (
                    "Content-Type",
                    chance.choice(("multipart/form-data", "x" * 5000, "multipart/form-data; boundary=é")),
                ),
                ("X" * chance.choice((1, 500, 20000)), "y"),
                ("X", "y" * chance.choice((1, 5000, 200_000))),
                ("Cookie", "a=b; " * 2000),
            )
        )
        extra[name] = value
    request = head_of(token, method, chance.choice(paths), **extra)
    if chance.random() < 0.3:
        request = mutated(chance, request)
    if chance.random() < 0.1:
        request *= chance.choice((2, 20))
    if chance.random() < 0.05:
        request = chance.choice(
            (b"\x16\x03\x01\x02\x00" + chance.randbytes(300), b"\r\n" * 500, b"\x00" * 100, b"GET /\r\n")
        )
    return request


def slow_transcript(chance: random.Random) -> str:
    """Up to the longest transcript, of pieces that patterns of text may stumble over."""
    piece = "".join(chance.choice(_STARTS) for _ in range(chance.choice((1, 1, 1, 2, 3))))
    length = chance.choice((5_000, 50_000, 100_000))
    text = (piece * (length // len(piece) + 1))[:length]
    return text if chance.random() < 0.5 else text[:-1] + chance.choice(("x", "!", ")", "\n", "1"))


Maker = Callable[[random.Random, str], bytes]
MAKERS: Final[dict[str, Maker]] = {
    "settings": bad_settings,
    "multipart": bad_multipart,
    "headers": bad_headers,
}
"""How a request of each kind is made, from chance and the service's token."""
