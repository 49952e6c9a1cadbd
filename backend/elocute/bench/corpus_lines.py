"""Lines of a corpus that no model was trained on, with the teacher's motion."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from elocute.audio.speech_features import SpeechFeatures
from elocute.bench.held_out import HeldOutLine
from elocute.bench.variants import Variant
from elocute.corpus.corpus import CorpusUtterance, read_corpus
from elocute.errors import InputError
from elocute.progress import Progress

_RUN_TIME_PHONES: Final = ("transcript", "recognition", "allphone")
_SILENCE: Final = "silence"
"""What the phone finder calls its answer where it hears nothing said."""
_TRUTH_SEED: Final = 0


def held_out_lines(
    corpus: Path, count: int, styles: Sequence[str], each: int, teacher: Variant, progress: Progress
) -> list[HeldOutLine]:
    """Lines of a corpus' test split, spread over it, with the teacher's motion; styles take turns.

    Raises:
        InputError: the corpus is missing or damaged, or has no test split.
    """
    spoken = corpus_speech(corpus, count)
    lines = []
    for number, (speech, exact) in enumerate(spoken):
        progress.report("teacher", number / len(spoken))
        for turn in range(min(each, len(styles))):
            style = styles[(number * each + turn) % len(styles)]
            truth = teacher.make(exact, style, _TRUTH_SEED, 1)[0]
            lines.append(HeldOutLine(f"line {number + 1}", style, speech, exact, truth))
    return lines


def corpus_speech(corpus: Path, count: int) -> list[tuple[SpeechFeatures, SpeechFeatures]]:
    """Lines of a corpus' test split, spread over it: as heard at run time, and as the teacher hears them.

    Lines so noisy that nothing was heard in them are left out: every model rests in those.

    Raises:
        InputError: the corpus is missing or damaged, or has no test split in which something was heard.
    """
    entries = read_corpus(corpus).utterances("test")
    heard = [each for each in (entry.load() for entry in entries) if not _is_silent(each)]
    if not heard:
        raise InputError(f"The corpus {corpus} has no test split.", code="bad_dataset")
    count = min(count, len(heard))
    chosen = [heard[n * len(heard) // count] for n in range(count)]
    return [(_run_time(utterance), utterance.speech("exact", clean=True)) for utterance in chosen]


def _run_time(utterance: CorpusUtterance) -> SpeechFeatures:
    """The noisy sound with the phones that the front end finds in it."""
    return utterance.speech(_run_source(utterance))


def _is_silent(utterance: CorpusUtterance) -> bool:
    source = _run_source(utterance)
    return source is not None and utterance.found_as[source] == _SILENCE


def _run_source(utterance: CorpusUtterance) -> str | None:
    return next((source for source in _RUN_TIME_PHONES if source in utterance.phones), None)
