"""A stand-in for the service behind a real socket, whose connections fail at a chosen moment of a job."""

from __future__ import annotations

import base64
import socket
import struct
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from addon.core.backend.event_stream import Opening
from addon.core.backend.messages import (
    WIRE_VERSION,
    Health,
    JobState,
    JobSummary,
    ModelList,
    ModelMessage,
    PhoneList,
    WindowMessage,
    to_json,
)

MOMENTS = ("models", "upload", "accepted", "opening", "window", "clip", "phones")
"""What is asked for, is being sent, or was just sent when the connection fails."""
AFTER_ACCEPTED = MOMENTS[2:]
SHOWN = ("opening", "window", "clip", "phones")
"""Those at which the beginning is on the face."""


class Dropped(Exception):
    """This connection is over."""


class WireService(ThreadingHTTPServer):
    """Answers as the service does, of one job.

    Args:
        pieces: what it sends of the motion before the clip.
        clip: the clip.

    Attributes:
        moment: at which of :data:`MOMENTS` it fails; None for never.
        way: ``gone``, the process has ended; ``silent``, nothing comes any more and connections stay open;
            ``once``, this connection is reset and all others work.
        wire: the version that it speaks; in another than ours a model has other fields.
        may_fail: set where it need not wait before it fails.
        requests: what was asked for.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, pieces, clip, moment=None, way="gone", wire=WIRE_VERSION):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pieces, self.clip, self.moment, self.way, self.wire = pieces, clip, moment, way, wire
        self.may_fail, self.over = threading.Event(), threading.Event()
        self.requests, self.failed = [], False

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def reached(self, moment, handler):
        """Fail, where it is time."""
        if self.failed and self.way == "silent":
            self.over.wait(60)
            raise Dropped
        if moment is None or moment != self.moment or self.failed:
            return
        self.may_fail.wait(60)
        self.failed = True
        if self.way == "silent":
            self.over.wait(60)
        elif self.way == "gone":
            self.shutdown()
            self.socket.close()
        reset(handler.connection)
        raise Dropped

    def handle_error(self, *_):
        """What a connection that was dropped raises is meant."""


def reset(connection):
    """End a connection as a network does that has lost it: at once, with an error at the other end."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class _Handler(BaseHTTPRequestHandler):
    def handle(self):
        try:
            super().handle()
        except (Dropped, OSError, ValueError):
            self.close_connection = True

    def finish(self):
        try:
            super().finish()
        except (OSError, ValueError):
            return

    def log_message(self, *_):
        """Nothing is written to the terminal."""

    def do_GET(self):
        self.server.requests.append(self.path)
        path = self.path.partition("?")[0]
        if path == "/v1/health":
            self.server.reached("health", self)
            self._reply(to_json(Health("elocute", "1", self.server.wire, 10**8, "NumPy", True)))
        elif path == "/v1/models":
            self.server.reached("models", self)
            models = to_json(ModelList((RULES,)))
            self._reply(models if self.server.wire == WIRE_VERSION else models.replace("title", "caption"))
        elif path.endswith("/events"):
            self._events()
        elif path.endswith("/clip"):
            self._reply(self.server.clip, "clip")
        else:
            self._reply(to_json(PhoneList(1.0, "heard", None, None, (), ())), "phones")

    def do_POST(self):
        self.server.requests.append(self.path)
        length = int(self.headers["Content-Length"])
        self.rfile.read(length // 2)
        self.server.reached("upload", self)
        self.rfile.read(length - length // 2)
        self._reply(to_json(state("queued")), status=202)

    def do_DELETE(self):
        self.server.requests.append(f"DELETE {self.path}")
        self.server.reached("delete", self)
        self._reply(to_json(state("cancelled")))

    def _events(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.server.reached("accepted", self)
        self._event("state", to_json(state("running", stage="motion")))
        for piece in self.server.pieces:
            kind = "opening" if isinstance(piece, Opening) else "window"
            clips = tuple(base64.b64encode(clip).decode() for clip in piece.clips)
            self._event(kind, to_json(WindowMessage(piece.first, piece.frames, clips)))
            self.server.reached(kind, self)
        self._event("state", to_json(state("done", summary=SUMMARY)))

    def _event(self, kind, data):
        self.wfile.write(f"event: {kind}\ndata: {data}\n\n".encode())
        self.wfile.flush()

    def _reply(self, content, moment=None, status=200):
        content = content if isinstance(content, bytes) else content.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[: len(content) // 2])
        self.wfile.flush()
        self.server.reached(moment, self)
        self.wfile.write(content[len(content) // 2 :])


RULES = ModelMessage(
    "rules", "rules", "Rules", "elocute-head-1", 25.0, (), {}, {}, True, False, True, 0, "", ""
)
SUMMARY = JobSummary(25, 25.0, 1.0, "elocute-head-1", 1, "none", None, ("A note.",), "0" * 64, {})


def state(name, stage="", summary=None):
    return JobState("job", "generate", name, 0, stage, 0.5, "", None, summary)


@contextmanager
def listening(service):
    """The service, while it answers."""
    thread = threading.Thread(target=service.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield service
    finally:
        service.over.set()
        service.may_fail.set()
        if thread.is_alive():
            service.shutdown()
        service.server_close()
