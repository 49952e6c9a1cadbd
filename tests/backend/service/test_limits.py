"""Who comes in, whose turn it is, and when to come again."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from addon.core.backend.client import Client, ServiceError
from addon.core.backend.messages import JobSettings, StyleSettings
from elocute.service.config import Limits
from elocute.service.server import Service
from tests.backend.service.conftest import TOKEN, client_of, running, wait_for
from tests.backend.service.fakes import GatedPipeline, tone


@pytest.fixture
def pipeline() -> Iterator[GatedPipeline]:
    pipeline = GatedPipeline()
    yield pipeline
    pipeline.gate.set()


def submit(client: Client, seed: int, **changed: object) -> str:
    return client.submit(tone(), JobSettings(seed=seed, **changed)).id


def refusal(client: Client, seed: int) -> ServiceError:
    with pytest.raises(ServiceError) as caught:
        submit(client, seed)
    return caught.value


def test_clients_take_turns(pipeline: GatedPipeline) -> None:
    with running(pipeline, Limits()) as service:
        ann, ben, cid = (client_of(service, name) for name in ("ann", "ben", "cid"))
        wait_for(ann, submit(ann, 0), "running")
        jobs = [submit(ann, seed) for seed in (1, 2, 3)]
        jobs += [submit(ben, 10), submit(ben, 11), submit(cid, 20)]
        positions = [ann.state(job).queue_position for job in jobs]
        assert positions == [1, 4, 6, 2, 5, 3]
        pipeline.gate.set()
        for job in jobs:
            wait_for(ann, job, "done")
        assert pipeline.begun == [0, 1, 10, 20, 2, 11, 3]


def test_without_a_name_the_address_counts_and_a_bad_name_is_refused(pipeline: GatedPipeline) -> None:
    with running(pipeline, Limits(waiting_jobs_of_client=1)) as service:
        for name, status in ((None, 202), ("ann", 202), ("a b", 422), ("x" * 65, 422), ("../x", 422)):
            assert _post(service, name, seed=status + len(name or "")) == status


def _post(service: Service, name: str | None, seed: int) -> int:
    body = (
        f'--B\r\nContent-Disposition: form-data; name="settings"\r\n\r\n{{"seed": {seed}}}\r\n'
        '--B\r\nContent-Disposition: form-data; name="audio"; filename="a"\r\n\r\n'
    ).encode()
    body += tone() + b"\r\n--B--\r\n"
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "multipart/form-data; boundary=B"}
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=20)
    try:
        connection.request(
            "POST", "/v1/jobs", body, headers if name is None else {**headers, "Elocute-Client": name}
        )
        return connection.getresponse().status
    finally:
        connection.close()


def test_one_client_cannot_fill_the_queue(pipeline: GatedPipeline) -> None:
    with running(pipeline, Limits(waiting_jobs=4, waiting_jobs_of_client=2)) as service:
        ann, ben = client_of(service, "ann"), client_of(service, "ben")
        wait_for(ann, submit(ann, 0), "running")
        submit(ann, 1)
        submit(ann, 2)
        refused = refusal(ann, 3)
        assert refused.code == "busy"
        assert "of this client" in str(refused)
        submit(ben, 10)
        submit(ben, 11)
        assert "too many jobs waiting" in str(refusal(client_of(service, "cid"), 20))


def test_jobs_that_joined_running_work_count_too(pipeline: GatedPipeline) -> None:
    with running(pipeline, Limits(waiting_jobs=3, waiting_jobs_of_client=3)) as service:
        ann = client_of(service, "ann")
        wait_for(ann, submit(ann, 0), "running")
        for _ in range(3):
            submit(ann, 0)
        assert refusal(ann, 0).code == "busy"


@pytest.mark.parametrize("seed", [0, 1])
def test_a_full_queue_takes_who_joins_what_is_there(pipeline: GatedPipeline, seed: int) -> None:
    """Running or waiting, but not without end."""
    with running(pipeline, Limits(waiting_jobs=1, waiting_jobs_of_client=2)) as service:
        ann = client_of(service, "ann")
        wait_for(ann, submit(ann, 0), "running")
        submit(ann, 1)
        assert "too many jobs waiting" in str(refusal(client_of(service, "ben"), 2))
        clients = [client_of(service, f"client-{number}") for number in range(7)]
        joined = [(client, submit(client, seed)) for client in clients]
        assert refusal(client_of(service, "late"), seed).code == "busy"
        pipeline.gate.set()
        for client, job in joined:
            wait_for(client, job, "done")
        assert pipeline.begun == [0, 1]


def test_what_is_there_already_is_given_though_the_queue_is_full(pipeline: GatedPipeline) -> None:
    with running(pipeline, Limits(waiting_jobs=1)) as service:
        ann = client_of(service, "ann")
        pipeline.gate.set()
        wait_for(ann, submit(ann, 0), "done")
        pipeline.gate.clear()
        wait_for(ann, submit(ann, 1), "running")
        submit(ann, 2)
        assert refusal(ann, 3).code == "busy"
        assert ann.submit(tone(), JobSettings(seed=0)).state == "done"


def test_a_refusal_says_when_to_come_again_and_each_its_own_moment(pipeline: GatedPipeline) -> None:
    with running(pipeline, Limits(waiting_jobs=1)) as service:
        ann = client_of(service, "ann")
        wait_for(ann, submit(ann, 0), "running")
        submit(ann, 1)
        refusals = [refusal(ann, seed) for seed in range(2, 6)]
        pauses = [one.retry_after or 0.0 for one in refusals]
        assert 0 < pauses[0] < pauses[1] < pauses[2] < pauses[3]
        assert f"in about {pauses[3]:.0f} s" in str(refusals[3])


def test_a_job_that_runs_too_long_fails_and_the_next_one_runs(pipeline: GatedPipeline) -> None:
    with running(pipeline, Limits(job_seconds=0.3)) as service:
        ann = client_of(service, "ann")
        job = submit(ann, 0)
        state = wait_for(ann, job, "failed")
        assert state.error is not None
        assert state.error.code == "too_long"
        assert "0.005 minutes" in state.error.message
        pipeline.gate.set()
        wait_for(ann, submit(ann, 1), "done")


def test_several_jobs_run_at_once(pipeline: GatedPipeline) -> None:
    with running(pipeline, Limits(running_jobs=3)) as service:
        ann = client_of(service, "ann")
        jobs = [submit(ann, seed) for seed in range(4)]
        for job in jobs[:3]:
            wait_for(ann, job, "running")
        assert ann.state(jobs[3]).queue_position == 1
        pipeline.gate.set()
        for job in jobs:
            wait_for(ann, job, "done")


def _begun_upload(service: Service, size: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", service.port), timeout=20)
    connection.sendall(
        f"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: {size}\r\n\r\n".encode()
    )
    return connection


def test_what_is_on_its_way_in_is_bounded_before_it_is_read(pipeline: GatedPipeline) -> None:
    limits = Limits(upload_bytes=1_000_000, waiting_bytes=1_000_000)
    with running(pipeline, limits) as service:
        ann = client_of(service, "ann")
        with _begun_upload(service, 980_000):
            time.sleep(0.3)
            refused = refusal(ann, 0)
            assert refused.code == "busy"
            assert refused.retry_after is not None
        for _ in range(500):  # the room is free again once the other has left
            try:
                submit(ann, 0)
                break
            except ServiceError:
                time.sleep(0.02)
        else:
            raise AssertionError("the room was not given back")


def test_clips_that_styles_are_made_of_need_room_too(pipeline: GatedPipeline) -> None:
    limits = Limits(upload_bytes=1_000_000, waiting_bytes=1_000_000)
    with running(pipeline, limits) as service, _begun_upload(service, 980_000):
        time.sleep(0.3)
        with pytest.raises(ServiceError) as caught:
            client_of(service, "ann").extract_style(bytes(50_000), StyleSettings())
        assert caught.value.code == "busy"


def test_a_body_that_does_not_tell_its_size_takes_the_room_of_the_largest(pipeline: GatedPipeline) -> None:
    limits = Limits(upload_bytes=1_000_000, waiting_bytes=1_000_000)
    with running(pipeline, limits) as service:
        connection = socket.create_connection(("127.0.0.1", service.port), timeout=20)
        with connection:
            connection.sendall(
                f"POST /v1/jobs HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
                "Content-Type: multipart/form-data; boundary=B\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
            )
            time.sleep(0.3)
            assert refusal(client_of(service, "ann"), 0).code == "busy"


def test_many_at_once_are_never_mixed_up(pipeline: GatedPipeline) -> None:
    pipeline.gate.set()
    with running(pipeline, Limits(running_jobs=2, kept_jobs=1000)) as service:
        problems: list[str] = []

        def one(number: int) -> None:
            client = client_of(service, f"client-{number}")
            for turn in range(4):
                seconds = 0.2 + 0.04 * number
                seed = (number + turn) % 5
                job = client.submit(tone(seconds), JobSettings(seed=seed))
                state = wait_for(client, job.id, "done", "failed")
                if state.summary is None or abs(state.summary.seconds - seconds) > 1e-3:
                    problems.append(f"{number} got {state}")

        threads = [threading.Thread(target=one, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert problems == []
