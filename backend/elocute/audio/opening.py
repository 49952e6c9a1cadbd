"""The beginning of a recording, heard by itself, for somebody who waits to see something.

The phones of a long recording are found in all of it before its motion can be made. Its first seconds alone
are heard in a fraction of that time. What is heard so is not what is heard in the whole: neither the pace nor
the level of the rest is known, edges of phones are less exact, and no words are recognised.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from elocute.audio.decode import Audio
from elocute.audio.phones.chunks import cut_into_chunks
from elocute.audio.speech_features import SAMPLE_RATE

LONGEST_SECONDS: Final = 6.0
"""Of an opening: it ends at a pause before."""
_LEAST_LEFT: Final = 6.0
"""Seconds behind the longest opening; in a shorter recording all is found about as soon."""


def opening_of(audio: Audio) -> Audio | None:
    """The first seconds of a recording up to a pause; None for a short one."""
    if audio.seconds < LONGEST_SECONDS + _LEAST_LEFT:
        return None
    reach = audio.samples[: round((LONGEST_SECONDS + _LEAST_LEFT) * SAMPLE_RATE)]
    end = cut_into_chunks(reach, LONGEST_SECONDS)[0].end
    return replace(audio, spoken=False, samples=audio.samples[:end], seconds=end / SAMPLE_RATE)
