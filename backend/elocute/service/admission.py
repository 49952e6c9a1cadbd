"""Whether one more job may come in, and when somebody who is turned away should come again."""

from __future__ import annotations

from collections import Counter
from typing import Final

from elocute.service.config import Limits
from elocute.service.observer import Observer, Refusal
from elocute.service.replies import RequestRefused, refused
from elocute.service.service_rate import ServiceRate
from elocute.service.works import Waiting

_JOINED_FOR_A_PLACE: Final = 8
"""A full queue still takes jobs that join what waits there, until there are so many times as many."""


class Admission:
    """Counts what is on its way in, refuses what does not fit with what waits. Its owner's lock guards it.

    Args:
        limits: bounds.
        observer: hears of refusals.
    """

    def __init__(self, limits: Limits, observer: Observer) -> None:
        self._limits = limits
        self._observer = observer
        self._coming: Counter[str] = Counter()  # jobs by client that are being written down
        self._coming_bytes = 0
        self.uploading_bytes = 0
        """Of requests that are being received."""
        self.rate = ServiceRate(limits.running_jobs)

    def begin_upload(self, size: int, waiting: Waiting) -> None:
        """Keep room for a request of so many bytes, until :meth:`end_upload`.

        Raises:
            RequestRefused: there is none.
        """
        if self.uploading_bytes + self._coming_bytes + waiting.bytes + size > self._limits.waiting_bytes:
            raise self._busy("bytes", self.rate.next_place())
        self.uploading_bytes += size

    def end_upload(self, size: int) -> None:
        """The request is here, or broke off."""
        self.uploading_bytes -= size

    def begin_job(self, client: str, size: int, waiting: Waiting, *, joins: bool = False) -> None:
        """Keep a place for a job with so many bytes, until :meth:`end_job`.

        Args:
            client: whose job it is.
            size: bytes that it adds to what waits.
            waiting: what waits.
            joins: it is for work that others wait for already, so it costs nothing but its own record.

        Raises:
            RequestRefused: there is none.
        """
        limits = self._limits
        places = limits.waiting_jobs * (_JOINED_FOR_A_PLACE if joins else 1)
        if waiting.jobs.total() + self._coming.total() >= places:
            raise self._busy("queue", self.rate.next_place())
        if waiting.jobs[client] + self._coming[client] >= limits.waiting_jobs_of_client:
            raise self._busy("client", self.rate.seconds_for(len(waiting.jobs)))
        if waiting.bytes + self._coming_bytes + size > limits.waiting_bytes:
            raise self._busy("bytes", self.rate.next_place())
        self._coming[client] += 1
        self._coming_bytes += size

    def end_job(self, client: str, size: int) -> None:
        """The job waits now, or was refused after all."""
        self._coming[client] -= 1
        if not self._coming[client]:
            del self._coming[client]
        self._coming_bytes -= size

    def ending(self) -> RequestRefused:
        """The refusal of a service that is ending."""
        self._observer.refused("ending")
        return refused(503, "ending", "The service is shutting down.")

    def disk_full(self) -> RequestRefused:
        """The refusal of a service that can store nothing."""
        self._observer.refused("disk")
        return refused(
            507,
            "no_space",
            "The service cannot store the job: its disk is full or does not work.",
            "Free some space for the service.",
        )

    def _busy(self, why: Refusal, retry_after: int) -> RequestRefused:
        self._observer.refused(why)
        what = {"client": "too many jobs of this client waiting", "bytes": "too much sound waiting"}
        return refused(
            429,
            "busy",
            f"The service has {what.get(why, 'too many jobs waiting')}.",
            f"Try again in about {retry_after} s.",
            retry_after=retry_after,
        )
