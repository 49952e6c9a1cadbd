"""Random numbers of a take, one independent stream for each part of the face."""

from __future__ import annotations

import zlib

import numpy as np

from elocute.audio.speech_features import SpeechFeatures


def random_stream(speech: SpeechFeatures, seed: int, purpose: str) -> np.random.Generator:
    """Independent random numbers for each part of the face, so that one does not shift another.

    The sound takes part: lines of one scene made with one seed must not all blink at the same moment.
    """
    return np.random.default_rng(
        [seed, zlib.crc32(purpose.encode()), zlib.crc32(speech.audio_sha256.encode())]
    )
