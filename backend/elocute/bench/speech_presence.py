"""How often speech is missed, and how often noise and music are taken for it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from elocute.audio.decode import load_audio
from elocute.audio.speech_presence import speech_presence
from elocute.bench.generated_sounds import MUSIC, NOISES, RATE, Samples, in_every_manner
from elocute.bench.recordings import SOUNDS
from elocute.errors import InputError

LENGTHS_S = (1.0, 3.0, 12.0, 60.0)


@dataclass
class Wrong:
    """Answers that are wrong.

    Attributes:
        of: sounds that were asked about.
        wrong: how many were answered wrongly, without and with a transcript being given.
        names: which they are, without a transcript.
    """

    of: int = 0
    wrong: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})
    names: list[str] = field(default_factory=list)

    def ask(self, name: str, samples: Samples, spoken: bool) -> None:
        """Ask about one sound."""
        self.of += 1
        for told in self.wrong:
            if speech_presence(samples.astype(np.float32), told=told).spoken != spoken:
                self.wrong[told] += 1
                if not told:
                    self.names.append(name)


def speech_missed(folders: Iterable[Path], seed: int) -> Mapping[str, Wrong]:
    """Manner -> answers, for every recording of the folders in every manner.

    Raises:
        InputError: there are no recordings, or one cannot be used.
    """
    rng = np.random.default_rng(seed)
    paths = sorted(p for folder in folders for p in folder.glob("*") if p.suffix.lower() in SOUNDS)
    if not paths:
        raise InputError("There are no recordings in these folders.", "Give folders of recordings.")
    answers: dict[str, Wrong] = {}
    for path in paths:
        speech = load_audio(path).samples.astype(np.float64)
        for manner, samples in in_every_manner(speech, rng).items():
            answers.setdefault(manner, Wrong()).ask(path.name, samples, spoken=True)
    return answers


def taken_for_speech(seeds: Iterable[int]) -> Mapping[str, Wrong]:
    """Kind -> answers, for generated noises and music of several lengths."""
    answers: dict[str, Wrong] = {}
    for seed in seeds:
        rng = np.random.default_rng(seed)
        for kind, make in (NOISES | MUSIC).items():
            for seconds in LENGTHS_S:
                samples = make(rng, round(seconds * RATE))
                answers.setdefault(kind, Wrong()).ask(f"{seconds:g} s, seed {seed}", samples, spoken=False)
    return answers


def share_of_real_time(seconds: float = 60.0) -> float:
    """Time that asking about noise of so many seconds takes, relative to its length."""
    samples = NOISES["pink"](np.random.default_rng(0), round(seconds * RATE)).astype(np.float32)
    begin = time.perf_counter()
    speech_presence(samples)
    return (time.perf_counter() - begin) / seconds


def table(title: str, answers: Mapping[str, Wrong]) -> str:
    """Answers as a Markdown table."""
    lines = [
        f"| {title} | sounds | wrong | wrong where a transcript is given | which |",
        "|---|---:|---:|---:|---|",
    ]
    for name, wrong in answers.items():
        which = ", ".join(wrong.names[:4])
        lines.append(f"| {name} | {wrong.of} | {wrong.wrong[False]} | {wrong.wrong[True]} | {which} |")
    total = sum(wrong.of for wrong in answers.values())
    missed = {told: sum(wrong.wrong[told] for wrong in answers.values()) for told in (False, True)}
    lines.append(f"| all | {total} | {missed[False]} | {missed[True]} | |")
    return "\n".join(lines)
