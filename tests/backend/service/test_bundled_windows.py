"""The bundled model's motion arrives window by window over a real connection."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from addon.core.backend.client import Client
from addon.core.backend.event_stream import Window
from addon.core.backend.generation import generate
from addon.core.backend.messages import JobSettings, JobState
from addon.core.clip.clip import read_clip
from addon.core.errors import Cancelled
from addon.core.job import JobControl
from elocute.generator import GenerationSettings
from elocute.installation import standard_pipeline
from elocute.motion.clip import MotionClip
from elocute.performance import PerformanceRequest
from elocute.pipeline import Pipeline
from elocute.progress import Progress
from elocute.service.config import Limits
from tests.backend.service.conftest import client_of, running
from tests.backend.service.test_windows import assert_same, together, until

SPEECH = Path(__file__).resolve().parents[2] / "data" / "speech"
NAMES = ("waffles", "map", "waffles", "map")
TRANSCRIPT = " ".join((SPEECH / f"{name}.txt").read_text().strip() for name in NAMES)
SETTINGS = JobSettings(transcript=TRANSCRIPT, options={"steps": 3.0}, seed=5, takes=2)


@pytest.fixture(scope="module")
def recording() -> bytes:
    """Lines one after the other: longer than the first stretch of the model and what it looks ahead."""
    pieces, rate = [], 0
    for name in NAMES:
        samples, rate = soundfile.read(SPEECH / f"{name}.flac", dtype="int16")
        pieces.append(samples)
    stream = io.BytesIO()
    soundfile.write(stream, np.concatenate(pieces), rate, format="WAV")
    assert sum(map(len, pieces)) / rate > 10
    return stream.getvalue()


@pytest.fixture(scope="module")
def pipeline() -> Pipeline:
    return standard_pipeline()


@pytest.fixture(scope="module")
def client(pipeline: Pipeline) -> Iterator[Client]:
    with running(pipeline, Limits()) as service:
        yield client_of(service)


def test_windows_come_early_and_make_up_the_clip(
    client: Client, pipeline: Pipeline, recording: bytes, tmp_path: Path
) -> None:
    job = client.submit(recording, SETTINGS)
    events = list(client.events(job.id))
    windows = [event for event in events if isinstance(event, Window)]
    assert len(windows) >= 2
    after_first = [e for e in events[events.index(windows[0]) :] if isinstance(e, JobState)]
    # The model was still at work once the first window was here.
    assert len({state.fraction for state in after_first if state.stage == "motion"}) >= 2
    late = [event for event in client.events(job.id) if isinstance(event, Window)]
    assert late == windows
    request = PerformanceRequest(
        transcript=TRANSCRIPT, settings=GenerationSettings(options={"steps": 3.0}, seed=5, takes=2)
    )
    alone = pipeline.perform(recording, request, Progress()).clips
    for take in range(2):
        assert_same(together(windows, take), read_clip(client.clip(job.id, take)))
        path = tmp_path / "clip.npz"
        path.write_bytes(client.clip(job.id, take))
        clip = MotionClip.load(path)
        np.testing.assert_array_equal(clip.expression, alone[take].expression)
        np.testing.assert_array_equal(clip.head, alone[take].head)


def test_a_job_cancelled_after_its_first_window_stops(client: Client, recording: bytes) -> None:
    job = client.submit(recording, JobSettings(transcript=TRANSCRIPT, takes=2))
    events = client.events(job.id)
    until(events, 1)
    client.cancel(job.id)
    assert [event.state for event in events if isinstance(event, JobState)][-1] == "cancelled"


def test_the_add_ons_call_can_be_stopped_by_a_window(client: Client, recording: bytes) -> None:
    control = JobControl()
    with pytest.raises(Cancelled):
        generate(lambda: client, recording, SETTINGS, control, on_window=lambda _: control.cancelled.set())
