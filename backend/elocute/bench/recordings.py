"""Recordings with reference phones: NAME.wav (flac, ogg ...), NAME.json, and NAME.txt with the transcript."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from elocute.audio.phone import ARPABET, SILENCE, Phone
from elocute.audio.speech_features import SpeechFeatures
from elocute.errors import InputError

WAYS: Final = ("transcript", "recognition", "allphone", "sound")
"""How a model gets its phones: from what is said, by recognised words, by the sounds alone, not at all."""
SOUNDS: Final = (".wav", ".flac", ".ogg", ".mp3", ".m4a")


@dataclass(frozen=True)
class Recording:
    """A recording with reference phones.

    Attributes:
        path: of the sound.
        phones: what is really said, and when.
        transcript: what is said as text, or None.
        reference: where the phones come from, as their file says: ``hand``, ``textgrid``,
            ``forced_alignment`` or another word; empty where it does not say.
    """

    path: Path
    phones: tuple[Phone, ...]
    transcript: str | None
    reference: str = ""

    @property
    def seconds(self) -> float:
        """Where the last phone ends."""
        return self.phones[-1].end

    def heard(self, way: str) -> SpeechFeatures:
        """What a model is told.

        Args:
            way: one of :data:`WAYS`.

        Raises:
            InputError: the sound cannot be used, or there is no transcript for ``transcript``.
        """
        from elocute.audio.analysis import analyse_speech
        from elocute.audio.decode import load_audio
        from elocute.audio.phones.request import NO_WORDS

        audio = load_audio(self.path)
        if way == "sound":
            return analyse_speech(audio, phones="off")
        if way == "transcript" and self.transcript is None:
            raise InputError(
                f"There is no transcript {self.path.with_suffix('.txt')}.",
                "Write it, or leave the way transcript out.",
                code="missing_file",
            )
        if way == "allphone":
            return analyse_speech(audio, words=NO_WORDS)
        return analyse_speech(audio, transcript=self.transcript if way == "transcript" else None)


def recordings_in(folder: Path) -> list[Recording]:
    """Recordings of a folder that have reference phones.

    Raises:
        InputError: there are none, or a phone file is damaged.
    """
    sounds = sorted(p for p in folder.glob("*") if p.suffix.lower() in SOUNDS)
    found = [read_recording(path) for path in sounds if path.with_suffix(".json").is_file()]
    if not found:
        raise InputError(
            f"There are no recordings with phones in {folder}.",
            "Each needs NAME.wav (or flac, ogg ...) and NAME.json.",
            code="missing_file",
        )
    return found


def read_recording(path: Path) -> Recording:
    """One recording, with the phones and the text beside it.

    Raises:
        InputError: the phone file is missing or damaged.
    """
    told = path.with_suffix(".json")
    try:
        read = json.loads(told.read_text(encoding="utf-8"))
        rows, reference = read["phones"], str(read.get("reference", ""))
        phones = tuple(Phone(str(r["phone"]), float(r["start"]), float(r["end"])) for r in rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{told} is not a phone file.", code="bad_phone_file") from error
    if not phones or any(phone.label not in {SILENCE, *ARPABET} for phone in phones):
        raise InputError(f"{told} has no phones, or unknown ones.", code="bad_phone_file")
    text = path.with_suffix(".txt")
    transcript = text.read_text(encoding="utf-8-sig") if text.is_file() else None
    return Recording(path, phones, transcript, reference)
