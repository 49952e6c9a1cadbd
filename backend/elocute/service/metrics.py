"""What the service tells Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

import elocute
from elocute.service.observer import Figures, Refusal, Way

MEDIA_TYPE: Final = CONTENT_TYPE_LATEST
_SECONDS: Final = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1000.0, 2500.0)


class Metrics:
    """Counts what the queue tells: an :class:`~elocute.service.observer.Observer`. One for each service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self._accepted = Counter(
            "elocute_jobs_accepted",
            "Jobs accepted: new work, joined to equal work, or answered with a kept result.",
            ("kind", "way"),
            registry=self._registry,
        )
        self._refused = Counter(
            "elocute_jobs_refused",
            "Jobs refused because of the queue, the client, the bytes waiting, the disk, or the end.",
            ("why",),
            registry=self._registry,
        )
        self._worked = Histogram(
            "elocute_work_seconds",
            "Time that work took, by how it ended.",
            ("kind", "end"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._waited = Histogram(
            "elocute_queue_seconds",
            "Time from accepting a job to the beginning of its work.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._speech = Counter(
            "elocute_speech_seconds",
            "Seconds of speech in the work that was done.",
            registry=self._registry,
        )

    def accepted(self, kind: str, way: Way) -> None:
        """A job was accepted."""
        self._accepted.labels(kind, way).inc()

    def refused(self, why: Refusal) -> None:
        """A job was refused for want of room."""
        self._refused.labels(why).inc()

    def waited(self, seconds: float) -> None:
        """Work begins after so long in the queue."""
        self._waited.observe(seconds)

    def worked(self, kind: str, end: str, seconds: float, audio_seconds: float) -> None:
        """Work ended, after so long, on so much speech (0 where it was not done)."""
        self._worked.labels(kind, end).observe(seconds)
        self._speech.inc(audio_seconds)

    def show(self, figures: Callable[[], Figures], ready: Callable[[], bool]) -> None:
        """Tell these figures of the moment too, from now on."""
        self._registry.register(_Moment(figures, ready))

    def text(self) -> bytes:
        """All of it, in Prometheus' text format."""
        return generate_latest(self._registry)


class _Moment(Collector):
    def __init__(self, figures: Callable[[], Figures], ready: Callable[[], bool]) -> None:
        self._figures = figures
        self._ready = ready

    def collect(self) -> Iterator[Metric]:
        figures = self._figures()
        yield GaugeMetricFamily("elocute_ready", "Whether jobs are taken and done.", float(self._ready()))
        yield GaugeMetricFamily("elocute_jobs_waiting", "Jobs in the queue.", figures.waiting)
        yield GaugeMetricFamily("elocute_clients_waiting", "Clients with jobs in the queue.", figures.clients)
        yield GaugeMetricFamily("elocute_work_running", "Work that is being done.", figures.running)
        yield GaugeMetricFamily(
            "elocute_waiting_bytes", "Bytes of recordings that wait or are received.", figures.waiting_bytes
        )
        yield GaugeMetricFamily("elocute_results", "Results that are kept.", figures.results)
        yield GaugeMetricFamily("elocute_result_bytes", "Bytes of the results kept.", figures.result_bytes)
        build = GaugeMetricFamily("elocute_build", "Always 1; the version is its label.", labels=("version",))
        build.add_metric((elocute.__version__,), 1.0)
        yield build
