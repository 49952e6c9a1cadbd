"""A small Hugging Face hub on this machine: the requests that huggingface_hub makes to list and download."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@dataclass
class Hub:
    """A hub with some repositories.

    Attributes:
        repositories: ``organisation/name`` -> file name -> content.
        revisions: names of the one commit that every repository has.
        sizes: sizes that are claimed instead of the true ones, by file name.
        gated: repositories that only some may read.
        downloaded: names of the files that were sent.
        failing: answer every request with an error of the server.
    """

    repositories: Mapping[str, Mapping[str, bytes]]
    revisions: tuple[str, ...] = ("main", "v1", COMMIT)
    sizes: Mapping[str, int] = field(default_factory=dict)
    gated: frozenset[str] = frozenset()
    downloaded: list[str] = field(default_factory=list)
    failing: bool = False
    address: str = ""


class _Handler(BaseHTTPRequestHandler):
    hub: Hub
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(send=True)

    def do_HEAD(self) -> None:
        self._answer(send=False)

    def log_message(self, format: str, *args: object) -> None:
        pass

    def _answer(self, *, send: bool) -> None:
        parts = [unquote(part) for part in urlsplit(self.path).path.strip("/").split("/")]
        if self.hub.failing:
            self._reply(500, b"", send=send)
        elif parts[:2] == ["api", "models"]:
            self._describe("/".join(parts[2:4]), parts[4:], send=send)
        else:
            self._file("/".join(parts[:2]), parts[3], "/".join(parts[4:]), send=send)

    def _describe(self, repository: str, rest: list[str], *, send: bool) -> None:
        if not self._allowed(repository, rest[1] if len(rest) > 1 else "main", send=send):
            return
        files = self.hub.repositories[repository]
        if rest[:1] == ["tree"]:
            body: object = [
                {"type": "file", "path": name, "oid": _digest(content), "size": self._size(name, content)}
                for name, content in files.items()
            ]
        else:
            siblings = [{"rfilename": name, "size": self._size(name, files[name])} for name in files]
            body = {"id": repository, "sha": COMMIT, "siblings": siblings}
        self._reply(200, json.dumps(body).encode(), send=send, kind="application/json")

    def _file(self, repository: str, revision: str, name: str, *, send: bool) -> None:
        if not self._allowed(repository, revision, send=send):
            return
        content = self.hub.repositories[repository][name]
        if send:
            self.hub.downloaded.append(name)
        size = self._size(name, content)
        self._reply(
            200,
            content,
            send=send,
            headers={"ETag": f'"{_digest(content)}"', "X-Repo-Commit": COMMIT, "X-Linked-Size": str(size)},
        )

    def _allowed(self, repository: str, revision: str, *, send: bool) -> bool:
        if repository not in self.hub.repositories:
            self._reply(404, b"", send=send, headers={"X-Error-Code": "RepoNotFound"})
        elif repository in self.hub.gated:
            self._reply(403, b"", send=send, headers={"X-Error-Code": "GatedRepo"})
        elif revision not in self.hub.revisions:
            self._reply(404, b"", send=send, headers={"X-Error-Code": "RevisionNotFound"})
        else:
            return True
        return False

    def _size(self, name: str, content: bytes) -> int:
        return self.hub.sizes.get(name, len(content))

    def _reply(
        self,
        status: int,
        body: bytes,
        *,
        send: bool,
        kind: str = "application/octet-stream",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if send:
            self.wfile.write(body)


def _digest(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


@contextmanager
def serving(hub: Hub) -> Iterator[Hub]:
    """Run the hub on a free port; its address stands in ``hub.address``."""
    handler = type("Handler", (_Handler,), {"hub": hub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    hub.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield hub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
