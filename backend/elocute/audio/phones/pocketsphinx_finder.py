"""Phones by pocketsphinx alone: English words aligned or recognised, nearest sounds for other languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from elocute.audio.decode import Audio
from elocute.audio.phone import SILENCE, Phone, Word
from elocute.audio.phones.chunks import (
    Chunk,
    cut_into_chunks,
    level_contour,
    prepare_for_decoder,
    speech_seconds,
)
from elocute.audio.phones.distribution import estimate_word_times, share_out
from elocute.audio.phones.language_model import transcript_language_model
from elocute.audio.phones.pool import PhonePool
from elocute.audio.phones.processes import Request
from elocute.audio.phones.request import PhoneResult, PhoneSettings, clock
from elocute.audio.text.english.lexicon import Lexicon, Pronounced
from elocute.audio.text.english.reading import english_words
from elocute.audio.text.plain import plain_text
from elocute.errors import listed
from elocute.progress import Progress
from elocute.storage.leftovers import temporary_folder

LOWEST_SCORE = -25.0
"""Mean log-likelihood of a step under which words and sound do not belong together."""
LOWEST_POSTERIOR = 0.40
"""Mean word posterior under which recognised words are worth less than bare sounds."""
_SCORE_TO_SPARE = 3.0
_FEWEST_HEARD = 0.5


@dataclass(frozen=True)
class _Part:
    """What is known about one chunk; times from the chunk's start."""

    phones: list[list[Any]]
    words: list[list[Any]]
    source: str


class PocketsphinxFinder:
    """One recording on its way to phones."""

    def __init__(self, audio: Audio, settings: PhoneSettings, progress: Progress, pool: PhonePool) -> None:
        self._audio = audio
        self._settings = settings
        self._progress = progress
        self._pool = pool
        self._chunks = cut_into_chunks(audio.samples)
        self._audible = [chunk for chunk in self._chunks if chunk.audible]
        self._samples: NDArray[np.int16] = prepare_for_decoder(audio.samples)
        self._recognised: dict[Chunk, dict[str, Any]] = {}
        self.notes: list[str] = []

    @cached_property
    def _lexicon(self) -> Lexicon:
        return Lexicon()

    def find(self) -> PhoneResult:
        text = self._settings.known_text
        self._progress.report("phones", 0.0)
        if not self._audible:
            return self._result({}, "silence", text)
        if not self._settings.english:
            self.notes.append(
                f"Only English is recognised, so for {self._settings.language!r} the nearest English phones "
                "were taken."
            )
            return self._hear_sounds(text)
        if self._settings.mode == "allphone":
            return self._hear_sounds(text)
        if text is not None:
            found = self._follow_transcript(text)
            if found is not None:
                return found
        return self._recognise(None)

    # With a transcript

    def _follow_transcript(self, text: str) -> PhoneResult | None:
        spoken, unread = english_words(plain_text(text).text)
        if unread:
            self.notes.append(f"These parts of the transcript cannot be read: {listed(unread)}.")
        if not spoken:
            self.notes.append("The transcript holds no words that can be read, so it was not used.")
            return None
        script = self._lexicon.pronounce(spoken)
        if script.guessed:
            self.notes.append(
                f"Pronunciation guessed by rule for words not in the dictionary: {listed(script.guessed)}."
            )
        heard: dict[Chunk, dict[str, Any]] = {}
        if len(self._audible) == 1:
            shares = {self._audible[0]: script.words}
        else:
            heard = self._hear_transcript(self._audible, script, (0.0, 0.5))
            shares = self._share_out(script.words, heard)
        strict = self._align(shares, script)
        parts = {chunk: _as_told(reply) for chunk, reply in strict.items() if reply["score"] >= LOWEST_SCORE}
        missed = [chunk for chunk in self._audible if chunk not in parts]
        if missed:
            parts |= self._mend(missed, shares, script, heard, strict)
        if not any(part.source.startswith("transcript") for part in parts.values()):
            self.notes.append("The transcript does not match the recording, so it was not used.")
            return None
        self._note_mended(missed, parts)
        return self._result(parts, _main_source(parts), text)

    def _hear_transcript(
        self, chunks: Sequence[Chunk], script: Pronounced, span: tuple[float, float]
    ) -> dict[Chunk, dict[str, Any]]:
        """Words of the transcript heard in each chunk."""
        with temporary_folder(label="phones") as folder:
            model = folder / "transcript.arpa"
            model.write_text(transcript_language_model(script.words), encoding="utf-8")
            dictionary = folder / "transcript.dict"
            dictionary.write_text(self._lexicon.dictionary_of(script), encoding="utf-8")
            arguments = {"language_model": str(model), "dictionary": str(dictionary)}
            return self._ask("hear_transcript", dict.fromkeys(chunks, arguments), span)

    def _share_out(
        self, words: Sequence[str], heard: dict[Chunk, dict[str, Any]]
    ) -> dict[Chunk, tuple[str, ...]]:
        timed = [
            (word, start + chunk.start_seconds, end + chunk.start_seconds)
            for chunk in self._audible
            for word, start, end in heard[chunk]["words"]
        ]
        clock = speech_seconds(level_contour(self._audio.samples))
        times = estimate_word_times(words, timed, clock)
        ends = [chunk.start_seconds + chunk.seconds for chunk in self._audible]
        slices = share_out(times, ends)
        return {chunk: tuple(words[part]) for chunk, part in zip(self._audible, slices, strict=True)}

    def _align(self, shares: dict[Chunk, tuple[str, ...]], script: Pronounced) -> dict[Chunk, dict[str, Any]]:
        """Alignments of the chunks through whose share of the words there is a path."""
        requests = {
            chunk: {
                "words": words,
                "extra": {word: script.extra[word] for word in words if word in script.extra},
            }
            for chunk, words in shares.items()
            if words
        }
        replies = self._ask("align", requests, (0.5, 0.8))
        return {chunk: reply for chunk, reply in replies.items() if reply["phones"]}

    def _mend(
        self,
        chunks: Sequence[Chunk],
        shares: dict[Chunk, tuple[str, ...]],
        script: Pronounced,
        heard: dict[Chunk, dict[str, Any]],
        strict: dict[Chunk, dict[str, Any]],
    ) -> dict[Chunk, _Part]:
        """Chunks that the words fit badly: what explains the sound best.

        A voice unlike those that the decoder knows scores low with any words, so what counts is not the score
        but whether other words score higher: all of the chunk's share, what is heard of the transcript, or of
        English at large.
        """
        if any(chunk not in heard for chunk in chunks):
            heard = heard | self._hear_transcript(chunks, script, (0.8, 0.85))
        wanted = {
            chunk: {"words": [word for word, _, _ in heard[chunk]["words"]], "extra": script.extra}
            for chunk in chunks
            if len(heard[chunk]["words"]) >= max(_FEWEST_HEARD * len(shares.get(chunk, ())), 1)
        }
        told = self._ask("align", wanted, (0.85, 0.9))
        free = self._heard_freely(chunks, (0.9, 1.0))
        parts: dict[Chunk, _Part] = {}
        for chunk in chunks:
            mine, other = told.get(chunk, {"phones": None}), free[chunk]["aligned"]
            sure = free[chunk]["heard"]["posterior"] >= LOWEST_POSTERIOR
            told_score = strict[chunk]["score"] if chunk in strict else -np.inf
            rival = max(
                (reply["score"] for reply in (mine, other) if reply["phones"] is not None), default=-np.inf
            )
            if chunk in strict and np.isfinite(rival) and told_score >= rival - _SCORE_TO_SPARE:
                parts[chunk] = _as_told(strict[chunk])
                continue
            fits = mine["phones"] is not None and mine["score"] >= LOWEST_SCORE
            if fits and (not other["phones"] or mine["score"] >= other["score"] - _SCORE_TO_SPARE):
                parts[chunk] = _Part(mine["phones"], mine["words"], "transcript-ngram")
            elif other["phones"] and sure:
                parts[chunk] = _Part(other["phones"], other["words"], "recognition")
        return parts

    def _note_mended(self, chunks: Sequence[Chunk], parts: dict[Chunk, _Part]) -> None:
        for source, meaning in (
            ("transcript-ngram", "only some of the transcript's words were found"),
            ("recognition", "the transcript does not fit, so words were recognised instead"),
        ):
            spans = [_span(chunk) for chunk in chunks if chunk in parts and parts[chunk].source == source]
            if spans:
                self.notes.append(f"At {listed(spans)} {meaning}.")

    # Without one

    def _recognise(self, text: str | None) -> PhoneResult:
        replies = self._heard_freely(self._audible, (0.0, 0.9))
        heard = [reply["heard"] for reply in replies.values()]
        worded = sum(item["worded_seconds"] for item in heard)
        posterior = sum(item["posterior"] * item["worded_seconds"] for item in heard) / max(worded, 1e-9)
        if worded and posterior < LOWEST_POSTERIOR:
            self.notes.append("No words were recognised with confidence, so phones were recognised directly.")
            return self._hear_sounds(text)
        parts: dict[Chunk, _Part] = {}
        lost: list[Chunk] = []
        for chunk, reply in replies.items():
            if reply["aligned"]["phones"]:
                parts[chunk] = _Part(reply["aligned"]["phones"], reply["aligned"]["words"], "recognition")
            elif reply["heard"]["words"]:
                lost.append(chunk)
        if lost:
            sounds = self._ask("hear_sounds", {chunk: {} for chunk in lost}, (0.9, 1.0))
            parts |= {chunk: _Part(reply["phones"], [], "allphone") for chunk, reply in sounds.items()}
        said = " ".join(word for item in heard for word, _, _ in item["words"])
        return self._result(parts, "recognition" if worded else "silence", said or text)

    def _heard_freely(
        self, chunks: Sequence[Chunk], span: tuple[float, float]
    ) -> dict[Chunk, dict[str, Any]]:
        """Words recognised without a transcript; no chunk is done twice."""
        fresh: dict[Chunk, dict[str, Any]] = {chunk: {} for chunk in chunks if chunk not in self._recognised}
        self._recognised |= self._ask("recognise", fresh, span)
        return {chunk: self._recognised[chunk] for chunk in chunks}

    def _hear_sounds(self, text: str | None) -> PhoneResult:
        replies = self._ask("hear_sounds", {chunk: {} for chunk in self._audible}, (0.0, 1.0))
        parts = {chunk: _Part(reply["phones"], [], "allphone") for chunk, reply in replies.items()}
        return self._result(parts, "allphone", text)

    # Both

    def _ask(
        self, op: str, arguments: dict[Chunk, dict[str, Any]], span: tuple[float, float]
    ) -> dict[Chunk, dict[str, Any]]:
        """One request for each chunk; ``span`` is the share of the whole work that this is."""
        if not arguments:
            return {}
        low, high = span
        replies = self._pool.map(
            [Request(op, self._samples[chunk.start : chunk.end], each) for chunk, each in arguments.items()],
            self._progress,
            lambda fraction: self._progress.report("phones", low + (high - low) * fraction),
        )
        return dict(zip(arguments, replies, strict=True))

    def _result(self, parts: dict[Chunk, _Part], source: str, text: str | None) -> PhoneResult:
        """Join the chunks; those without a part are silent."""
        phones: list[Phone] = []
        words: list[Word] = []
        for chunk in self._chunks:
            offset = chunk.start_seconds
            part = parts.get(chunk) or _Part([[SILENCE, 0.0, chunk.seconds]], [], "silence")
            for label, start, end in part.phones:
                _append(phones, Phone(label, start + offset, end + offset))
            words += [Word(word, start + offset, end + offset) for word, start, end in part.words]
        end = self._audio.seconds
        phones = [phone for phone in phones if phone.start < end]
        phones[-1] = Phone(phones[-1].label, phones[-1].start, end)
        self._progress.report("phones", 1.0)
        return PhoneResult(tuple(phones), tuple(words), source, text, tuple(self.notes))


def _as_told(reply: dict[str, Any]) -> _Part:
    return _Part(reply["phones"], reply["words"], "transcript")


def _append(phones: list[Phone], phone: Phone) -> None:
    """Add a phone so that the list stays contiguous and two silences in a row become one."""
    if not phones:
        phones.append(Phone(phone.label, 0.0, phone.end))
    elif phone.label == SILENCE == phones[-1].label:
        phones[-1] = Phone(SILENCE, phones[-1].start, phone.end)
    else:
        phones.append(Phone(phone.label, phones[-1].end, phone.end))


def _main_source(parts: dict[Chunk, _Part]) -> str:
    """The source of most of the time."""
    seconds: dict[str, float] = {}
    for chunk, part in parts.items():
        seconds[part.source] = seconds.get(part.source, 0.0) + chunk.seconds
    return max(seconds, key=lambda source: seconds[source])


def _span(chunk: Chunk) -> str:
    return f"{clock(chunk.start_seconds)}-{clock(chunk.start_seconds + chunk.seconds)}"
