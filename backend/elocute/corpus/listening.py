"""Phones as the run-time front end finds them, fast enough for hours of speech."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from elocute.audio.decode import Audio
from elocute.audio.phones.finder import PhoneResult, PhoneSettings, find_phones
from elocute.audio.phones.pool import PhonePool
from elocute.audio.phones.processes import Request
from elocute.errors import UserError
from elocute.progress import Progress


class Listener:
    """The phone front end.

    Hearing free words costs ten times what everything else does. Where they are only the last resort of a
    transcript that does not fit, they are taken to be unsure, as they nearly always turn out to be in sound
    that even known words cannot be found in; the front end then hears bare sounds.
    """

    def find(self, audio: Audio, settings: PhoneSettings) -> PhoneResult:
        """Phones of a recording, never None.

        Raises:
            UserError: the phone process died twice on it (``engine_failed``).
        """
        found = find_phones(audio, settings, pool=_SparingPool(hears_words=settings.known_text is None))
        if found.phones is None:
            raise UserError(f"There are no phones: {' '.join(found.notes)}", code="engine_failed")
        return found


class _SparingPool(PhonePool):
    """One phone process, which may spare itself hearing free words."""

    def __init__(self, *, hears_words: bool) -> None:
        super().__init__(workers=1)
        self._hears_words = hears_words

    def map(
        self, requests: Sequence[Request], progress: Progress, report: Callable[[float], None]
    ) -> list[dict[str, Any]]:
        """Replies to ``requests``, in their order."""
        if not self._hears_words and requests and requests[0].op == "recognise":
            unsure = {
                "heard": {"words": [], "posterior": 0.0, "worded_seconds": 1.0},
                "aligned": {"phones": None},
            }
            return [unsure for _ in requests]
        return super().map(requests, progress, report)
