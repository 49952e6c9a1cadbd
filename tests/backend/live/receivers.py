"""Receivers written from the descriptions of the protocols alone, and a clock that tests turn."""

from __future__ import annotations

import socket
import struct
import threading
from dataclasses import dataclass

import numpy as np


class TestClock:
    """Time that passes when somebody waits, and by ``late`` with every look at it."""

    __test__ = False

    def __init__(self, late=0.0):
        self.time = 1000.0
        self.late = late
        self.waits = []

    def now(self):
        self.time += self.late
        return self.time

    def wait(self, seconds, stop):
        self.waits.append(seconds)
        self.time += seconds


class Receiver:
    """A socket on a free port of this computer that keeps what comes."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**22)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.05)
        self.port = self.socket.getsockname()[1]
        self.packets = []
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._receive, daemon=True)

    def _receive(self):
        while not self._ended.is_set():
            try:
                self.packets.append(self.socket.recv(65536))
            except TimeoutError:
                continue

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ended.set()
        self._thread.join()
        self.socket.close()


@dataclass(frozen=True)
class Face:
    """A packet of Live Link Face."""

    version: int
    device: str
    subject: str
    frame: int
    part: float
    rate: tuple[int, int]
    values: np.ndarray


def live_link(data):
    """Little-endian version, 37 bytes of id, length and name, time, values: the layout that receivers use."""
    (version,) = struct.unpack_from("<i", b"".join([data[:1], data[1:4]]))
    device = data[4:41].decode()
    (length,) = struct.unpack_from(">i", data, 41)
    subject = data[45 : 45 + length].decode()
    rest = data[45 + length :]
    frame, part, above, below, count = struct.unpack_from(">ifiiB", rest)
    assert count == 61
    assert len(rest) == 17 + 4 * count
    values = np.frombuffer(rest, ">f4", count, 17).astype(float)
    return Face(version, device, subject, frame, part, (above, below), values)


def osc(data):
    """(address, values) of all messages of a packet: Open Sound Control 1.0, with bundles inside bundles."""
    if data.startswith(b"#bundle\0"):
        assert struct.unpack_from(">Q", data, 8) == (1,), "at once"
        found, at = [], 16
        while at < len(data):
            (size,) = struct.unpack_from(">i", data, at)
            assert size % 4 == 0
            found += osc(data[at + 4 : at + 4 + size])
            at += 4 + size
        assert at == len(data)
        return found
    address, at = _string(data, 0)
    tags, at = _string(data, at)
    assert tags.startswith(",")
    values = []
    for tag in tags[1:]:
        if tag == "s":
            value, at = _string(data, at)
        else:
            (value,) = struct.unpack_from({"i": ">i", "f": ">f"}[tag], data, at)
            at += 4
        values.append(value)
    assert at == len(data)
    return [(address, tuple(values))]


def _string(data, at):
    end = data.index(b"\0", at)
    padded = end + 4 - end % 4
    assert not data[end:padded].strip(b"\0")
    return data[at:end].decode(), padded
