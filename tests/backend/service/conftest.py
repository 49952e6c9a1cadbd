"""A running service with a fake model, in a thread of the test process."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from addon.core.backend.client import Client
from elocute.pipeline import Pipeline
from elocute.service.config import Limits, ServiceConfig
from elocute.service.server import Service
from tests.backend.service.fakes import fake_pipeline

TOKEN = "a-token-for-the-tests"

StartService = Callable[..., Service]


@contextmanager
def running(pipeline: Pipeline, limits: Limits) -> Iterator[Service]:
    """A service that answers, stopped at the end of the block."""
    service = Service(pipeline, ServiceConfig(TOKEN, limits=limits))
    thread = threading.Thread(target=service.run, daemon=True)
    thread.start()
    client_of(service).health()
    yield service
    service.stop()
    thread.join(20)
    assert not thread.is_alive()


def client_of(service: Service) -> Client:
    """A client with the right token."""
    return Client(f"http://127.0.0.1:{service.port}", TOKEN)


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
