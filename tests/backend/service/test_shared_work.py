"""Equal jobs share one work while it runs, and its result afterwards, whoever asks."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from addon.core.backend.client import Client, ServiceError
from addon.core.backend.event_stream import Window
from addon.core.backend.generation import generate
from addon.core.backend.messages import JobSettings, JobState
from addon.core.job import JobControl
from elocute.errors import InputError
from elocute.service.config import Limits
from elocute.service.job_key import job_key
from elocute.service.messages import JobSettings as ServiceJobSettings
from elocute.service.server import Service
from elocute.service.work import JobRequest
from tests.backend.service.conftest import client_of, running, wait_for
from tests.backend.service.fakes import GatedPipeline, still_clip, tone


@pytest.fixture
def pipeline() -> GatedPipeline:
    return GatedPipeline()


@pytest.fixture
def service(pipeline: GatedPipeline) -> Iterator[Service]:
    with running(pipeline, Limits()) as service:
        yield service
        pipeline.gate.set()


@pytest.fixture
def ann(service: Service) -> Client:
    return client_of(service, "ann")


@pytest.fixture
def ben(service: Service) -> Client:
    return client_of(service, "ben")


def test_a_second_client_joins_work_that_runs_and_then_has_its_result(
    pipeline: GatedPipeline, ann: Client, ben: Client
) -> None:
    first = ann.submit(tone(), JobSettings(seed=1))
    wait_for(ann, first.id, "running")
    second = ben.submit(tone(), JobSettings(seed=1))
    assert second.id != first.id
    assert second.state == "running"
    pipeline.gate.set()
    assert wait_for(ben, second.id, "done").summary == wait_for(ann, first.id, "done").summary
    assert ben.clip(second.id) == ann.clip(first.id)
    third = ben.submit(tone(), JobSettings(seed=1))
    assert third.state == "done"  # at once
    assert ben.clip(third.id) == ann.clip(first.id)
    assert ben.phones(third.id) == ann.phones(first.id)
    assert pipeline.begun == [1]


def test_a_makeshift_result_is_for_those_who_waited_for_it_alone(
    pipeline: GatedPipeline, ann: Client, ben: Client
) -> None:
    pipeline.makeshift = True
    first = ann.submit(tone(), JobSettings(seed=1))
    wait_for(ann, first.id, "running")
    second = ben.submit(tone(), JobSettings(seed=1))
    pipeline.gate.set()
    for client, job in ((ann, first), (ben, second)):
        wait_for(client, job.id, "done")
        assert client.clip(job.id)
    pipeline.makeshift = False
    again = ben.submit(tone(), JobSettings(seed=1))
    wait_for(ben, again.id, "done")
    assert pipeline.begun == [1, 1]
    assert ben.submit(tone(), JobSettings(seed=1)).state == "done"
    assert ann.clip(first.id) == ben.clip(again.id)
    assert pipeline.begun == [1, 1]


def test_jobs_that_wait_share_work_and_places(pipeline: GatedPipeline, ann: Client, ben: Client) -> None:
    running_job = ann.submit(tone(), JobSettings(seed=0))
    wait_for(ann, running_job.id, "running")
    waiting = [ann.submit(tone(), JobSettings(seed=seed)).id for seed in (1, 2)]
    joined = ben.submit(tone(), JobSettings(seed=2))  # ben's turn is before ann's second
    assert ann.state(waiting[0]).queue_position == 1
    assert ben.state(joined.id).queue_position == 2
    assert ann.state(waiting[1]).queue_position == 2
    pipeline.gate.set()
    for job in waiting:
        wait_for(ann, job, "done")
    assert wait_for(ben, joined.id, "done").summary is not None
    assert pipeline.begun == [0, 1, 2]


@pytest.mark.parametrize("state", ["queued", "running"])
def test_who_leaves_does_not_take_the_work_from_others(
    pipeline: GatedPipeline, ann: Client, ben: Client, state: str
) -> None:
    if state == "queued":
        wait_for(ann, ann.submit(tone(), JobSettings(seed=9)).id, "running")
    first = ann.submit(tone(), JobSettings(seed=1))
    second = ben.submit(tone(), JobSettings(seed=1))
    wait_for(ann, first.id, state)
    assert ann.cancel(first.id).state == "cancelled"
    pipeline.gate.set()
    wait_for(ben, second.id, "done")
    assert ben.clip(second.id)
    assert ann.state(first.id).state == "cancelled"


def test_work_that_is_being_cancelled_is_not_joined(
    pipeline: GatedPipeline, ann: Client, ben: Client
) -> None:
    first = ann.submit(tone(), JobSettings(seed=1))
    wait_for(ann, first.id, "running")
    ann.cancel(first.id)
    second = ben.submit(tone(), JobSettings(seed=1))
    pipeline.gate.set()
    wait_for(ben, second.id, "done")
    wait_for(ann, first.id, "cancelled")


@pytest.mark.parametrize(
    ("sound", "settings"),
    [
        (1.0, JobSettings(seed=1)),
        (1.1, JobSettings()),
        (1.0, JobSettings(takes=2)),
        (1.0, JobSettings(transcript="ah")),
        (1.0, JobSettings(language="de")),
        (1.0, JobSettings(segment="0-0.5")),
        (1.0, JobSettings(segment="@1")),
        (1.0, JobSettings(style="neutral")),
        (1.0, JobSettings(options={"jaw": 1.5})),
        (1.0, JobSettings(choices={"sampler": "exact"})),
        (1.0, JobSettings(head_motion=False)),
        (1.0, JobSettings(lip_contacts=False)),
        (1.0, JobSettings(phones=True)),
        (1.0, JobSettings(kind="phones")),
    ],
)
def test_whatever_changes_the_result_is_another_job(
    pipeline: GatedPipeline, ann: Client, sound: float, settings: JobSettings
) -> None:
    pipeline.gate.set()
    wait_for(ann, ann.submit(tone(1.0), JobSettings()).id, "done")
    other = ann.submit(tone(sound), settings)
    assert wait_for(ann, other.id, "done", "failed").state == "done"
    assert len(pipeline.begun) == (1 if settings.kind == "phones" else 2)


def test_style_files_count_by_their_names_and_contents(pipeline: GatedPipeline) -> None:
    sent = [{}, {"a": b"one"}, {"a": b"other"}, {"b": b"one"}, {"a": b"one", "b": b"one"}]
    keys = [job_key(pipeline, JobRequest(b"", ServiceJobSettings(), styles), "0" * 64) for styles in sent]
    assert len(set(keys)) == len(sent)


def test_motion_that_a_job_goes_on_from_counts_by_its_content(pipeline: GatedPipeline) -> None:
    one, two = still_clip(10), still_clip(11)
    requests = [JobRequest(b"", ServiceJobSettings(), before=content) for content in (None, one, two)]
    assert len({job_key(pipeline, request, "0" * 64) for request in requests}) == 3
    assert requests[1].size == len(one)


def test_motion_that_is_none_is_refused_before_the_job_waits(pipeline: GatedPipeline) -> None:
    for attached in ({"before": b"none"}, {"base": b"none"}):
        settings = ServiceJobSettings(ranges=((0.1, 0.2),) if "base" in attached else ())
        with pytest.raises(InputError, match="not a motion clip"):
            job_key(pipeline, JobRequest(b"", settings, **attached), "0" * 64)


def test_the_model_counts_by_its_files_and_the_front_end_by_its_packages(
    pipeline: GatedPipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    request = JobRequest(b"", ServiceJobSettings())
    keys = {job_key(pipeline, request, "0" * 64), job_key(GatedPipeline(version="2"), request, "0" * 64)}
    monkeypatch.setattr("elocute.service.job_key.engines_installed", lambda: ("another",))
    keys.add(job_key(pipeline, request, "0" * 64))
    monkeypatch.setattr("elocute.request_key.FRONT_END_VERSION", 10**6)
    keys.add(job_key(pipeline, request, "0" * 64))
    assert len(keys) == 4


def test_what_failed_is_tried_again(pipeline: GatedPipeline, ann: Client) -> None:
    pipeline.gate.set()
    for expected in (1, 2):
        job = ann.submit(b"no sound", JobSettings())
        assert wait_for(ann, job.id, "failed").error is not None
        assert len(pipeline.begun) == expected


def test_pressing_generate_again_is_instant_and_shows_the_same_windows(
    pipeline: GatedPipeline, ann: Client
) -> None:
    pipeline.gate.set()
    seen: list[list[Window]] = [[], []]
    results = [
        generate(lambda: ann, tone(), JobSettings(takes=2), JobControl(), on_window=windows.append)
        for windows in seen
    ]
    assert results[0] == results[1]
    assert seen[0] == seen[1] != []
    assert len(pipeline.begun) == 1  # though the add-on deletes each job when it has the clips


def test_an_event_stream_of_a_job_that_was_done_at_once(pipeline: GatedPipeline, ann: Client) -> None:
    pipeline.gate.set()
    wait_for(ann, ann.submit(tone(), JobSettings()).id, "done")
    events = list(ann.events(ann.submit(tone(), JobSettings()).id, windows=False))
    assert [event.state for event in events if isinstance(event, JobState)] == ["done"]


def test_a_result_goes_when_it_is_too_old(pipeline: GatedPipeline) -> None:
    pipeline.gate.set()
    with running(pipeline, Limits(kept_seconds=0.3)) as service:
        client = client_of(service)
        job = client.submit(tone(), JobSettings())
        list(client.events(job.id))
        time.sleep(0.4)
        with pytest.raises(ServiceError, match="no such job"):
            client.state(job.id)
        client.submit(tone(), JobSettings(seed=1))  # one is made, the other goes
        list(client.events(client.submit(tone(), JobSettings()).id))
    assert pipeline.begun == [0, 1, 0]
