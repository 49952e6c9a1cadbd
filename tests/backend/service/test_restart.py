# ruff: noqa: F811 - fixtures
"""Services that end and begin again: no accepted job is lost, begun for ever or made twice."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from addon.core.backend.client import Client, ServiceError
from addon.core.backend.messages import JobSettings, JobState
from elocute.motion.clip import MotionClip
from elocute.service.data_folder import open_data_folder
from elocute.service.messages import JobSettings as ServiceJobSettings
from tests.backend.service.conftest import TOKEN, client_of, running, wait_for
from tests.backend.service.fakes import GatedPipeline, tone
from tests.backend.service.kept_jobs import KEEP, ask, contents, data, queue_in, until  # noqa: F401


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
        assert not any(one.news(0, 0).over for one in following)
        heard.clear()
        queue.close()
        assert len(heard) >= len(jobs)
        assert all(one.news(0, 0).over for one in following)
        assert not any(one.news(0, 0).state.state in {"cancelled", "failed"} for one in following)


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
