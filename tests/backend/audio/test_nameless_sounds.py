"""A sound that has no name, as one that is sent in a request: sentences about it read well all the same."""

from __future__ import annotations

import io
import re
from types import SimpleNamespace

import numpy as np
import pytest
import soundfile

from elocute.audio.decoding import ffmpeg_blocks
from elocute.audio.decoding.decoder import decode_sound
from elocute.audio.decoding.naming import NAMELESS, sound_of, within
from elocute.errors import InputError

RATE = 8000
TIME = np.arange(8 * RATE) / RATE
TONE, OTHER = 0.2 * np.sin(2 * np.pi * 200 * TIME), 0.2 * np.sin(2 * np.pi * 900 * TIME)
TURNS = np.repeat([1.0, 0.01, 1.0, 0.01], 2 * RATE)


def sentences(planes: np.ndarray) -> list[str]:
    """What is said of a sound without a name; ``planes`` is (samples, channels)."""
    file = io.BytesIO()
    soundfile.write(file, planes, RATE, format="WAV", subtype="FLOAT")
    try:
        return list(decode_sound(file.getvalue()).notes)
    except InputError as error:
        return [error.message]


def coded_strangely() -> list[str]:
    track = SimpleNamespace(codec_context=None)
    container = SimpleNamespace(streams=SimpleNamespace(audio=[track], video=[]))
    with pytest.raises(InputError) as refusal:
        ffmpeg_blocks._sound_track(container, NAMELESS, 0)
    return [refusal.value.message]


CASES = {
    "channels that cancel out": lambda: sentences(np.stack([TONE, -TONE], 1)),
    "surround sound": lambda: sentences(np.stack([OTHER, OTHER, TONE, OTHER, OTHER, OTHER], 1)),
    "two voices": lambda: sentences(np.stack([TONE * TURNS, OTHER * TURNS[::-1]], 1)),
    "no numbers": lambda: sentences(np.full((RATE, 1), np.nan)),
    "some numbers": lambda: sentences(np.where(np.arange(RATE) < 9, np.nan, TONE[:RATE])[:, None]),
    "too loud": lambda: sentences(1e4 * TONE[:, None]),
    "too short": lambda: sentences(TONE[:9, None]),
    "strange coding": coded_strangely,
}


@pytest.mark.parametrize("case", CASES)
def test_a_nameless_sound_is_named_once_and_rightly(case):
    (told,) = CASES[case]()
    assert re.search("the sound", told, re.IGNORECASE)
    assert "of the sound of" not in told.lower()
    assert "The sound" not in told[1:], told
    assert not told.lower().startswith("the sound of the sound")


def test_what_has_a_name_is_called_by_it():
    assert (within("line.wav"), sound_of("line.wav")) == ("line.wav", "The sound of line.wav")
