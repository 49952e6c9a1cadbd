"""A corpus in one small file, to take it to a machine that trains: a tenth of its size, hearably the same.

The log-mel spectra are kept in steps of half a neper above a floor 13 nepers under the loudest band, prosody
and phone ends in steps finer than anything that reads them tells apart. Sound is left out: of the test split,
which needs it, nothing is packed.
"""

from __future__ import annotations

import bz2
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.phone import Phone
from elocute.audio.speech_features import MEL_BANDS, SUBFRAMES
from elocute.corpus.corpus import (
    LABELS,
    CorpusUtterance,
    Prosody,
    UtteranceFacts,
    read_corpus,
    utterance_path,
    write_list,
    write_utterance,
)
from elocute.errors import InputError
from elocute.storage.atomic_write import write_atomically
from elocute.storage.guard import guarded
from elocute.storage.npz import NpzKind, read_arrays

FORMAT: Final = "elocute-packed-corpus-1"
_PACKED: Final = NpzKind(
    "{path} is not a packed corpus: {reason}.", hint="Pack the corpus again.", largest=2**31
)
_NEPERS: Final = 0.5
_DEPTH: Final = 13.0
_DECIBELS: Final = 0.25
_OCTAVE_STEPS: Final = 96
_LOWEST_HZ: Final = 32.0
_VOICING_STEPS: Final = 100
_PHONE_STEPS: Final = 1000
"""Steps a second of the times at which phones end."""
_PROSODIES: Final = ("heard", "clean")


def pack_corpus(
    corpus: Path, target: Path, report: Callable[[float], None], part: int = 1, parts: int = 1
) -> int:
    """Write the training split of a corpus, or a share of it, as one file; returns the number of utterances.

    Args:
        corpus: folder of it.
        target: file to write.
        report: called with the share that is done.
        part: from 1 on: every ``parts``-th utterance, beginning with this one.
        parts: into how many files the corpus goes.

    Raises:
        InputError: the corpus is missing or damaged, or has no utterance for this file.
    """
    read = read_corpus(corpus)
    entries = read.utterances("train")[part - 1 :: parts]
    if not entries:
        lacking = "no training split" if part == 1 else f"too few utterances for {part} files"
        raise InputError(f"The corpus {corpus} has {lacking}.", code="bad_dataset")
    mel, prosody, phones, listed = [], [], [], []
    for done, entry in enumerate(entries, start=1):
        utterance = entry.load()
        floor, steps = _mel_steps(utterance.log_mel)
        mel.append(np.diff(steps, axis=0, prepend=np.int16(0)).astype(np.int8))
        for name in _PROSODIES:
            prosody.append(_prosody_steps(getattr(utterance, name)))
        sources = {}
        for source, found in utterance.phones.items():
            sources[source] = {"as": utterance.found_as[source], "count": len(found)}
            phones.append(_phone_steps(found))
        listed.append(
            {"facts": asdict(entry.facts), "frames": utterance.frames, "floor": floor, "phones": sources}
        )
        report(done / len(entries))
    told = json.dumps({"format": FORMAT, "settings": dict(read.settings), "utterances": listed})
    with write_atomically(target) as temporary, temporary.open("wb") as stream:
        np.savez(
            stream,
            told=_squeezed(np.frombuffer(told.encode(), np.uint8)),
            mel=_squeezed(np.concatenate(mel)),
            prosody=_squeezed(np.concatenate(prosody).T),
            phones=_squeezed(np.concatenate(phones).T),
        )
    return len(entries)


def unpack_corpus(packed: Sequence[Path], folder: Path) -> Path:
    """Make one corpus of the files that :func:`pack_corpus` wrote of it; returns its folder.

    Raises:
        InputError: a file is missing or damaged, or the files are of several corpora or hold an utterance
            twice.
    """
    (folder / "utterances").mkdir(parents=True, exist_ok=True)
    settings: list[dict[str, Any]] = []
    facts: list[UtteranceFacts] = []
    for path in packed:
        own, listed = _unpack(path, folder)
        if settings and own != settings[0]:
            raise InputError(
                f"{path} is of another corpus than {packed[0]}.",
                "Pack both of one corpus.",
                code="bad_dataset",
            )
        if twice := {one.name for one in facts} & {one.name for one in listed}:
            raise InputError(
                f"The utterance {min(twice)} is in {path} and in a file before it.",
                "Give every file once.",
                code="bad_dataset",
            )
        settings.append(own)
        facts += listed
    write_list(folder, settings[0], sorted(facts, key=lambda one: one.name))
    return folder


def _unpack(packed: Path, folder: Path) -> tuple[dict[str, Any], list[UtteranceFacts]]:
    """Write the utterances of a file; the corpus' settings, and what is told of each utterance."""
    stored = read_arrays(packed, _PACKED, names=("told", "mel", "prosody", "phones"))
    with guarded(lambda reason: _PACKED.error(packed, reason)):
        told = json.loads(_opened(stored["told"], np.uint8).tobytes())
        if told["format"] != FORMAT:
            raise ValueError("another format")
        mel = _opened(stored["mel"], np.int8).reshape(-1, MEL_BANDS)
        prosody = _opened(stored["prosody"], np.int16).reshape(3, -1).T
        phones = _opened(stored["phones"], np.int32).reshape(2, -1).T
    facts = []
    with guarded(lambda reason: _PACKED.error(packed, reason)):
        for each in told["utterances"]:
            rows = each["frames"] * SUBFRAMES
            own, mel = mel[:rows], mel[rows:]
            heard, prosody = prosody[: each["frames"]], prosody[each["frames"] :]
            clean, prosody = prosody[: each["frames"]], prosody[each["frames"] :]
            one = _facts(each["facts"])
            found: dict[str, tuple[Phone, ...]] = {}
            for source, about in each["phones"].items():
                part, phones = phones[: about["count"]], phones[about["count"] :]
                found[source] = _phones(part, one.seconds)
            utterance = CorpusUtterance(
                facts=one,
                log_mel=_mel(own, each["floor"]),
                heard=_prosody(heard),
                clean=_prosody(clean),
                phones=found,
                found_as={source: about["as"] for source, about in each["phones"].items()},
            )
            write_utterance(utterance_path(folder, one.name), utterance)
            facts.append(one)
    return dict(told["settings"]), facts


def _mel_steps(log_mel: NDArray[np.float16]) -> tuple[float, NDArray[np.int16]]:
    """Floor, and (T * SUBFRAMES, MEL_BANDS) steps above it."""
    rows = log_mel.astype(np.float32).reshape(-1, MEL_BANDS)
    floor = float(np.percentile(rows.max(axis=1), 95)) - _DEPTH
    return floor, np.clip(np.round((rows - floor) / _NEPERS), 0, 120).astype(np.int16)


def _mel(steps: NDArray[np.int8], floor: float) -> NDArray[np.float16]:
    values = floor + _NEPERS * np.cumsum(steps, axis=0, dtype=np.float32)
    return values.reshape(-1, SUBFRAMES, MEL_BANDS).astype(np.float16)


def _prosody_steps(prosody: Prosody) -> NDArray[np.int16]:
    """(T, 3) level, pitch (0 where unvoiced) and voicing in steps, level as changes."""
    level = np.clip(np.round(prosody.energy_db / _DECIBELS), -1000, 1000)
    pitch = np.zeros(len(level))
    voiced = prosody.pitch_hz > 0
    pitch[voiced] = np.maximum(np.round(_OCTAVE_STEPS * np.log2(prosody.pitch_hz[voiced] / _LOWEST_HZ)), 1)
    voicing = np.round(prosody.voicing * _VOICING_STEPS)
    return np.stack([np.diff(level, prepend=0.0), pitch, voicing], axis=1).astype(np.int16)


def _prosody(steps: NDArray[np.int16]) -> Prosody:
    level, pitch, voicing = steps.astype(np.float32).T
    hertz = np.where(pitch > 0, _LOWEST_HZ * 2.0 ** (pitch / _OCTAVE_STEPS), 0.0)
    return Prosody(
        (np.cumsum(level) * _DECIBELS).astype(np.float32),
        hertz.astype(np.float32),
        (voicing / _VOICING_STEPS).astype(np.float32),
    )


def _phone_steps(phones: Sequence[Phone]) -> NDArray[np.int32]:
    """(N, 2) label and length."""
    ends = np.round(np.array([phone.end for phone in phones]) * _PHONE_STEPS)
    labels = [LABELS.index(phone.label) for phone in phones]
    return np.stack([labels, np.diff(ends, prepend=0.0)], axis=1).astype(np.int32)


def _phones(steps: NDArray[np.int32], seconds: float) -> tuple[Phone, ...]:
    ends = (np.cumsum(steps[:, 1]) / _PHONE_STEPS).tolist()
    ends[-1] = seconds
    starts = [0.0, *ends[:-1]]
    return tuple(
        Phone(LABELS[label], start, end)
        for label, start, end in zip(steps[:, 0].tolist(), starts, ends, strict=True)
    )


def _facts(told: dict[str, Any]) -> UtteranceFacts:
    return replace(UtteranceFacts(**told), augmentation=tuple(told["augmentation"]))


def _squeezed(array: NDArray[Any]) -> NDArray[np.uint8]:
    return np.frombuffer(bz2.compress(np.ascontiguousarray(array).tobytes()), np.uint8)


def _opened(array: NDArray[Any], kind: type[np.generic]) -> NDArray[Any]:
    return np.frombuffer(bz2.decompress(array.tobytes()), kind)
