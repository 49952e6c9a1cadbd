"""Phones by a recogniser that hears them in any language: with a text, with recognised words, or without."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from elocute.audio.decode import Audio
from elocute.audio.languages import AUTO, find_language
from elocute.audio.phone import SILENCE, Phone, Word
from elocute.audio.phones.bare_sounds import bare_sounds
from elocute.audio.phones.belief import heard_confidence, recognised_confidence, told_confidence, words_agree
from elocute.audio.phones.chunks import cut_into_chunks
from elocute.audio.phones.heard_symbols import HeardSymbol, Hearing
from elocute.audio.phones.lips_of_symbols import arpabet_of_symbol
from elocute.audio.phones.listening import PIECE_SECONDS, Heard, listen
from elocute.audio.phones.other_voices import Level, without_other_voices
from elocute.audio.phones.phone_edges import Spike, segments
from elocute.audio.phones.pool import PhonePool
from elocute.audio.phones.posteriors import PhoneRecogniser
from elocute.audio.phones.processes import PhoneProcessDied, refuse_what_may_go_well
from elocute.audio.phones.refinement import Segment, refine
from elocute.audio.phones.request import PhoneResult, PhoneSettings, clock
from elocute.audio.phones.told_language import follow_text
from elocute.audio.phones.word_alignment import PlacedWord, WordAlignment, place_words
from elocute.audio.speech_presence import speech_presence
from elocute.audio.text.reading import read_transcript
from elocute.audio.text.spoken_word import SpokenText, SpokenWord, as_typed
from elocute.audio.words.choice import choose_words
from elocute.audio.words.engine import HeardText, Samples, WordEngine, WordsFailed
from elocute.errors import listed
from elocute.progress import Progress

_AROUND: Final = 2
"""Frames before and after a phone in which its lips may be heard, too."""
_LEAST_WORD_PROBABILITY: Final = 0.35
_HIGHEST_WORD_COST: Final = 2.4
_SECOND_OF_TWO: Final = 0.03
_LONGEST_RUN: Final = 8
_LONGEST_PAUSE: Final = 0.3
WORDS_HEARD: Final = "Words heard: "
"""What the note on recognised words begins with; the panel tells those of several lines in one sentence."""
NOTHING_HEARD: Final = "No sound of speech was heard in this recording, so the mouth stays at rest."
_LONGEST_SHOWN: Final = 300
_ENDS: Final = tuple(".!?\u2026\u3002\uff01\uff1f\u061f\u06d4\u0964\"'\u201d\u2019\u00bb)")
"""What a sentence may end with; recognisers end some with a comma, and many with nothing."""
_READ_IN: Final = (
    " It was read in {}; if another language is spoken, give it with --language, or in Blender as Language."
)
_MANY_LEFT_OUT: Final = 0.3
"""Share of a transcript's words that are not found from which it may be in another language."""


Confidence = Callable[[PlacedWord, float], float]
"""Of a phone of a word, given how likely its lips are by the sound alone."""


@dataclass(frozen=True)
class _Sound:
    """A phone on its way into the result."""

    spike: Spike
    ipa: str
    confidence: float


@dataclass(frozen=True)
class _Group:
    """A word, or a run of sounds without one (text None)."""

    text: str | None
    sounds: tuple[_Sound, ...]


class HearingFinder:
    """One recording on its way to phones.

    Args:
        audio: the recording.
        settings: what is asked for.
        progress: stage ``phones``.
        pool: processes of pocketsphinx for exact edges, or None without.
        recogniser: of phones.
    """

    def __init__(
        self,
        audio: Audio,
        settings: PhoneSettings,
        progress: Progress,
        pool: PhonePool | None,
        recogniser: PhoneRecogniser,
    ) -> None:
        self._audio = audio
        self._settings = settings
        self._progress = progress
        self._pool = pool
        self._recogniser = recogniser
        code = settings.language.lower()
        self._language = "en" if code == AUTO else find_language(code).code
        self.notes: list[str] = []
        self._makeshift = False

    def find(self) -> PhoneResult:
        """The phones.

        Raises:
            InputError: the phone processes were killed, hung, or found no room on this machine.
            Cancelled: the progress was cancelled.
        """
        text = self._settings.known_text
        self._report(0.0)
        # The analysis has looked already; to look takes .7 s of the processor for 100 s of sound.
        if not (self._audio.spoken or speech_presence(self._audio.samples, told=text is not None).spoken):
            return self._silent(text)
        heard = listen(self._audio.samples, self._recogniser, lambda share: self._report(0.6 * share))
        if self._settings.mode == "allphone":
            return self._result(heard, _runs_of(heard.hearing, 0, heard.hearing.frames), "allphone", text)
        if text is not None:
            found = self._follow(heard, text)
            if found is not None:
                return self._result(heard, found, "transcript", text)
        return self._recognise(heard)

    # With a text

    def _follow(self, heard: Heard, text: str) -> list[_Group] | None:
        """The words of the text, and what else is heard; None where the text belongs to something else."""
        told = follow_text(heard.hearing, text, self._settings.language)
        self.notes += told.notes
        script, placed = told.script, told.placed
        if not script.words:
            if not told.notes:
                self.notes.append("The transcript holds no words that can be read, so it was not used.")
            return None
        if placed is None or not placed.fits:
            self.notes.append("The transcript does not match the recording, so it was not used.")
            return None
        level = Level(heard.level_db, heard.hearing.posteriors.step)
        placed, others = without_other_voices(placed, level)
        self._note_differences(heard, placed, others, script)
        return _groups_of(
            heard.hearing, placed, script.words, lambda word, lips: told_confidence(word.cost, lips)
        )

    def _note_differences(
        self, heard: Heard, placed: WordAlignment, others: Sequence[tuple[int, int]], script: SpokenText
    ) -> None:
        if placed.left_out:
            share, words = len(placed.words), script.words
            typed = as_typed(words, self._settings.known_text or "")
            names = listed([typed[index] for index in placed.left_out])
            language = find_language(script.language).name
            many = len(placed.left_out) >= _MANY_LEFT_OUT * len(words)
            reading = _READ_IN.format(language) if many else ""
            self.notes.append(
                f"Only {share} of the transcript's {len(words)} words are said in the recording. "
                f"Left out: {names}.{reading}"
            )
        if placed.untold:
            self.notes.append(
                f"At {_times(heard, placed.untold)} more is said than the transcript holds, so the sounds "
                "there were heard instead."
            )
        if others:
            self.notes.append(
                f"At {_times(heard, others)} something much quieter is said than the transcript's words, so "
                "it was taken for another voice and moves no lips."
            )

    # Without one

    def _recognise(self, heard: Heard) -> PhoneResult:
        """Words where they are sure, bare sounds elsewhere."""
        choice = choose_words(self._settings.words, self._language)
        self._makeshift = choice.makeshift
        if choice.note:
            self.notes.append(choice.note)
        everything = (0, heard.hearing.frames)
        engine = choice.engine
        if engine is not None and engine.detects and self._settings.language.lower() == AUTO:
            self._language = AUTO
        if engine is None or not engine.understands(self._language):
            return self._result(heard, _runs_of(heard.hearing, *everything), "allphone", None)
        groups: list[_Group] = []
        said: list[str] = []
        worded = False
        pieces = cut_into_chunks(heard.samples, min(PIECE_SECONDS, engine.longest))
        step = heard.hearing.posteriors.step
        for number, piece in enumerate(pieces):
            self._report(0.6 + 0.2 * number / len(pieces))
            first, last = (
                round(piece.start_seconds / step),
                round((piece.start_seconds + piece.seconds) / step),
            )
            part = heard.hearing.part(first, last)
            if not piece.audible:
                continue
            if not part.heard():  # words would be made up; lips may be heard that several sounds share
                groups += _runs_of(heard.hearing, first, last)
                continue
            written = self._written(engine, heard.samples[piece.start : piece.end])
            found = self._believed(part, written)
            if found is None:
                groups += _runs_of(heard.hearing, first, last)
                continue
            worded = True
            said.append(written.text)
            groups += [_later(group, first * step) for group in found]
        if not worded and groups:
            self.notes.append("No words were recognised with confidence, so the sounds alone were heard.")
        text = " ".join(said) or None
        if text is not None:
            shown = f"{text[:_LONGEST_SHOWN]} ..." if len(text) > _LONGEST_SHOWN else _ended(text)
            self.notes.append(
                f"{WORDS_HEARD}{shown} Where they are wrong, give the right ones as transcript."
            )
        return self._result(heard, groups, "recognition" if worded else "allphone", text)

    def _written(self, engine: WordEngine, samples: Samples) -> HeardText:
        try:
            return engine.transcribe(samples, self._language)
        except WordsFailed as error:
            self._makeshift = True
            note = f"{engine.name} could not recognise words ({error}), so the sounds alone were heard."
            if note not in self.notes:
                self.notes.append(note)
            return HeardText("", 0.0)

    def _believed(self, part: Hearing, written: HeardText) -> list[_Group] | None:
        """The groups of recognised words where the sounds heard agree with them."""
        if written.probability < _LEAST_WORD_PROBABILITY or not written.text:
            return None
        script = read_transcript(written.text, self._language)
        placed = place_words(part, script.words)
        if placed is None or not placed.fits or not words_agree(written.probability, placed.cost):
            return None
        doubts = {
            word.index: written.doubt(script.words[word.index].start, script.words[word.index].end)
            for word in placed.words
        }
        unheard = [word for word in placed.words if word.cost > _HIGHEST_WORD_COST]
        believed = replace(
            placed,
            words=tuple(word for word in placed.words if word.cost <= _HIGHEST_WORD_COST),
            untold=placed.untold + tuple((int(word.first[0]), int(word.last[-1])) for word in unheard),
        )
        return _groups_of(
            part,
            believed,
            script.words,
            lambda word, lips: recognised_confidence(word.cost, doubts[word.index], lips),
        )

    # Both

    def _result(self, heard: Heard, groups: Sequence[_Group], source: str, text: str | None) -> PhoneResult:
        sounds = [sound for group in groups for sound in group.sounds]
        if not sounds:
            self.notes.append(NOTHING_HEARD)
            return self._silent(text)
        spikes = [sound.spike for sound in sounds]
        placed = segments(spikes, heard.level_db, heard.seconds)
        ranges = _ranges(groups)
        placed = self._refined(heard, spikes, ranges, placed)
        spans = {index: (start, end) for index, start, end in placed if index >= 0}
        phones = tuple(self._phone(sounds, segment, heard.stretch) for segment in placed)
        last = phones[-1]
        phones = (*phones[:-1], replace(last, end=self._audio.seconds))
        words = tuple(
            Word(group.text, spans[part[0]][0] / heard.stretch, spans[part[-1]][1] / heard.stretch)
            for group, part in zip(groups, ranges, strict=True)
            if group.text is not None and part[0] in spans and part[-1] in spans
        )
        self._report(1.0)
        return PhoneResult(phones, words, source, text, tuple(self.notes), self._makeshift)

    def _refined(
        self, heard: Heard, spikes: Sequence[Spike], groups: Sequence[range], placed: list[Segment]
    ) -> list[Segment]:
        if self._pool is None:
            return placed
        try:
            return refine(
                heard,
                spikes,
                groups,
                placed,
                self._pool,
                self._progress,
                lambda share: self._report(0.8 + 0.2 * share),
            )
        except PhoneProcessDied as error:
            refuse_what_may_go_well(error)
            self._makeshift = True
            self.notes.append(
                f"The phone process crashed on this recording ({error}), so edges of phones are less exact."
            )
            return placed

    def _phone(self, sounds: Sequence[_Sound], segment: Segment, stretch: float) -> Phone:
        index, start, end = segment
        if index < 0:
            return Phone(SILENCE, start / stretch, end / stretch)
        sound = sounds[index]
        return Phone(sound.spike.label, start / stretch, end / stretch, round(sound.confidence, 3), sound.ipa)

    def _silent(self, text: str | None) -> PhoneResult:
        self._report(1.0)
        silence = (Phone(SILENCE, 0.0, self._audio.seconds),)
        return PhoneResult(silence, (), "silence", text, tuple(self.notes))

    def _report(self, share: float) -> None:
        self._progress.report("phones", share)


def _times(heard: Heard, spans: Sequence[tuple[int, int]]) -> str:
    scale = heard.hearing.posteriors.step / heard.stretch
    return listed([f"{clock(first * scale)}-{clock(last * scale)}" for first, last in spans])


def _groups_of(
    hearing: Hearing, placed: WordAlignment, words: Sequence[SpokenWord], confidence: Confidence
) -> list[_Group]:
    """Words found and sounds between them, in order of time."""
    timed: list[tuple[int, _Group]] = []
    for word in placed.words:
        timed.append((int(word.first[0]), _group_of(hearing, word, words[word.index].text, confidence)))
    for first, last in placed.untold:
        timed += [
            (round(group.sounds[0].spike.time / hearing.posteriors.step), group)
            for group in _runs_of(hearing, first, last)
        ]
    return [group for _, group in sorted(timed, key=lambda pair: pair[0])]


def _group_of(hearing: Hearing, word: PlacedWord, text: str, confidence: Confidence) -> _Group:
    step = hearing.posteriors.step
    sounds = []
    for phone, first, last in zip(word.pronunciation, word.first, word.last, strict=True):
        likely = hearing.likelihood(phone.ipa)
        time = _middle(likely, int(first), int(last)) * step
        near = slice(max(int(first) - _AROUND, 0), int(last) + _AROUND)
        lips = float(min(hearing.lips(phone.arpabet)[near].max(), 1.0))
        sounds.append(_Sound(Spike(phone.arpabet, time), phone.ipa, confidence(word, lips)))
    return _Group(text, tuple(sounds))


def _middle(
    log_probability: np.ndarray[tuple[int, ...], np.dtype[np.float32]], first: int, last: int
) -> float:
    """Frame of the middle of a spike: its mean, weighted by probability, two frames further each way."""
    begin = max(first - 2, 0)
    weights = np.exp(log_probability[begin : last + 2].astype(np.float64))
    return begin + 0.5 + float((weights * np.arange(len(weights))).sum() / weights.sum())


def _runs_of(hearing: Hearing, first: int, last: int) -> list[_Group]:
    """Sounds heard in some frames, without words, in runs that are spoken at one go."""
    step = hearing.posteriors.step
    groups: list[_Group] = []
    run: list[_Sound] = []
    before: HeardSymbol | None = None
    for symbol in bare_sounds(hearing, first, last):
        pause = before is not None and (symbol.first - before.last) * step > _LONGEST_PAUSE
        if run and (pause or len(run) >= _LONGEST_RUN):
            groups.append(_Group(None, tuple(run)))
            run = []
        run += _sounds_of(symbol, step)
        before = symbol
    if run:
        groups.append(_Group(None, tuple(run)))
    return groups


def _sounds_of(symbol: HeardSymbol, step: float) -> Iterator[_Sound]:
    time = 0.5 * (symbol.first + symbol.last) * step
    confidence = heard_confidence(symbol.lips)
    for number, label in enumerate(arpabet_of_symbol(symbol.symbol)):
        yield _Sound(Spike(label, time + number * _SECOND_OF_TWO), symbol.symbol, confidence)


def _later(group: _Group, seconds: float) -> _Group:
    moved = tuple(
        replace(sound, spike=replace(sound.spike, time=sound.spike.time + seconds)) for sound in group.sounds
    )
    return replace(group, sounds=moved)


def _ranges(groups: Sequence[_Group]) -> list[range]:
    """Which of all sounds are each group's."""
    ranges: list[range] = []
    first = 0
    for group in groups:
        ranges.append(range(first, first + len(group.sounds)))
        first += len(group.sounds)
    return ranges


def _ended(text: str) -> str:
    """A text as a sentence of its own."""
    text = text.rstrip(" ,;:-\u2013\u2014\u3001\uff0c\u060c")
    return text if text.endswith(_ENDS) else f"{text}."
