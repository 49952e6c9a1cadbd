"""Whole jobs with the add-on's own client against the real service."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
import time
from pathlib import Path

import pytest

from addon.core.backend.client import Client, ServiceError
from addon.core.backend.generation import generate
from addon.core.backend.messages import JobSettings, JobState
from addon.core.errors import Cancelled, UserError
from addon.core.job import Job, JobCancelled, JobControl, JobDone, JobEvent, JobFailed, JobProgress
from elocute.motion.clip import MotionClip
from elocute.service.config import Limits
from elocute.service.server import Service
from tests.backend.service.conftest import TOKEN, client_of, wait_for
from tests.backend.service.fakes import tone

SLOW = JobSettings(style="slow")
OTHER_SLOW = JobSettings(style="slow", seed=1)
"""Another job: equal ones share their work."""


def finish(job: Job) -> list[JobEvent]:
    """Poll a job as Blender does, until its last event."""
    events: list[JobEvent] = []
    for _ in range(1500):
        events += job.drain()
        if events and not isinstance(events[-1], JobProgress):
            return events
        time.sleep(0.02)
    raise AssertionError("the job does not end")


def test_a_recording_becomes_clips(client: Client, tmp_path: Path) -> None:
    audio = tmp_path / "voice.wav"
    audio.write_bytes(tone(1.5))
    settings = JobSettings(transcript="Ah “ah” 啊", language="en", seed=7, takes=2, options={"jaw": 2})
    job = Job(lambda control: generate(lambda: client, audio, settings, control))
    job.start()
    events = finish(job)
    assert isinstance(events[-1], JobDone)
    result = events[-1].result
    stages = [event.stage for event in events[:-1]]
    order = ("service", "upload", "queue", "decode", "model", "phones", "motion", "packing", "download")
    assert list(dict.fromkeys(stages)) == [stage for stage in order if stage in stages]
    assert {"upload", "motion"} <= set(stages)
    assert len(result.clips) == 2
    for take, data in enumerate(result.clips):
        path = tmp_path / f"{take}.npz"
        path.write_bytes(data)
        clip = MotionClip.load(path)
        assert clip.frames == 38
        assert clip.meta["seed"] == 7 + take
    assert result.summary.frames == 38
    assert result.summary.transcript == "Ah “ah” 啊"
    assert result.summary.notes == ("language en",)
    assert result.summary.stage_seconds["motion"] > 0
    assert result.phones.phones is not None
    assert result.phones.phones[0].label == "AA"
    assert result.phones.words[0].text == "ah"


def test_the_same_work_runs_without_a_thread(client: Client) -> None:
    seen: list[JobProgress] = []
    result = Job(lambda c: generate(lambda: client, tone(), JobSettings(kind="phones"), c)).run(seen.append)
    assert result.clips == ()
    assert result.summary.frames == 0
    assert seen[0].stage == "service"


@pytest.mark.parametrize("data", [b"this is no sound", b"", b"RIFF\x00\x00\x00\x00WAVE"])
def test_what_is_no_sound_fails_with_the_backends_sentence(client: Client, data: bytes) -> None:
    with pytest.raises(UserError, match="not a sound file"):
        generate(lambda: client, data, JobSettings(), JobControl())


def test_a_bug_in_a_model_is_reported_and_the_service_goes_on(client: Client) -> None:
    with pytest.raises(ServiceError) as caught:
        generate(lambda: client, tone(), JobSettings(style="bug"), JobControl())
    assert caught.value.code == "internal"
    assert "ZeroDivisionError" not in str(caught.value)
    assert generate(lambda: client, tone(), JobSettings(), JobControl()).summary.takes == 1


def test_two_jobs_at_once_wait_for_each_other(client: Client) -> None:
    first = client.submit(tone(), SLOW)
    second = client.submit(tone(), JobSettings())
    assert wait_for(client, first.id, "running").queue_position == 0
    assert client.state(second.id).state == "queued"
    assert client.state(second.id).queue_position == 1
    client.cancel(first.id)
    assert wait_for(client, second.id, "done").summary is not None
    assert client.state(first.id).state == "cancelled"


def test_a_running_job_is_cancelled_within_a_step(client: Client) -> None:
    job = client.submit(tone(), SLOW)
    wait_for(client, job.id, "running")
    assert client.cancel(job.id).state in {"cancelling", "cancelled"}
    wait_for(client, job.id, "cancelled")
    with pytest.raises(ServiceError) as caught:
        client.clip(job.id)
    assert caught.value.code == "not_done"


def test_a_waiting_job_is_cancelled_at_once(client: Client) -> None:
    first, second = client.submit(tone(), SLOW), client.submit(tone(), OTHER_SLOW)
    assert client.cancel(second.id).state == "cancelled"
    client.cancel(first.id)


def test_cancelling_in_the_add_on_stops_the_service(client: Client) -> None:
    job = Job(lambda control: generate(lambda: client, tone(), SLOW, control))
    job.start()
    while not any(isinstance(e, JobProgress) and e.stage == "motion" for e in job.drain()):
        time.sleep(0.02)
    job.cancel()
    assert finish(job)[-1] == JobCancelled()
    after = client.submit(tone(), JobSettings())  # the worker is free again
    wait_for(client, after.id, "done")


def test_cancelling_while_sending_stops_the_sending(client: Client) -> None:
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        client.submit(tone(), JobSettings(), cancelled=cancelled)


def test_a_job_that_has_ended_can_be_forgotten(client: Client) -> None:
    job = client.submit(tone(), JobSettings())
    wait_for(client, job.id, "done")
    assert client.cancel(job.id).state == "done"
    with pytest.raises(ServiceError) as caught:
        client.state(job.id)
    assert caught.value.code == "unknown_job"


def test_takes_that_were_not_made_are_unknown(client: Client) -> None:
    job = client.submit(tone(), JobSettings(takes=2))
    wait_for(client, job.id, "done")
    assert client.clip(job.id, 1)
    for take in (2, -1):
        with pytest.raises(ServiceError) as caught:
            client.clip(job.id, take)
        assert caught.value.code == "unknown_take"


def test_events_tell_the_present_state_to_a_late_listener(client: Client) -> None:
    job = client.submit(tone(), JobSettings())
    wait_for(client, job.id, "done")
    states = [state for state in client.events(job.id) if isinstance(state, JobState)]
    assert [state.state for state in states] == ["done"]


def test_a_listener_that_leaves_does_not_stop_the_job(client: Client, service: Service) -> None:
    job = client.submit(tone(), JobSettings(takes=4))
    request = (
        f"GET /v1/jobs/{job.id}/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n\r\n"
    )
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
            connection.sendall(request.encode())
            assert connection.recv(20).startswith(b"HTTP/1.1 200")
    assert wait_for(client, job.id, "done").summary is not None


def test_events_show_signs_of_life_between_changes(start_service) -> None:
    service = start_service(limits=Limits(heartbeat_seconds=0.01))
    client = client_of(service)
    client.submit(tone(), SLOW)
    waiting = client.submit(tone(), OTHER_SLOW)
    events = client.events(waiting.id)
    assert any(event is None for _, event in zip(range(50), events, strict=False))


def test_the_queue_has_an_end(start_service) -> None:
    service = start_service(limits=Limits(waiting_jobs=2))
    client = client_of(service)
    first = client.submit(tone(), SLOW)
    wait_for(client, first.id, "running")
    client.submit(tone(), JobSettings(style="slow", seed=1))
    client.submit(tone(), JobSettings(style="slow", seed=2))
    with pytest.raises(ServiceError) as caught:
        client.submit(tone(), JobSettings(style="slow", seed=3))
    assert caught.value.code == "busy"


def test_waiting_audio_is_bounded(start_service) -> None:
    service = start_service(limits=Limits(waiting_bytes=40_000))
    client = client_of(service)
    first = client.submit(tone(), SLOW)  # 32 kB
    wait_for(client, first.id, "running")
    client.submit(tone(), JobSettings(style="slow", seed=1))
    with pytest.raises(ServiceError) as caught:
        client.submit(tone(), JobSettings(style="slow", seed=2))
    assert caught.value.code == "busy"


def test_old_results_are_forgotten(start_service) -> None:
    service = start_service(limits=Limits(kept_jobs=2))
    client = client_of(service)
    jobs = [client.submit(tone(), JobSettings(kind="phones")).id for _ in range(4)]
    wait_for(client, jobs[-1], "done")
    assert client.state(jobs[2]).state == "done"
    with pytest.raises(ServiceError):
        client.state(jobs[0])


def test_the_newest_result_is_kept_whatever_its_size(start_service) -> None:
    service = start_service(limits=Limits(kept_bytes=1))
    client = client_of(service)
    jobs = [client.submit(tone(), JobSettings(seed=seed)).id for seed in range(2)]
    wait_for(client, jobs[-1], "done")
    assert client.clip(jobs[1])
    with pytest.raises(ServiceError):
        client.state(jobs[0])


def test_a_recording_over_the_limit_is_not_even_sent(start_service) -> None:
    service = start_service(limits=Limits(upload_bytes=300_000))
    client = client_of(service)
    with pytest.raises(ServiceError) as caught:
        client.submit(bytes(400_000), JobSettings())
    assert caught.value.code == "too_large"


def test_the_client_reads_the_refusal_of_a_body_it_is_still_sending(start_service) -> None:
    service = start_service(limits=Limits())
    client = Client(f"http://127.0.0.1:{service.port}", "the-wrong-token-of-someone")
    with pytest.raises(ServiceError) as caught:
        client.submit(bytes(20_000_000), JobSettings())
    assert caught.value.code == "unauthorized"


def test_stopping_ends_open_streams_and_running_jobs(start_service) -> None:
    service = start_service(limits=Limits())
    client = client_of(service)
    job = Job(lambda control: generate(lambda: client, tone(), SLOW, control))
    job.start()
    while not any(isinstance(e, JobProgress) and e.stage == "motion" for e in job.drain()):
        time.sleep(0.02)
    service.stop()
    assert isinstance(finish(job)[-1], (JobCancelled, JobFailed))


def test_uploads_leave_no_files(client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for data in (tone(60), b"no sound" * 400_000):
        job = client.submit(data, JobSettings(kind="phones"))
        wait_for(client, job.id, "done", "failed")
    assert list(tmp_path.iterdir()) == []


def test_events_are_plain_server_sent_events(client: Client, service: Service) -> None:
    job = client.submit(tone(), JobSettings(kind="phones"))
    wait_for(client, job.id, "done")
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as connection:
        connection.sendall(
            f"GET /v1/jobs/{job.id}/events HTTP/1.0\r\nHost: localhost\r\n"
            f"Authorization: Bearer {TOKEN}\r\n\r\n".encode()
        )
        reply = b""
        while piece := connection.recv(65536):
            reply += piece
    head, _, body = reply.partition(b"\r\n\r\n")
    assert b"content-type: text/event-stream" in head.lower()
    name, data, *_ = body.decode().split("\n")
    assert name == "event: state"
    assert json.loads(data.removeprefix("data: "))["state"] == "done"
