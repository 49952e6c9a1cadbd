"""What machines ask for: does it live, is it ready, how is it doing."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from addon.core.backend.client import ServiceError
from addon.core.backend.messages import JobSettings
from elocute.errors import InputError
from elocute.generator import ModelInfo
from elocute.service.config import Limits
from elocute.service.server import Service
from tests.backend.service.conftest import client_of, get, running, wait_for
from tests.backend.service.fakes import GatedPipeline, tone


class WarmingPipeline(GatedPipeline):
    """Loads its model when it is told to."""

    def __init__(self, failure: Exception | None = None) -> None:
        super().__init__()
        self.loaded = threading.Event()
        self._failure = failure

    def warm_up(self) -> None:
        assert self.loaded.wait(20)
        if self._failure is not None:
            raise self._failure


@pytest.fixture
def pipeline() -> Iterator[GatedPipeline]:
    pipeline = GatedPipeline()
    yield pipeline
    pipeline.gate.set()


def figures(service: Service) -> dict[str, float]:
    """Every sample by its name and labels."""
    status, headers, body = get(service, "/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain; version=")
    found = {}
    for family in text_string_to_metric_families(body.decode()):
        assert family.documentation
        for sample in family.samples:
            labels = ",".join(sample.labels[name] for name in sorted(sample.labels))
            found[f"{sample.name}({labels})"] = sample.value
    return found


@pytest.mark.parametrize("path", ["/health", "/v1/health"])
def test_health_needs_no_token_and_tells_no_secret(pipeline: GatedPipeline, path: str) -> None:
    with running(pipeline, Limits()) as service:
        status, _, body = get(service, path, token=None)
        assert status == 200
        assert set(re.findall(rb'"(\w+)":', body)) == {
            b"service", b"version", b"wire", b"max_upload_bytes", b"engine", b"reads_films",
        }  # fmt: skip


def test_it_is_ready_once_its_model_is_loaded() -> None:
    pipeline = WarmingPipeline()
    with running(pipeline, Limits()) as service:
        assert get(service, "/health", token=None)[0] == 200
        status, _, body = get(service, "/ready", token=None)
        assert status == 503
        assert b'"loading"' in body
        assert figures(service)["elocute_ready()"] == 0
        pipeline.loaded.set()
        for _ in range(500):
            if (answer := get(service, "/ready", token=None))[0] == 204:
                break
        assert answer[0] == 204
        assert answer[2] == b""
        assert figures(service)["elocute_ready()"] == 1


def test_it_is_not_ready_without_its_model() -> None:
    pipeline = WarmingPipeline(InputError("The model's files are damaged.", code="bad_checkpoint"))
    pipeline.loaded.set()
    with running(pipeline, Limits()) as service:
        for _ in range(500):
            body = get(service, "/ready", token=None)[2]
            if b"loading" not in body:
                break
        assert b"bad_checkpoint" in body


def test_metrics_need_the_token(pipeline: GatedPipeline) -> None:
    with running(pipeline, Limits()) as service:
        assert get(service, "/metrics", token=None)[0] == 401
        assert get(service, "/metrics", token="another-token-of-someone")[0] == 401


def test_metrics_count_what_happens(pipeline: GatedPipeline) -> None:
    with running(pipeline, Limits(waiting_jobs=2)) as service:
        ann, ben = client_of(service, "ann"), client_of(service, "ben")
        first = ann.submit(tone(), JobSettings(seed=0))
        wait_for(ann, first.id, "running")
        ben.submit(tone(), JobSettings(seed=0))
        waiting = ann.submit(tone(), JobSettings(seed=1))
        with pytest.raises(ServiceError):
            ben.submit(tone(), JobSettings(seed=2))
        told = figures(service)
        assert told["elocute_work_running()"] == 1
        assert told["elocute_jobs_waiting()"] == 1
        assert told["elocute_clients_waiting()"] == 1
        assert told["elocute_waiting_bytes()"] == len(tone())
        assert told["elocute_jobs_refused_total(queue)"] == 1
        pipeline.gate.set()
        wait_for(ann, waiting.id, "done")
        ann.submit(tone(), JobSettings(seed=1))
        bad = ann.submit(b"no sound", JobSettings(kind="phones"))
        wait_for(ann, bad.id, "failed")
        told = figures(service)
        assert told["elocute_jobs_accepted_total(generate,new)"] == 2
        assert told["elocute_jobs_accepted_total(generate,joined)"] == 1
        assert told["elocute_jobs_accepted_total(generate,cached)"] == 1
        assert told["elocute_work_seconds_count(done,generate)"] == 2
        assert told["elocute_work_seconds_count(failed,phones)"] == 1
        assert told["elocute_queue_seconds_count()"] == 3
        assert told["elocute_speech_seconds_total()"] == pytest.approx(2.0)
        assert told["elocute_results()"] == 2
        assert told["elocute_result_bytes()"] > 1000
        assert told["elocute_jobs_waiting()"] == 0
        assert told["elocute_waiting_bytes()"] == 0
        assert told["process_resident_memory_bytes()"] > 1e6


def test_two_services_in_one_process_count_for_themselves(pipeline: GatedPipeline) -> None:
    pipeline.gate.set()
    with running(pipeline, Limits()) as one, running(pipeline, Limits()) as other:
        client = client_of(one)
        wait_for(client, client.submit(tone(), JobSettings()).id, "done")
        assert figures(one)["elocute_results()"] == 1
        assert figures(other)["elocute_results()"] == 0


def test_a_service_whose_default_is_damaged_still_says_that_it_lives() -> None:
    class Damaged(GatedPipeline):
        def describe(self, model: str | None) -> ModelInfo:
            raise InputError("The folder of the model elocute-lite is damaged.")

    with running(Damaged(), Limits()) as service:
        status, _, body = get(service, "/health")
        assert status == 200
        assert b'"engine":""' in body
