"""The process that sends lines: fed without waiting, ended when it should, its words told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from addon.core.backend.live_out import LiveOut
from addon.core.backend.live_process import LiveChoice, LiveProcess

# Writes what it was given to the file named first, then says and returns what it is told to.
CHILD = """
import sys
out = open(sys.argv[1], "ab", buffering=0)
out.write(" ".join(sys.argv[4:]).encode() + b"|")
while size := int.from_bytes(sys.stdin.buffer.read(4), "big"):
    out.write(sys.stdin.buffer.read(size) + b",")
out.write(b"end")
if sys.argv[2] == "wait":
    sys.stdin.buffer.read(1)
    out.write(b" closed")
print("Note: all of it.\\nSent 3 frames.")
sys.stderr.write("elocute: first\\nelocute: last words\\n")
sys.exit(int(sys.argv[3]))
"""


VMC = LiveChoice("vmc")


def child(tmp_path, what="go", code=0, choice=VMC):
    command = ("-c", CHILD, str(tmp_path / "got"), what, str(code))
    return LiveProcess(Path(sys.executable), choice, command=command)


def got(tmp_path):
    path = tmp_path / "got"
    return path.read_bytes().decode() if path.exists() else ""


def test_parts_arrive_in_order_and_its_notes_are_told(tmp_path):
    process = child(tmp_path, choice=LiveChoice("livelink", 1234, loop=True))
    process.add(b"one")
    process.add(b"two")
    assert process.running
    assert process.message == ""
    process.end()
    assert process.wait(30)
    assert got(tmp_path) == "--to livelink --port 1234 --loop|one,two,end"
    assert (process.running, process.failed, process.message) == (False, False, "all of it.")


def test_a_failure_is_its_last_sentence(tmp_path):
    process = child(tmp_path, code=3)
    process.end()
    assert process.wait(30)
    assert process.failed
    assert process.message == "last words"


def test_a_stopped_process_ends_and_says_nothing(tmp_path):
    process = child(tmp_path, "wait")
    process.add(b"one")
    process.end()
    while "end" not in got(tmp_path):
        assert process.running
    process.stop()
    assert process.wait(30)
    assert (process.failed, process.message) == (False, "")


def test_one_that_cannot_be_started_is_a_sentence(tmp_path):
    process = LiveProcess(tmp_path / "no-python", LiveChoice("vmc"))
    assert process.wait(30)
    assert process.failed
    assert process.message.startswith("The motion cannot be sent: ")


class Recorded:
    """A process that keeps what it is told."""

    running, failed, message = True, False, ""

    def __init__(self, choice):
        self.choice = choice
        self.told = []

    def add(self, clip):
        self.told.append(clip)

    def end(self):
        self.told.append("end")

    def stop(self):
        self.told.append("stop")


@pytest.fixture
def launched():
    made = []

    def launch(choice):
        made.append(Recorded(choice))
        return made[-1]

    launch.made = made
    return launch


def test_the_last_line_is_sent_at_once_and_the_next_while_it_is_made(launched):
    live = LiveOut()
    assert live.begin_line() is None
    live.remember(b"last")
    live.start(LiveChoice("vmc"), launched)
    assert (live.on, live.sending) == (True, True)
    assert launched.made[0].told == [b"last", "end"]
    line = live.begin_line()
    assert launched.made[0].told[-1] == "stop"
    line.add(b"window")
    line.done()
    assert launched.made[1].told == [b"window", "end"]
    live.stop()
    assert launched.made[1].told[-1] == "stop"
    assert (live.on, live.sending) == (False, False)
    live.stop()
    assert live.begin_line() is None


def test_a_line_that_fails_is_sent_no_further(launched):
    live = LiveOut()
    live.start(LiveChoice("vmc"), launched)
    assert not launched.made, "there is no line yet"
    live.begin_line().failed()
    assert launched.made[0].told == ["stop"]
    assert live.on


def test_another_file_knows_no_line(launched):
    live = LiveOut()
    live.remember(b"last")
    live.start(LiveChoice("vmc"), launched)
    live.forget()
    assert launched.made[0].told[-1] == "stop"
    assert not live.has_line
    live.start(LiveChoice("vmc"), launched)
    assert len(launched.made) == 1
