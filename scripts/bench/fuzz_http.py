"""Send damaged, lying and hostile requests to a service of one's own and count what must not happen.

    python -m scripts.bench.fuzz_http                          # 2,000 requests of each kind
    python -m scripts.bench.fuzz_http --inputs 200 --seed 7 --kind settings

settings: the JSON of a job, with wrong types, sizes, names and bytes.
multipart: the body of a request, with parts and boundaries broken in every way.
headers: request lines and headers.
transcripts: jobs whose transcripts are made to be slow to read; each is waited for (2 of 100 --inputs).

Request n of a kind is the same for the same seed. All the while ``/v1/health`` is asked for. Must be 0:
replies of 500 and above (503 says that there are too many connections), replies that are not of the agreed
form, hangs, tracebacks in the log. What fails is printed. Ends with 1 if anything does. Linux only.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Final

from addon.core.backend.messages import JobSettings, JobState
from scripts.bench.data import SOUNDS
from scripts.bench.health_watch import HealthWatch
from scripts.bench.http_requests import MAKERS, slow_transcript
from scripts.bench.own_service import OwnService, own_service, warm_up

HANG_SECONDS: Final = 45.0
"""A body that stops is waited for 30 s by the service, and so is a reader of its reply."""
UNFINISHED_SECONDS: Final = 3.0
"""A request that has had no reply for so long lacks its end, and is not continued."""
JOB_SECONDS: Final = 120.0


def exchange(port: int, request: bytes) -> bytes:
    """Send ``request`` and return the reply; one that lacks its end is ended after a moment without a reply.

    Raises:
        TimeoutError: the service neither answers nor closes.
    """
    reply, since = b"", time.monotonic()
    with socket.create_connection(("127.0.0.1", port), timeout=HANG_SECONDS) as connection:
        try:
            connection.sendall(request)
            connection.settimeout(UNFINISHED_SECONDS)
            ended = False
            while not is_whole(reply):
                try:
                    piece = connection.recv(65536)
                except TimeoutError:
                    if time.monotonic() - since > HANG_SECONDS:
                        raise
                    if not ended and not reply:
                        connection.shutdown(socket.SHUT_WR)
                        ended = True
                    continue
                if not piece:
                    break
                reply += piece
        except ConnectionError:
            return reply
    return reply


def is_whole(reply: bytes) -> bool:
    """Whether ``reply`` holds a header and as much of a body as that promises."""
    head, end, body = reply.partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head.lower())
    return bool(end) and length is not None and len(body) >= int(length[1])


def outcome(service: OwnService, request: bytes) -> str:
    """What one request comes to: the status, ``closed``, or what is wrong."""
    try:
        reply = exchange(service.port, request)
    except TimeoutError:
        return "HANG"
    if not reply:
        return "closed"
    head, _, body = reply.partition(b"\r\n\r\n")
    try:
        status = int(head.split(b" ", 2)[1])
    except (IndexError, ValueError):
        return "NO HTTP"
    if status >= 500 and status != 503:
        return f"STATUS {status}"
    return str(status) if status < 300 or status == 304 else _form(status, head, body)


def _form(status: int, head: bytes, body: bytes) -> str:
    """The status of an error, if its body is of the agreed form."""
    if b"HTTP/1.1 " in body:  # several replies to several requests in one
        body = body.partition(b"HTTP/1.1 ")[0]
    if head.startswith(b"HTTP/1.1 100") or not body:
        return str(status)
    try:
        error = json.loads(body)
    except ValueError:
        return "NO JSON"
    sound = isinstance(error, dict) and error.keys() == {"code", "message", "hint"}
    if not sound or not error["message"].endswith(".") or len(body) > 8000:
        return "OTHER FORM"
    return str(status)


def send_many(service: OwnService, kind: str, seed: int, numbers: range) -> Counter[str]:
    """Send requests of a kind from several threads; print those that come to what must not happen."""
    counts: Counter[str] = Counter()

    def one(number: int) -> tuple[int, bytes, str]:
        chance = random.Random(f"{seed} {kind} {number}")  # noqa: S311 - no secret
        request = MAKERS[kind](chance, service.token)
        return number, request, outcome(service, request)

    with ThreadPoolExecutor(8) as pool:
        for number, request, what in pool.map(one, numbers):
            counts[what] += 1
            if what.isupper() or " " in what:
                print(f"{kind} {number}: {what}: {request[:300]!r}", flush=True)
    return counts


def transcripts(service: OwnService, seed: int, count: int) -> Counter[str]:
    """Let jobs read transcripts that are made to be slow; each has to end in time."""
    counts: Counter[str] = Counter()
    client, sound = service.client(), min((path.read_bytes() for path in SOUNDS), key=len)
    for number in range(count):
        chance = random.Random(f"{seed} transcripts {number}")  # noqa: S311 - no secret
        text = slow_transcript(chance)
        since = time.perf_counter()
        job = client.submit(sound, JobSettings(kind="phones", transcript=text))
        last: JobState | None = None
        for event in client.events(job.id):
            last = event if isinstance(event, JobState) else last
            if time.perf_counter() - since > JOB_SECONDS:
                client.cancel(job.id)
        seconds = time.perf_counter() - since
        state = last.state if last is not None else "lost"
        internal = last is not None and last.error is not None and last.error.code == "internal"
        slow = seconds > JOB_SECONDS
        counts["BUG" if internal else "HANG" if slow else state] += 1
        if internal or slow or seconds > 20:
            print(
                f"transcript {number}: {state} after {seconds:.1f} s: {text[:40]!r}, {len(text)}", flush=True
            )
        client.cancel(job.id)
    return counts


def main() -> int:
    """Send everything that was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--inputs", type=int, default=2000, help="requests of each kind (default 2000)")
    parser.add_argument("--seed", type=int, default=0, help="of the requests (default 0)")
    parser.add_argument("--kind", choices=[*MAKERS, "transcripts"], help="only this kind")
    options = parser.parse_args()
    print(f"seed {options.seed}")
    bad = 0
    with own_service() as service:
        warm_up(service)
        sent: dict[str, Callable[[], Counter[str]]] = {
            kind: partial(send_many, service, kind, options.seed, range(options.inputs)) for kind in MAKERS
        }
        sent["transcripts"] = lambda: transcripts(service, options.seed, max(options.inputs // 50, 1))
        for kind in [options.kind] if options.kind else sent:
            tracebacks, since = service.tracebacks(), time.perf_counter()
            with HealthWatch(service.port) as watch:
                counts = sent[kind]()
            bad += sum(number for what, number in counts.items() if what.isupper() or " " in what)
            bad += service.tracebacks() - tracebacks + watch.failures
            told = ", ".join(f"{what}: {number}" for what, number in sorted(counts.items()))
            print(
                f"{kind}: {told}; tracebacks {service.tracebacks() - tracebacks}; "
                f"{time.perf_counter() - since:.0f} s"
            )
            print(f"  {watch.summary()}; {service.memory_mb():.0f} MB", flush=True)
        if service.tracebacks():
            print(service.log.read_text(encoding="utf-8", errors="replace")[-4000:])
    print(f"what must not happen: {bad}")
    return int(bool(bad))


if __name__ == "__main__":
    sys.exit(main())
