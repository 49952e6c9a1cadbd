"""A running service with a fake model, in a thread of the test process."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from addon.core.backend.client import Client
from addon.core.backend.messages import JobState
from elocute.pipeline import Pipeline
from elocute.service.config import Limits, ServiceConfig
from elocute.service.server import Service
from tests.backend.service.fakes import fake_pipeline

TOKEN = "a-token-for-the-tests"

StartService = Callable[..., Service]


@contextmanager
def running(pipeline: Pipeline, limits: Limits, data: Path | None = None) -> Iterator[Service]:
    """A service that answers, stopped at the end of the block."""
    service = Service(pipeline, ServiceConfig(TOKEN, limits=limits, data=data))
    thread = threading.Thread(target=service.run, daemon=True)
    thread.start()
    client_of(service).health()
    yield service
    service.stop()
    thread.join(20)
    assert not thread.is_alive()


def client_of(service: Service, name: str | None = None) -> Client:
    """A client with the right token, and the name that decides about its turns."""
    return Client(f"http://127.0.0.1:{service.port}", TOKEN, name=name)


_PATIENCE_SECONDS = 240.0


def wait_for(client: Client, job_id: str, *states: str) -> JobState:
    """Ask until the job is in one of these states, or in one that it never leaves.

    On a busy machine a model's libraries alone may take a minute to load, so it is asked for long.
    """
    ended = {"done", "failed", "cancelled"}
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while True:
        state = client.state(job_id)
        if state.state in states:
            return state
        if state.state in ended or time.monotonic() > deadline:
            raise AssertionError(f"the job stays {state.state}: {state.error}")
        time.sleep(0.02)


def get(service: Service, path: str, token: str | None = TOKEN) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a plain request."""
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    try:
        connection.request("GET", path, headers={} if token is None else {"Authorization": f"Bearer {token}"})
        response = connection.getresponse()
        return response.status, {k.lower(): v for k, v in response.getheaders()}, response.read()
    finally:
        connection.close()


@pytest.fixture
def start_service() -> Iterator[StartService]:
    """Start services that are stopped after the test: ``start_service(limits=...)``."""
    with ExitStack() as stack:
        yield lambda limits: stack.enter_context(running(fake_pipeline(), limits))


@pytest.fixture
def service(start_service: StartService) -> Service:
    """A running service with the usual limits."""
    return start_service(limits=Limits())


@pytest.fixture
def client(service: Service) -> Client:
    """A client of that service."""
    return client_of(service)
