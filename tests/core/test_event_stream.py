"""Events are read line by line, bounded, and strictly."""

from __future__ import annotations

import base64
import io
import json

import pytest

from addon.core.backend import event_stream
from addon.core.backend.event_stream import Opening, Window, read_events
from addon.core.backend.messages import BadMessageError

STATE = {
    "id": "x", "kind": "generate", "state": "running", "queue_position": 0, "stage": "motion",
    "fraction": 0.5, "message": "", "error": None, "summary": None,
}  # fmt: skip


def stream(*events: tuple[str, object]) -> io.BytesIO:
    return io.BytesIO(
        b"".join(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode() for name, data in events)
    )


def window(**changes: object) -> dict[str, object]:
    return {"first": 4, "frames": 2, "clips": [base64.b64encode(b"PK").decode()], **changes}


def test_states_windows_and_signs_of_life_come_in_order() -> None:
    lines = stream(("window", window()), ("state", STATE)).getvalue() + b": alive\n\n"
    first, second, third = read_events(io.BytesIO(lines).readline)
    assert first == Window(4, 2, (b"PK",))
    assert second is not None
    assert second.stage == "motion"
    assert third is None


def test_events_of_other_kinds_and_cut_off_ones_are_left_out() -> None:
    lines = stream(("later", {"new": 1})).getvalue() + b'event: state\ndata: {"id"'
    assert list(read_events(io.BytesIO(lines).readline)) == []


@pytest.mark.parametrize(
    "message",
    [
        window(clips=["no base64!"]),
        window(clips=[]),
        window(clips=["ü"]),
        window(first=-1),
        window(frames=0),
        window(more=1),
        {},
    ],
)
def test_a_window_that_is_not_one_is_refused(message: dict[str, object]) -> None:
    with pytest.raises(BadMessageError):
        list(read_events(stream(("window", message)).readline))


def test_a_line_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "LONGEST_LINE", 1000)

    def endless(limit: int) -> bytes:
        assert limit == 1000
        return b"x" * limit

    with pytest.raises(BadMessageError):
        list(read_events(endless))


def test_a_line_as_long_as_allowed_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = stream(("window", window(clips=["A" * 4000]))).getvalue()
    monkeypatch.setattr(event_stream, "LONGEST_LINE", max(map(len, lines.splitlines(keepends=True))))
    (event,) = read_events(io.BytesIO(lines).readline)
    assert event == Window(4, 2, (bytes(3000),))


def test_how_a_line_begins_is_told_from_windows() -> None:
    first, second = read_events(stream(("opening", window(first=0)), ("window", window())).readline)
    assert first == Opening(0, 2, (b"PK",))
    assert isinstance(second, Window)
    assert not isinstance(second, Opening)
    with pytest.raises(BadMessageError):
        list(read_events(stream(("opening", window(frames=0))).readline))
