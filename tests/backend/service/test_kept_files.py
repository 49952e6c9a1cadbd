# ruff: noqa: F811 - fixtures
"""What a data folder holds: recordings go with their jobs, results are bounded, files may be gone."""

from __future__ import annotations

import http.client
import io
import logging
import os
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from addon.core.backend.client import ServiceError
from addon.core.backend.messages import JobSettings
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS
from elocute.service.data_folder import CONTENTS, JOURNAL, open_data_folder
from elocute.service.messages import JobSettings as ServiceJobSettings
from elocute.service.replies import RequestRefused
from elocute.service.work import JobRequest
from tests.backend.service.conftest import TOKEN, client_of, running, wait_for
from tests.backend.service.fakes import GatedPipeline, fake_pipeline, tone
from tests.backend.service.kept_jobs import KEEP, ask, contents, data, queue_in, until  # noqa: F401


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
