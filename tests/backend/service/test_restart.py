"""Jobs and results in a data folder: no accepted job is lost, nothing of a user's stays too long."""

from __future__ import annotations

import http.client
import io
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from addon.core.backend.client import Client, ServiceError
from addon.core.backend.messages import JobSettings, JobState
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS
from elocute.service.config import Limits
from elocute.service.data_folder import CONTENTS, JOURNAL, open_data_folder
from elocute.service.jobs import JobQueue
from elocute.service.messages import JobSettings as ServiceJobSettings
from elocute.service.replies import RequestRefused
from elocute.service.work import JobRequest
from tests.backend.service.conftest import TOKEN, client_of, running, wait_for
from tests.backend.service.fakes import GatedPipeline, fake_pipeline, tone

KEEP = Limits(kept_seconds=3600.0, kept_jobs=1000)


def contents(data: Path) -> list[bytes]:
    return [path.read_bytes() for path in (data / CONTENTS).rglob("*") if path.is_file()]


def ask(queue: JobQueue, seed: int = 0, client: str = "ann", audio: bytes | None = None) -> str:
    request = JobRequest(tone() if audio is None else audio, ServiceJobSettings(seed=seed))
    return queue.submit(request, client).id


def until(queue: JobQueue, job: str, *states: str) -> str:
    for _ in range(1000):
        if (state := queue.state(job).state) in states:
            return state
        time.sleep(0.01)
    raise AssertionError(f"the job stays {state}")


@contextmanager
def queue_in(data: Path, pipeline: GatedPipeline, limits: Limits = KEEP) -> Iterator[JobQueue]:
    """A queue that is ended in good order."""
    store = open_data_folder(data)
    queue = JobQueue(pipeline, limits, store)
    try:
        yield queue
    finally:
        assert queue.close(20)
        store.close()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


class Process:
    """The service in front of fakes, as a process that can be killed."""

    def __init__(self, data: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("fake_service.py"))],
            env={**os.environ, "ELOCUTE_TOKEN": TOKEN, "FAKE_SERVICE_DATA": str(data)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        self.client = Client(f"http://127.0.0.1:{json.loads(self._process.stdout.readline())['port']}", TOKEN)

    def end(self, how: signal.Signals) -> int:
        self._process.send_signal(how)
        code = self._process.wait(30)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        return code


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_who_polls_a_job_across_the_restart_gets_the_clip(data: Path, how: signal.Signals) -> None:
    first = Process(data)
    jobs = [first.client.submit(tone(), JobSettings(seed=seed, takes=20)).id for seed in range(4)]
    done = wait_for(first.client, jobs[0], "done")
    clip = first.client.clip(jobs[0])
    wait_for(first.client, jobs[1], "running")
    code = first.end(how)
    assert code == (0 if how == signal.SIGTERM else -signal.SIGKILL)
    second = Process(data)
    try:
        assert second.client.state(jobs[0]).summary == done.summary
        assert second.client.clip(jobs[0]) == clip
        for job in jobs[1:]:
            assert wait_for(second.client, job, "done").summary is not None
            assert second.client.clip(job, 19)
            assert second.client.phones(job).phones
        again = second.client.submit(tone(), JobSettings(seed=0, takes=20))
        assert again.state == "done"
    finally:
        second.end(signal.SIGTERM)
    assert tone() not in contents(data)


def test_killed_again_and_again_nothing_is_lost_or_mixed_up(data: Path) -> None:
    jobs: dict[int, str] = {}
    for attempt in range(4):
        process = Process(data)
        try:
            for seed in range(3 * attempt, 3 * attempt + 3):
                jobs[seed] = process.client.submit(tone(), JobSettings(seed=seed, takes=4)).id
            time.sleep(0.1 * attempt)
        finally:
            process.end(signal.SIGKILL)
    last = Process(data)
    try:
        for seed, job in jobs.items():
            wait_for(last.client, job, "done")
            expected = JobSettings(seed=seed, takes=4)
            assert last.client.clip(job, 3) == last.client.clip(last.client.submit(tone(), expected).id, 3)
            assert _seed(last.client.clip(job, 3)) == seed + 3
    finally:
        last.end(signal.SIGTERM)


def _seed(clip: bytes) -> object:
    return MotionClip.load(clip).meta["seed"]


def test_ended_in_good_order_its_running_job_goes_back_and_open_streams_end(data: Path) -> None:
    pipeline = GatedPipeline()
    with running(pipeline, KEEP, data) as service:
        client = client_of(service)
        jobs = [client.submit(tone(), JobSettings(seed=seed)).id for seed in (1, 2)]
        wait_for(client, jobs[0], "running")
        events = client.events(jobs[0])
        next(events)
        service.stop()
        with pytest.raises(ServiceError) as caught:
            list(events)
        assert caught.value.code == "connection_lost"
    after = GatedPipeline()
    after.gate.set()
    with running(after, KEEP, data) as service:
        client = client_of(service)
        for job in jobs:
            wait_for(client, job, "done")
    assert after.begun == [1, 2]


def test_who_follows_a_job_hears_that_the_service_ends(data: Path) -> None:
    with queue_in(data, GatedPipeline()) as queue:
        jobs = [ask(queue, seed) for seed in (0, 1)]
        until(queue, jobs[0], "running")
        heard: list[int] = []
        following = [queue.follow(job, lambda: heard.append(1)) for job in jobs]
        assert not any(one.news(0).over for one in following)
        heard.clear()
        queue.close()
        assert len(heard) >= len(jobs)
        assert all(one.news(0).over for one in following)
        assert not any(one.news(0).state.state in {"cancelled", "failed"} for one in following)


def test_turns_and_order_are_kept(data: Path) -> None:
    with queue_in(data, GatedPipeline()) as queue:
        until(queue, ask(queue, 0), "running")
        for seed in (1, 2, 3):
            ask(queue, seed, "ann")
        ask(queue, 4, "ben")
    pipeline = GatedPipeline()
    pipeline.gate.set()
    with queue_in(data, pipeline) as queue:
        until(queue, ask(queue, 5, "cid"), "done")
        for _ in range(500):
            if len(pipeline.begun) == 6:
                break
            time.sleep(0.01)
    assert pipeline.begun[0] == 0
    assert pipeline.begun.index(4) < pipeline.begun.index(2)  # ben's turn comes before ann's third
    assert [seed for seed in pipeline.begun if seed in {1, 2, 3}] == [1, 2, 3]


def test_a_job_that_ends_the_service_is_not_begun_for_ever(data: Path, tmp_path: Path) -> None:
    limits = replace(KEEP, starts=3)
    job = ""
    for attempt in range(3):
        pipeline = GatedPipeline()
        with queue_in(data, pipeline, limits) as queue:
            job = job or ask(queue)
            until(queue, job, "running")
            while not pipeline.begun:
                time.sleep(0.01)
            data = shutil.copytree(data, tmp_path / f"killed {attempt}")  # what a kill now would leave
    pipeline = GatedPipeline()
    with queue_in(data, pipeline, limits) as queue:
        state = queue.state(job)
        assert state.state == "failed"
        assert state.error is not None
        assert state.error.code == "interrupted"
        assert pipeline.begun == []
    assert contents(data) == []


def test_an_end_in_good_order_does_not_count_against_a_job(data: Path) -> None:
    limits = replace(KEEP, starts=2)
    job = ""
    for _ in range(4):
        with queue_in(data, GatedPipeline(), limits) as queue:
            job = job or ask(queue)
            until(queue, job, "running")
    pipeline = GatedPipeline()
    pipeline.gate.set()
    with queue_in(data, pipeline, limits) as queue:
        assert until(queue, job, "done", "failed") == "done"


def test_a_result_that_was_kept_before_the_end_was_noted_is_not_made_again(data: Path) -> None:
    pipeline = GatedPipeline()
    pipeline.gate.set()
    with queue_in(data, pipeline) as queue:
        job = ask(queue)
        until(queue, job, "done")
    store = open_data_folder(data)  # as if it were killed between the result and the note of the end
    (record,) = store.journal.jobs()
    audio = store.contents.hold(tone())
    inputs = {"settings": ServiceJobSettings(), "audio": audio, "styles": {}, "size": 5}
    store.journal.save_jobs(
        [type(record).model_validate({**record.model_dump(), "end": None, "ended": 0.0, "inputs": inputs})]
    )
    store.close()
    other = GatedPipeline()
    with queue_in(data, other) as queue:
        assert queue.state(job).state == "done"
    assert other.begun == []
    assert tone() not in contents(data)


def test_style_files_and_the_motion_before_outlive_a_restart_and_go_with_their_job(data: Path) -> None:
    stream = io.BytesIO()
    clip = MotionClip(25.0, BASIS, np.zeros((4, 43), np.float32), *np.full((2, 4, 3), 0.2, np.float32))
    clip.write(stream)
    before, styles = stream.getvalue(), {"mine.npz": b"a style file"}
    with queue_in(data, GatedPipeline()) as queue:
        request = JobRequest(tone(), ServiceJobSettings(), styles, before)
        job = queue.submit(request, "ann").id
        until(queue, job, "running")
        assert before in contents(data)
    other, asked = GatedPipeline(), []
    real = other.perform
    other.perform = lambda audio, request, *rest: (asked.append(request), real(audio, request, *rest))[1]
    other.gate.set()
    with queue_in(data, other) as queue:
        assert until(queue, job, "done", "failed") == "done"
    assert asked[0].settings.before == before
    assert asked[0].settings.style_files == styles
    assert before not in contents(data)


@pytest.mark.parametrize("end", ["done", "failed", "cancelled", "cancelled while it waits"])
def test_a_recording_goes_with_the_end_of_its_job(data: Path, end: str) -> None:
    pipeline = GatedPipeline()
    with queue_in(data, pipeline) as queue:
        if end == "cancelled while it waits":
            until(queue, ask(queue, 7, audio=tone(2.0)), "running")
        audio = b"this is no sound" if end == "failed" else tone(1.0)
        job = ask(queue, audio=audio)
        assert audio in contents(data)
        if end.startswith("cancelled"):
            if end == "cancelled":
                until(queue, job, "running")
            queue.cancel(job)
        else:
            pipeline.gate.set()
        until(queue, job, end.split(maxsplit=1)[0])
        for _ in range(300):
            if audio not in contents(data):
                break
            time.sleep(0.01)
        assert audio not in contents(data)


def test_an_equal_job_keeps_the_recording_until_it_has_ended_too(data: Path) -> None:
    with queue_in(data, GatedPipeline()) as queue:
        first, second = ask(queue), ask(queue, client="ben")
        until(queue, first, "running")
        queue.cancel(first)
        assert tone() in contents(data)
    pipeline = GatedPipeline()
    pipeline.gate.set()
    with queue_in(data, pipeline) as queue:
        assert until(queue, second, "done", "failed") == "done"
        assert queue.state(first).state == "cancelled"


def test_after_its_time_nothing_is_left(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elocute.service.jobs.HOUSEKEEPING_SECONDS", 0.05)
    pipeline = GatedPipeline()
    pipeline.gate.set()
    with queue_in(data, pipeline, replace(KEEP, kept_seconds=0.5)) as queue:
        job = ask(queue)
        until(queue, job, "done")
        for _ in range(500):
            if not contents(data):
                break
            time.sleep(0.01)
        assert contents(data) == []
        with pytest.raises(RequestRefused):
            queue.state(job)
    store = open_data_folder(data)
    assert store.journal.jobs() == []
    assert store.journal.results() == []
    store.close()


def test_results_are_bounded_in_bytes_on_the_disk(data: Path) -> None:
    pipeline = GatedPipeline()
    pipeline.gate.set()
    with queue_in(data, pipeline) as queue:
        until(queue, ask(queue, 100), "done")
        most = 4 * queue.figures().result_bytes
    with queue_in(data, pipeline, replace(KEEP, kept_bytes=most)) as queue:
        jobs = [ask(queue, seed) for seed in range(12)]
        until(queue, jobs[-1], "done")
        for _ in range(300):  # files go after the job was said to be done
            if sum(map(len, contents(data))) <= most:
                break
            time.sleep(0.01)
        assert 0 < sum(map(len, contents(data))) <= most
        assert queue.figures().results >= 3  # no more went than had to
        assert queue.clip(jobs[-1], 0)
        with pytest.raises(RequestRefused):
            queue.state(jobs[0])


def test_another_model_makes_it_anew(data: Path) -> None:
    with queue_in(data, GatedPipeline()) as queue:
        waiting = ask(queue)
        until(queue, waiting, "running")
    newer = GatedPipeline(version="2")
    newer.gate.set()
    with queue_in(data, newer) as queue:
        until(queue, waiting, "done")
        assert queue.state(ask(queue)).state == "done"  # found under the newer model's key
    older = GatedPipeline(version="1")
    older.gate.set()
    with queue_in(data, older) as queue:
        until(queue, ask(queue), "done")
    assert (newer.begun, older.begun) == ([0], [0])


def test_a_model_that_is_gone_is_that_jobs_matter_alone(data: Path) -> None:
    with queue_in(data, GatedPipeline()) as queue:
        jobs = [ask(queue, seed) for seed in (0, 1)]
        until(queue, jobs[0], "running")
    store = open_data_folder(data)
    for record in store.journal.jobs():
        assert record.inputs is not None
        if record.inputs.settings.seed == 0:
            settings = record.inputs.settings.model_copy(update={"model": "gone"})
            inputs = record.inputs.model_copy(update={"settings": settings})
            store.journal.save_jobs([record.model_copy(update={"inputs": inputs})])
    store.close()
    pipeline = GatedPipeline()
    pipeline.gate.set()
    with queue_in(data, pipeline) as queue:
        state = queue.state(jobs[0])
        assert state.error is not None
        assert (state.state, state.error.code) == ("failed", "unknown_model")
        until(queue, jobs[1], "done")


def test_a_recording_that_is_gone_is_one_sentence(data: Path) -> None:
    with queue_in(data, GatedPipeline()) as queue:
        job = ask(queue)
        until(queue, job, "running")
    for path in (data / CONTENTS).rglob("*"):
        if path.is_file():
            path.unlink()
    with queue_in(data, GatedPipeline()) as queue:
        state = queue.state(job)
        assert state.state == "failed"
        assert state.error is not None
        assert "can no longer be read" in state.error.message


@pytest.mark.parametrize("way", ["removed", "changed"])
def test_a_result_whose_file_is_gone_is_made_again(data: Path, way: str) -> None:
    pipeline = GatedPipeline()
    pipeline.gate.set()
    with running(pipeline, KEEP, data) as service:
        client = client_of(service)
        job = client.submit(tone(), JobSettings())
        wait_for(client, job.id, "done")
        clip = client.clip(job.id)
        for path in (data / CONTENTS).rglob("*"):
            if path.is_file() and way == "removed":
                path.unlink()
            elif path.is_file():
                path.write_bytes(path.read_bytes()[:-1] + b"?")
        with pytest.raises(ServiceError) as caught:
            client.clip(job.id)
        assert caught.value.code == "result_gone"
        again = client.submit(tone(), JobSettings())
        wait_for(client, again.id, "done")
        assert client.clip(again.id) == clip
    assert pipeline.begun == [0, 0]


def test_a_damaged_journal_does_not_keep_the_service_from_starting(
    data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with queue_in(data, GatedPipeline()) as queue:
        until(queue, ask(queue), "running")
    (data / JOURNAL).write_bytes(b"no database" * 500)
    pipeline = GatedPipeline()
    pipeline.gate.set()
    with caplog.at_level(logging.WARNING), running(pipeline, KEEP, data) as service:
        client = client_of(service)
        wait_for(client, client.submit(tone(2.0), JobSettings()).id, "done")
    assert "was damaged" in caplog.text
    assert tone() not in contents(data)  # nobody knows any more whose it was


@pytest.mark.parametrize("where", ["the recording", "the journal"])
def test_a_full_disk_refuses_and_accepts_again(
    data: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    pipeline = GatedPipeline()
    pipeline.gate.set()
    with running(pipeline, KEEP, data) as service:
        client = client_of(service)
        with monkeypatch.context() as patched:
            if where == "the recording":
                patched.setattr(os, "fsync", _full)
            else:
                patched.setattr(
                    "elocute.service.journal.SqliteJournal.save_jobs", lambda *_: _refuse_to_write()
                )
            with pytest.raises(ServiceError) as caught:
                client.submit(tone(), JobSettings())
        assert caught.value.code == "no_space"
        assert str(data) not in str(caught.value)
        assert tone() not in contents(data)
        wait_for(client, client.submit(tone(), JobSettings()).id, "done")


def test_a_result_that_finds_no_space_fails_its_job(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipeline = GatedPipeline()
    with queue_in(data, pipeline) as queue:
        job = ask(queue)
        until(queue, job, "running")
        written: list[int] = []

        def full_after_two(handle: int) -> None:
            written.append(handle)
            if len(written) > 4:  # a file and its folder each
                _full(handle)

        with monkeypatch.context() as patched:
            patched.setattr(os, "fsync", full_after_two)
            pipeline.gate.set()
            until(queue, job, "failed")
        for _ in range(300):
            if not contents(data):
                break
            time.sleep(0.01)
        assert contents(data) == []
        error = queue.state(job).error
        assert error is not None
        assert error.code == "no_space"
        assert str(data) not in error.message
        assert until(queue, ask(queue), "done")
    store = open_data_folder(data)
    assert len(store.journal.results()) == 1
    store.close()


def _full(_: int) -> None:
    raise OSError(28, "No space left on device")


def _refuse_to_write() -> None:
    from elocute.errors import InputError

    raise InputError("The journal of jobs cannot be written: database or disk is full.")


def test_no_name_of_a_request_becomes_part_of_a_path(data: Path) -> None:
    with running(fake_pipeline(), KEEP, data) as service:
        before = sorted(path for path in data.parent.rglob("*"))
        for path in (
            "/v1/jobs/../../etc/passwd/clip",
            "/v1/jobs/..%2f..%2f" + JOURNAL + "/clip",
            "/v1/jobs/" + "a" * 64,
            f"/v1/jobs/{JOURNAL}",
            "/v1/jobs/%00",
        ):
            connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
            connection.putrequest("GET", path, skip_accept_encoding=True)
            connection.putheader("Authorization", f"Bearer {TOKEN}")
            connection.endheaders()
            assert connection.getresponse().status == 404
            connection.close()
        assert sorted(path for path in data.parent.rglob("*")) == before


def test_states_of_events_after_a_restart(data: Path) -> None:
    pipeline = GatedPipeline()
    pipeline.gate.set()
    with running(pipeline, KEEP, data) as service:
        client = client_of(service)
        job = client.submit(tone(), JobSettings(takes=2)).id
        before = [event for event in client.events(job) if not isinstance(event, JobState) and event]
    with running(GatedPipeline(), KEEP, data) as service:
        client = client_of(service)
        events = list(client.events(job))
        assert [event for event in events if not isinstance(event, JobState) and event] == before != []
        assert isinstance(events[-1], JobState)
        assert events[-1].state == "done"
