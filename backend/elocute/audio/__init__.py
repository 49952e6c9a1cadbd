"""From a sound file to per-frame speech features and phones.

What other packages import:

* ``elocute.audio.decode``: ``load_audio(path_or_bytes) -> Audio`` (mono, 16 kHz, float32).
* ``elocute.audio.analysis``: ``analyse_speech(audio, transcript=..., language=..., phones=...,
  progress=...) -> SpeechFeatures``, everything a generator is told about the sound.
* ``elocute.audio.phones.finder``: ``find_phones(audio, PhoneSettings(...)) -> PhoneResult``, phones alone.
* ``elocute.audio.textgrid``: ``write_textgrid(path, phones, words, seconds)`` and ``textgrid_text``.
* ``elocute.audio.phone_json``: ``write_phone_json`` and ``read_phone_json``.

``Audio``, ``load_audio`` and ``analyse_speech`` can be had from here too. They are loaded when first asked
for, so that the phone process, which lies below this package, starts without them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from elocute.audio.analysis import analyse_speech
    from elocute.audio.decode import Audio, load_audio

__all__ = ["Audio", "analyse_speech", "load_audio"]

_HOMES = {
    "Audio": "elocute.audio.decode",
    "analyse_speech": "elocute.audio.analysis",
    "load_audio": "elocute.audio.decode",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
