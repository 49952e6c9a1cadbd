"""The three pocketsphinx decoders: alignment of known words, word recognition, phone recognition.

Each decodes one utterance at a time from 16-bit samples and must stay in one thread: a decoder shared by
threads gives wrong results. What a decoder hears does not depend on what it heard before: pocketsphinx
carries features over from one utterance to the next, so they are set up anew before each request. What the
settings are worth is told in docs/speech.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pocketsphinx
from numpy.typing import NDArray

from elocute.audio.phone import SILENCE
from elocute.audio.speech_features import SAMPLE_RATE
from elocute.storage.leftovers import temporary_folder

MIN_SAMPLES = 800
"""Fewer samples give no frame at all, and an empty utterance leaves a decoder stuck for good."""
_SECONDS_PER_STEP = 0.01
_WIDE_BEAM = 1e-120
_MOST_KNOWN = 10_000
"""Pronunciations that a placer has learnt when it forgets them all."""
_BOUNDARY_SHIFT = 0.008  # a step's time is its start, the sound it stands for lies 8 ms later
_VARIANT = re.compile(r"\(\d+\)$")
_FILLER = re.compile(r"^(<.*>|\[.*\]|\+\+.*\+\+)$")

Segment = tuple[str, float, float]


@dataclass(frozen=True)
class Aligned:
    """Phones and words of one chunk, seconds from the chunk's start.

    Attributes:
        phones: contiguous from 0 to the chunk's end.
        words: without silences.
        score: mean log-likelihood of a 10 ms step; -5..-16 where words and sound agree, under -25 where
            they do not.
    """

    phones: list[Segment]
    words: list[Segment]
    score: float


@dataclass(frozen=True)
class Heard:
    """Words recognised in one chunk.

    Attributes:
        words: without silences.
        posterior: mean of the words' posterior probabilities, weighted by duration; 0 without words.
        worded_seconds: duration of all words together.
    """

    words: list[Segment]
    posterior: float
    worded_seconds: float


class Aligner:
    """Places known words, and their phones, in the sound.

    Args:
        dictionary: path of the words it knows from the start; by default 135,000 English ones.
    """

    def __init__(self, dictionary: str | None = None) -> None:
        self._dictionary = dictionary
        self._decoder = _alignment_decoder(dictionary)
        self._taught: dict[str, str] = {}

    def align(
        self, samples: NDArray[np.int16], words: Sequence[str], extra: Mapping[str, str]
    ) -> Aligned | None:
        """Align ``words``; ``extra`` gives the pronunciations that the dictionary lacks.

        Returns:
            None where the words cannot be fitted to the sound at all.
        """
        if len(samples) < MIN_SAMPLES or not words:
            return None
        self._teach(extra)
        _begin_anew(self._decoder)
        try:
            self._decoder.set_align_text(" ".join(words))
            _decode(self._decoder, samples)
            if self._decoder.hyp() is None:
                return None
            self._decoder.set_alignment()
            _decode(self._decoder, samples)
            entries = [(word, list(word)) for word in self._decoder.get_alignment()]
        except RuntimeError:
            # pocketsphinx's way of saying that no path through the words reaches the end of the sound
            return None
        phones = [(_phone_label(phone.name), phone.start) for _, parts in entries for phone in parts]
        steps = sum(phone.duration for _, parts in entries for phone in parts)
        if not phones or not steps:
            return None
        score = sum(phone.score for _, parts in entries for phone in parts) / steps
        spoken = [
            (_VARIANT.sub("", word.name), _time(word.start), _time(word.start + word.duration))
            for word, _ in entries
            if not _FILLER.match(word.name)
        ]
        return Aligned(_contiguous(phones, len(samples) / SAMPLE_RATE), spoken, score)

    def _teach(self, extra: Mapping[str, str]) -> None:
        """Add the words that the dictionary lacks; one that was taught otherwise before is learned anew."""
        if any(self._taught.get(word, phones) != phones for word, phones in extra.items()):
            self._decoder, self._taught = _alignment_decoder(self._dictionary), {}
        missing = {word: phones for word, phones in extra.items() if self._decoder.lookup_word(word) is None}
        for index, (word, phones) in enumerate(missing.items()):
            self._decoder.add_word(word, phones, index == len(missing) - 1)
        self._taught |= missing


class PhonePlacer:
    """Finds the edges of known phones.

    The aligner's dictionary holds what was asked for and nothing else, so it is there in 15 ms, and is made
    anew before it grows large.
    """

    def __init__(self) -> None:
        self._known: set[str] = set()
        self._aligner = _aligner_without_words()

    def place(self, samples: NDArray[np.int16], groups: Sequence[Sequence[str]]) -> list[Segment] | None:
        """Place phones, given in groups between which there may be pauses.

        Returns:
            Contiguous phones, or None where they cannot be fitted to the sound at all.
        """
        names = ["_".join(["said", *labels]) for labels in groups]
        if len(self._known) + len(names) > _MOST_KNOWN and self._known:
            self._aligner, self._known = _aligner_without_words(), set()
        self._known |= set(names)
        said = {name: " ".join(labels) for name, labels in zip(names, groups, strict=True)}
        aligned = self._aligner.align(samples, names, said)
        return None if aligned is None else aligned.phones


def _aligner_without_words() -> Aligner:
    with temporary_folder(label="phones") as folder:
        dictionary = folder / "said.dict"
        dictionary.write_text("said AH\n", encoding="ascii")  # the decoder wants at least one word
        return Aligner(str(dictionary))


class Recogniser:
    """Hears English words without being told them."""

    def __init__(self) -> None:
        self._decoder = pocketsphinx.Decoder(loglevel="FATAL")

    def hear(self, samples: NDArray[np.int16]) -> Heard:
        """Words and how sure the decoder is of them."""
        return _hear(self._decoder, samples)


class TranscriptRecogniser:
    """Hears words of a transcript, in whatever order and number they are said."""

    def __init__(self, language_model: str, dictionary: str) -> None:
        """Takes the paths of a model and of a dictionary that holds just its words."""
        # The second, flat pass costs a third of the time and hardly hears more of so small a vocabulary.
        self._decoder = pocketsphinx.Decoder(
            lm=language_model,
            dict=dictionary,
            bestpath=False,
            fwdflat=False,
            silprob=0.2,
            loglevel="FATAL",
        )

    def hear(self, samples: NDArray[np.int16]) -> Heard:
        """Words in the order heard; ``posterior`` says nothing here."""
        return _hear(self._decoder, samples)


class SoundRecogniser:
    """Hears phones without words."""

    def __init__(self) -> None:
        self._decoder = pocketsphinx.Decoder(
            lm=None,
            dict=None,
            allphone=pocketsphinx.get_model_path("en-us/en-us-phone.lm.bin"),
            lw=2.0,
            loglevel="FATAL",
        )

    def hear(self, samples: NDArray[np.int16]) -> list[Segment]:
        """Contiguous phones."""
        seconds = len(samples) / SAMPLE_RATE
        if len(samples) < MIN_SAMPLES:
            return [(SILENCE, 0.0, seconds)]
        _begin_anew(self._decoder)
        _decode(self._decoder, samples)
        segments = self._decoder.seg()
        starts = [(_phone_label(segment.word), segment.start_frame) for segment in segments or ()]
        return _contiguous(starts or [(SILENCE, 0)], seconds)


def _hear(decoder: Any, samples: NDArray[np.int16]) -> Heard:
    if len(samples) < MIN_SAMPLES:
        return Heard([], 0.0, 0.0)
    _begin_anew(decoder)
    _decode(decoder, samples)
    words: list[Segment] = []
    weighted = total = 0.0
    for segment in decoder.seg() or ():
        if _FILLER.match(segment.word):
            continue
        steps = segment.end_frame + 1 - segment.start_frame
        name = _VARIANT.sub("", segment.word)
        words.append((name, _time(segment.start_frame), _time(segment.end_frame + 1)))
        weighted += segment.prob * steps
        total += steps
    return Heard(words, weighted / total if total else 0.0, total * _SECONDS_PER_STEP)


def _alignment_decoder(dictionary: str | None) -> Any:
    words = {} if dictionary is None else {"dict": dictionary}
    # With bestpath the sentence marks get one-step segments and the phone pass fails. With the beams that
    # recognition has, voices and noises unlike the model's lose their only path; these cost a tenth more.
    return pocketsphinx.Decoder(
        lm=None,
        bestpath=False,
        silprob=0.2,
        beam=_WIDE_BEAM,
        pbeam=_WIDE_BEAM,
        wbeam=_WIDE_BEAM,
        loglevel="FATAL",
        **words,
    )


def _begin_anew(decoder: Any) -> None:
    """Forget what was carried over from the utterances before."""
    decoder.reinit_feat()


@contextmanager
def _utterance(decoder: Any) -> Iterator[None]:
    decoder.start_utt()
    try:
        yield
    finally:
        decoder.end_utt()


def _decode(decoder: Any, samples: NDArray[np.int16]) -> None:
    with _utterance(decoder):
        decoder.process_raw(samples.tobytes(), full_utt=True)


def _phone_label(name: str) -> str:
    """ARPAbet or SIL; the acoustic model's noise and filler units count as silence."""
    return SILENCE if name.startswith(("+", "<", "SIL")) else name


def _time(step: int) -> float:
    return step * _SECONDS_PER_STEP + _BOUNDARY_SHIFT if step else 0.0


def _contiguous(starts: Sequence[tuple[str, int]], seconds: float) -> list[Segment]:
    """Segments that begin at the given steps and fill 0..seconds; neighbouring silences become one."""
    merged: list[tuple[str, float]] = []
    for label, step in starts:
        begin = min(_time(step), seconds)
        if merged and label == SILENCE == merged[-1][0]:
            continue
        if merged and begin <= merged[-1][1]:
            continue
        merged.append((label, begin if merged else 0.0))
    ends = [begin for _, begin in merged[1:]] + [seconds]
    return [(label, begin, end) for (label, begin), end in zip(merged, ends, strict=True) if end > begin]
