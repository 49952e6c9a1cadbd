"""A tiny corpus of made-up speech with lessons, for the training of models that hear phones."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from elocute.audio.phone import ARPABET, Phone
from elocute.audio.speech_features import MEL_BANDS, SUBFRAMES
from elocute.corpus.corpus import (
    CorpusUtterance,
    Prosody,
    UtteranceFacts,
    utterance_path,
    write_list,
    write_utterance,
)
from elocute.corpus.lessons import LessonPlan, Lessons, make_lessons
from elocute.progress import Progress

PLAN = LessonPlan(styles=11, per_line=3, seed=4)
"""Three styles beside the presets: every line has a lesson in each, or in a preset instead."""


def make_corpus(folder: Path, lines: int = 4, seconds: float = 3.0) -> Path:
    """Lines of random phones with sound that follows them."""
    facts = []
    (folder / "utterances").mkdir(parents=True)
    for number in range(lines):
        utterance = _utterance(f"train_{number:05d}", number, seconds)
        write_utterance(utterance_path(folder, utterance.facts.name), utterance)
        facts.append(utterance.facts)
    write_list(folder, {"made": "for tests"}, facts)
    return folder


def teach_corpus(corpus: Path, folder: Path) -> Lessons:
    """Lessons for it, in this process's one worker."""
    return make_lessons(corpus, folder, PLAN, "train", 1, Progress())


def _utterance(name: str, seed: int, seconds: float) -> CorpusUtterance:
    rng = np.random.default_rng(seed)
    inner = np.sort(rng.uniform(0.3, seconds - 0.3, 20))
    edges = [0.0, *inner, seconds]
    labels = ["SIL", *rng.choice(ARPABET, 19), "SIL"]
    phones = tuple(Phone(str(label), a, b) for label, a, b in zip(labels, edges[:-1], edges[1:], strict=True))
    frames = round(seconds * 25)
    prosody = Prosody(
        rng.uniform(-60, -15, frames).astype(np.float32),
        rng.choice([0.0, 110.0, 150.0], frames).astype(np.float32),
        rng.uniform(0, 1, frames).astype(np.float32),
    )
    return CorpusUtterance(
        facts=UtteranceFacts(name, "train", "voice", "flite", "en", "text", seconds, (), f"{seed:064x}"),
        log_mel=rng.normal(-8, 3, (frames, SUBFRAMES, MEL_BANDS)).astype(np.float16),
        heard=prosody,
        clean=prosody,
        phones={"exact": phones, "transcript": phones, "allphone": phones},
        found_as={"exact": "exact", "transcript": "transcript", "allphone": "allphone"},
    )
