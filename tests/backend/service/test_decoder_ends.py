"""A recording that ends the process that decodes it ends its own job alone."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from addon.core.backend.client import Client
from addon.core.backend.messages import JobSettings, JobState
from elocute.audio import decode
from elocute.audio.decoding.decoder import decode_sound
from elocute.audio.decoding.pool import DECODER_ENDED, DecodePool
from elocute.installation import standard_pipeline
from elocute.service.config import Limits
from tests.backend.audio.decoders import CRASH, FRAGILE, HANG, HANGS, line
from tests.backend.service.conftest import client_of, running

SETTINGS = JobSettings(model="rules")


@pytest.fixture
def hangs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is there once a decoder hangs."""
    path = tmp_path / "hangs"
    monkeypatch.setenv(HANGS, str(path))
    return path


@pytest.fixture
def pool(hangs: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DecodePool]:
    """The processes that decode for the service."""
    pool = DecodePool(FRAGILE)
    monkeypatch.setattr(decode, "shared_pool", lambda: pool)
    yield pool
    pool.close()


@pytest.fixture
def client(pool: DecodePool) -> Iterator[Client]:
    """A client of a service that decodes."""
    with running(standard_pipeline([]), Limits()) as service:
        yield client_of(service)


def last(client: Client, job: str) -> JobState:
    """The state in which a job ended."""
    while (state := client.state(job)).state not in {"done", "failed", "cancelled"}:
        time.sleep(0.02)
    return state


def assert_works(client: Client) -> None:
    state = last(client, client.submit(line(), SETTINGS).id)
    assert state.state == "done"
    assert state.summary is not None
    assert state.summary.audio_sha256 == decode_sound(line()).sha256
    assert state.summary.seconds == 1.0


def assert_refused(state: JobState) -> None:
    assert state.state == "failed"
    assert state.error is not None
    assert state.error.code == DECODER_ENDED
    assert state.error.message.endswith("cannot be read: the decoder ended while reading it.")


def test_a_recording_that_crashes_the_decoder_fails_alone(client: Client) -> None:
    before = client.submit(line(CRASH), SETTINGS)
    assert_refused(last(client, before.id))
    assert_works(client)
    assert_refused(last(client, client.submit(line(CRASH), SETTINGS).id))
    assert_works(client)


def test_a_decoder_killed_in_the_middle_leaves_the_service_and_the_queue(
    client: Client, pool: DecodePool, hangs: Path
) -> None:
    hanging = client.submit(line(HANG), SETTINGS)
    behind = client.submit(line(), SETTINGS)
    while not hangs.exists():  # one that had not begun would be started again
        time.sleep(0.02)
    os.kill(pool.process_ids[0], signal.SIGKILL)
    assert_refused(last(client, hanging.id))
    assert last(client, behind.id).state == "done"
    assert_works(client)


def test_a_job_cancelled_while_its_recording_is_decoded_ends_the_process(
    client: Client, pool: DecodePool
) -> None:
    hanging = client.submit(line(HANG), SETTINGS)
    while client.state(hanging.id).stage != "decode" or not pool.process_ids:
        time.sleep(0.02)
    client.cancel(hanging.id)
    assert last(client, hanging.id).state == "cancelled"
    assert_works(client)


def test_a_decoder_is_ready_before_the_first_job(client: Client, pool: DecodePool) -> None:
    until = time.monotonic() + 60
    while not pool.process_ids and time.monotonic() < until:
        time.sleep(0.02)
    ready = pool.process_ids
    assert ready
    assert_works(client)
    assert pool.process_ids == ready
