"""Motion is sent window by window: in order, complete, to late listeners too, and bounded."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from addon.core.backend.client import Client, ServiceError
from addon.core.backend.event_stream import LONGEST_LINE, Opening, Window
from addon.core.backend.generation import generate
from addon.core.backend.messages import JobSettings, JobState
from addon.core.clip.clip import Clip, read_clip
from addon.core.errors import Cancelled
from addon.core.job import JobControl
from elocute.errors import InputError
from elocute.generator import MOST_TAKES, ClipSink, MotionWindow, joined
from elocute.motion.clip import MotionClip
from elocute.performance import Performance, PerformanceRequest
from elocute.pipeline import Pipeline
from elocute.progress import Progress
from elocute.service import messages as theirs
from elocute.service.config import Limits
from elocute.service.job_key import job_key
from elocute.service.windows import pack, window_messages
from elocute.service.work import JobRequest
from tests.backend.service.conftest import client_of, running
from tests.backend.service.fakes import FakeModels, analyse, fake_pipeline, tone

TRACKS = ("expression", "jaw", "head", "neck", "eyes")


def clip(first: int, frames: int, *, take: int = 0, expressions: int = 5) -> MotionClip:
    """Frames whose numbers say where in the clip they belong."""
    times = np.arange(first, first + frames, dtype=np.float32)[:, None] + 0.5 * take
    return MotionClip(
        25.0,
        "made-up",
        expression=times + np.arange(expressions, dtype=np.float32) / 100,
        jaw=times + np.zeros(3, np.float32),
        head=-times + np.zeros(3, np.float32),
        neck=times / 2 + np.zeros(3, np.float32),
        eyes=times / 3 + np.zeros(6, np.float32),
        shape=np.arange(4, dtype=np.float32),
        meta={"take": take},
    )


class StepwisePipeline(Pipeline):
    """Hands on windows of 10 frames, each once :meth:`allow` was called for it."""

    def __init__(self, windows: int = 3, failure: Exception | None = None) -> None:
        super().__init__(analyse, FakeModels())
        self._allowed = threading.Semaphore(0)
        self._windows = windows
        self._failure = failure
        self.stopped = threading.Event()

    def allow(self, windows: int) -> None:
        self._allowed.release(windows)

    def perform(
        self,
        audio: Path | bytes,
        request: PerformanceRequest,
        progress: Progress,
        sink: ClipSink | None = None,
        opening: ClipSink | None = None,
    ) -> Performance:
        speech = self.analyse(audio, request.transcript, request.language, progress)
        windows = []
        if opening is not None:
            opening(MotionWindow(0, (clip(100, 7),)))
        try:
            for index in range(self._windows):
                while not self._allowed.acquire(timeout=0.01):
                    progress.check()
                takes = range(request.settings.takes)
                windows.append(MotionWindow(10 * index, tuple(clip(10 * index, 10, take=k) for k in takes)))
                assert sink is not None
                sink(windows[-1])
            while not self._allowed.acquire(timeout=0.01):
                progress.check()
        finally:
            self.stopped.set()
        if self._failure is not None:
            raise self._failure
        return Performance(speech, joined(windows), "rules")


@pytest.fixture
def pipeline() -> StepwisePipeline:
    return StepwisePipeline()


@pytest.fixture
def client(pipeline: StepwisePipeline) -> Iterator[Client]:
    with running(pipeline, Limits(heartbeat_seconds=0.05)) as service:
        yield client_of(service)


def together(windows: list[Window], take: int = 0) -> Clip:
    """The clip of one take, as a user of the add-on would put it together."""
    assert [window.first for window in windows] == [
        sum(earlier.frames for earlier in windows[:index]) for index in range(len(windows))
    ]
    pieces = [read_clip(window.clips[take]) for window in windows]
    assert [piece.frames for piece in pieces] == [window.frames for window in windows]
    last = pieces[-1]
    present = [name for name in TRACKS if getattr(last, name) is not None]
    tracks = {name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in present}
    return Clip(last.fps, last.basis, **tracks, shape=last.shape, meta=last.meta)


def assert_same(one: Clip, other: Clip) -> None:
    assert (one.fps, one.basis, one.meta) == (other.fps, other.basis, other.meta)
    for name in (*TRACKS, "shape"):
        ours, theirs = getattr(one, name), getattr(other, name)
        assert (ours is None) == (theirs is None), name
        if ours is not None:
            np.testing.assert_array_equal(ours, theirs, strict=True)


def until(events: Iterator[JobState | Window | None], count: int) -> list[Window]:
    """The next ``count`` windows; none of the states on the way may be final."""
    found: list[Window] = []
    signs_of_life = 0
    while len(found) < count:
        event = next(events)
        signs_of_life += event is None
        assert signs_of_life < 400, "no window comes"
        if isinstance(event, Window):
            found.append(event)
        else:
            assert event is None or not event.ended
    return found


def test_windows_arrive_before_the_job_is_done(client: Client, pipeline: StepwisePipeline) -> None:
    job = client.submit(tone(), JobSettings(takes=2))
    events = client.events(job.id)
    windows = []
    for _ in range(3):
        pipeline.allow(1)  # none arrives unless it was made
        windows += until(events, 1)
        assert client.state(job.id).state == "running"
    pipeline.allow(1)
    assert [event.state for event in events if isinstance(event, JobState)][-1] == "done"
    for take in range(2):
        assert_same(together(windows, take), read_clip(client.clip(job.id, take)))


def test_a_late_listener_gets_the_windows_made_so_far(client: Client, pipeline: StepwisePipeline) -> None:
    job = client.submit(tone(), JobSettings())
    pipeline.allow(2)
    early = until(client.events(job.id), 2)
    events = client.events(job.id)
    late = until(events, 2)
    assert late == early
    pipeline.allow(2)
    late += [event for event in events if isinstance(event, Window)]
    final = read_clip(client.clip(job.id))
    assert_same(together(late), final)
    after = list(client.events(job.id))
    assert [event for event in after if isinstance(event, Window)] == late
    assert isinstance(after[-1], JobState)
    assert after[-1].state == "done"


def test_how_it_begins_comes_before_the_windows_where_it_is_asked_for(
    client: Client, pipeline: StepwisePipeline
) -> None:
    job = client.submit(tone(), JobSettings(takes=2, opening=True))
    events = client.events(job.id)
    (begin,) = until(events, 1)
    assert isinstance(begin, Opening)
    assert (begin.first, begin.frames, len(begin.clips)) == (0, 7, 1)
    assert_same(read_clip(begin.clips[0]), read_clip(pack(clip(100, 7))))
    assert until(client.events(job.id), 1) == [begin], "a late listener gets it too"
    pipeline.allow(1)
    (window,) = until(events, 1)
    assert not isinstance(window, Opening)
    assert until(client.events(job.id), 1) == [window], "now there is something better"
    pipeline.allow(3)
    rest = [event for event in events if isinstance(event, Window)]
    assert_same(together([window, *rest]), read_clip(client.clip(job.id)))
    assert not [event for event in client.events(job.id) if isinstance(event, Opening)]


def test_nothing_is_begun_for_who_does_not_ask_or_wants_no_windows(
    client: Client, pipeline: StepwisePipeline
) -> None:
    for seed, (asked, wanted) in enumerate([(False, True), (True, False)]):
        job = client.submit(tone(), JobSettings(seed=seed, opening=asked))
        events = client.events(job.id, windows=wanted)
        early = [next(events) for _ in range(8)]  # signs of life among them: it waits by now
        pipeline.allow(4)
        assert not [event for event in (*early, *events) if isinstance(event, Opening)]


def test_who_did_not_ask_hears_no_beginning_of_an_equal_job_that_did(
    client: Client, pipeline: StepwisePipeline
) -> None:
    asked, other = (client.submit(tone(), JobSettings(opening=opening)) for opening in (True, False))
    assert [type(event) for event in until(client.events(asked.id), 1)] == [Opening]
    events = client.events(other.id)
    early = [next(events) for _ in range(4)]
    pipeline.allow(4)
    assert not [event for event in (*early, *events) if isinstance(event, Opening)]


def test_the_add_ons_call_passes_on_how_it_begins(client: Client, pipeline: StepwisePipeline) -> None:
    begun: list[Opening] = []

    def on_opening(opening: Opening) -> None:
        begun.append(opening)
        pipeline.allow(4)

    result = generate(lambda: client, tone(), JobSettings(), JobControl(), on_opening=on_opening)
    assert [opening.frames for opening in begun] == [7]
    assert read_clip(result.clips[0]).frames == 30


def test_asking_for_the_beginning_makes_no_other_job() -> None:
    keys = {
        job_key(fake_pipeline(), JobRequest(b"sound", theirs.JobSettings(opening=asked)), "digest")
        for asked in (False, True)
    }
    assert len(keys) == 1


def test_windows_can_be_left_out(client: Client, pipeline: StepwisePipeline) -> None:
    job = client.submit(tone(), JobSettings())
    pipeline.allow(4)
    events = list(client.events(job.id, windows=False))
    assert not any(isinstance(event, Window) for event in events)
    assert isinstance(events[-1], JobState)


def test_the_add_ons_call_passes_windows_on(client: Client, pipeline: StepwisePipeline) -> None:
    windows: list[Window] = []
    pipeline.allow(1)

    def on_window(window: Window) -> None:
        windows.append(window)
        pipeline.allow(2 if len(windows) == 3 else 1)  # the next is made once this one was seen

    result = generate(lambda: client, tone(), JobSettings(), JobControl(), on_window=on_window)
    assert len(windows) == 3
    assert_same(together(windows), read_clip(result.clips[0]))


def test_cancelling_between_windows_stops_the_job(client: Client, pipeline: StepwisePipeline) -> None:
    control = JobControl()
    pipeline.allow(1)
    with pytest.raises(Cancelled):
        generate(lambda: client, tone(), JobSettings(), control, on_window=lambda _: control.cancelled.set())
    assert pipeline.stopped.wait(20)


@pytest.mark.parametrize("end", ["cancelled", "failed"])
def test_a_job_without_result_drops_its_windows(end: str) -> None:
    pipeline = StepwisePipeline(failure=InputError("Too quiet."))
    with running(pipeline, Limits()) as service:
        client = client_of(service)
        job = client.submit(tone(), JobSettings(opening=True))
        events = client.events(job.id)
        until(events, 1)
        pipeline.allow(2)
        until(events, 2)
        if end == "cancelled":
            client.cancel(job.id)
        else:
            pipeline.allow(2)
        assert [event.state for event in events if isinstance(event, JobState)][-1] == end
        assert not any(isinstance(event, Window) for event in client.events(job.id))


def test_windows_count_as_kept_bytes() -> None:
    def two_jobs(limits: Limits) -> tuple[Client, list[str]]:
        pipeline = StepwisePipeline()
        client = client_of(services.enter_context(running(pipeline, limits)))
        jobs = [client.submit(tone(), JobSettings(seed=seed)).id for seed in range(2)]
        pipeline.allow(8)
        list(client.events(jobs[1]))
        return client, jobs

    with ExitStack() as services:
        client, jobs = two_jobs(Limits())
        results = sum(len(client.clip(job)) for job in jobs) + 2 * 1000  # a phone and a word each count 500
        client, jobs = two_jobs(Limits(kept_bytes=results + 100))
        assert client.state(jobs[1]).state == "done"
        with pytest.raises(ServiceError, match="no such job"):
            client.state(jobs[0])


def random_clip(frames: int, expressions: int) -> MotionClip:
    """Numbers that do not compress."""
    rng = np.random.default_rng(1)

    def track(width: int) -> np.ndarray:
        return rng.normal(size=(frames, width)).astype(np.float32)

    return MotionClip(25.0, "x", track(expressions), track(3), track(3), track(3), track(6), track(100)[0])


@pytest.mark.parametrize(("frames", "takes"), [(15_000, 1), (500, MOST_TAKES), (1, MOST_TAKES), (1, 1)])
def test_every_line_is_far_below_what_the_client_reads(frames: int, takes: int) -> None:
    whole = random_clip(frames, 100)
    messages = list(window_messages(MotionWindow(7, (whole,) * takes)))
    assert max(len(message.model_dump_json()) for message in messages) < LONGEST_LINE / 2
    windows = [
        Window(m.first - 7, m.frames, tuple(base64.b64decode(piece) for piece in m.clips)) for m in messages
    ]
    result = together(windows, takes - 1)
    for name in TRACKS:
        np.testing.assert_array_equal(getattr(result, name), getattr(whole, name))


def test_a_phones_job_has_no_windows(client: Client) -> None:
    job = client.submit(tone(), JobSettings(kind="phones"))
    assert not any(isinstance(event, Window) for event in client.events(job.id))
