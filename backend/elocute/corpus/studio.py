"""Makes one utterance of the corpus: text, voice, recording, features and phones."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.decode import Audio
from elocute.audio.mel import log_mel
from elocute.audio.phone import Phone
from elocute.audio.phones.chunks import MAX_CHUNK_SECONDS
from elocute.audio.phones.finder import PhoneResult, PhoneSettings
from elocute.audio.prosody import energy_db, pitch_and_voicing
from elocute.audio.speech_features import SAMPLE_RATE, frame_count
from elocute.corpus.augmentation import augmented
from elocute.corpus.corpus import CorpusUtterance, Prosody, UtteranceFacts
from elocute.corpus.espeak import Espeak
from elocute.corpus.festival import Festival
from elocute.corpus.flite import Flite
from elocute.corpus.listening import Listener
from elocute.corpus.plan import UtterancePlan
from elocute.corpus.spoken import Engine, Manner, Voice
from elocute.corpus.texts import sentences
from elocute.corpus.utterance import Utterance, at_corpus_rate, joined
from elocute.corpus.voice_change import VoiceChange, changed_voice, draw_voice_change
from elocute.errors import UserError
from elocute.progress import Progress

ENGINES: Final[dict[str, Callable[[], Engine]]] = {"flite": Flite, "festival": Festival, "espeak": Espeak}
SHORTEST, LONGEST = 8.0, 14.0
"""Seconds that an utterance lasts."""
_SHARE_LONG = 0.25
"""How many may be too long for the phone front end to take in one piece, which costs it twice the time."""
_FEMALE = ("slt", "+f", "Andrea", "steph", "belinda", "linda", "grandma")
_MOST_SENTENCES = 16
_BABBLE = ("flite:kal16", "flite:rms", "flite:slt")


@dataclass(frozen=True)
class Recorded:
    """An utterance, its sound and what its making cost.

    Attributes:
        utterance: what is stored.
        samples: (N,) float32 at 16 kHz.
        costs: wall seconds by stage.
    """

    utterance: CorpusUtterance
    samples: NDArray[np.float32] = field(repr=False)
    costs: dict[str, float]


class Studio:
    """Engines, kept between utterances; a context manager that ends them.

    Args:
        share_recognised: of the English utterances of human voices, how many are recognised without a
            transcript; the others are heard as bare sounds.

    Raises:
        UserError: a synthesizer is not installed (``missing_engine``).
    """

    def __init__(self, share_recognised: float) -> None:
        self._share_recognised = share_recognised
        self._engines = {name: start() for name, start in ENGINES.items()}
        self._listener = Listener()
        self._others = self._record_others()

    def __enter__(self) -> Studio:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for engine in self._engines.values():
            engine.close()

    def make(self, plan: UtterancePlan) -> Recorded:
        """Make the utterance.

        Raises:
            UserError: an engine failed (``engine_failed``).
        """
        rng = plan.random()
        costs: dict[str, float] = {}
        with _clock(costs, "speak"):
            change = self._draw_change(plan.voice, rng)
            utterance, text = self._speak(plan, change, rng)
        with _clock(costs, "voice"):
            utterance = changed_voice(utterance, change)
        with _clock(costs, "augment"):
            samples, done = augmented(utterance, rng, self._others)
        digest = hashlib.sha256(samples.tobytes()).hexdigest()
        audio = Audio(samples, len(samples) / SAMPLE_RATE, SAMPLE_RATE, 1, digest)
        frames = frame_count(audio.seconds)
        with _clock(costs, "mel"):
            mel = log_mel(samples, frames)
        with _clock(costs, "pitch"):
            heard, clean = _prosody(samples, frames), _prosody(utterance.samples, frames)
        phones: dict[str, tuple[Phone, ...]] = {"exact": utterance.phones}
        found_as = {"exact": "synthesizer"}
        for source, found in self._listen(audio, plan.voice, text, rng, costs):
            phones[source], found_as[source] = found.phones or (), found.source
        facts = UtteranceFacts(
            name=plan.name,
            split=plan.split,
            voice=plan.voice.label,
            engine=plan.voice.engine,
            language=plan.voice.language,
            text=text,
            seconds=audio.seconds,
            augmentation=(_told(change), *done),
            audio_sha256=digest,
        )
        made = CorpusUtterance(facts, mel.astype(np.float16), heard, clean, phones, found_as)
        return Recorded(made, samples, costs)

    def _draw_change(self, voice: Voice, rng: np.random.Generator) -> VoiceChange:
        change = draw_voice_change(rng, male=not _is_female(voice))
        return change if voice.engine != "espeak" else VoiceChange(speed=change.speed)

    def _speak(
        self, plan: UtterancePlan, change: VoiceChange, rng: np.random.Generator
    ) -> tuple[Utterance, str]:
        """Sentences until the length is right once the tape speed has been changed; and the text."""
        manner = _draw_manner(plan.voice, change, rng)
        lead, trail = (float(rng.uniform(0.05, 1.5)) if rng.random() < 0.4 else 0.05 for _ in range(2))
        longest = LONGEST if rng.random() < _SHARE_LONG else MAX_CHUNK_SECONDS - 0.05
        wanted = float(rng.uniform(SHORTEST + 0.5, longest - 1.5)) * change.speed - trail
        most = longest * change.speed - trail
        parts: list[Utterance] = []
        pauses = [lead]
        said: list[str] = []
        length = lead
        for text in sentences(rng, plan.voice.language, plan.split, _MOST_SENTENCES):
            # a sentence's own pace and melody differ a little from the speaker's
            own = Manner(
                manner.stretch * float(np.exp(rng.normal(0.0, 0.05))),
                manner.pitch_hz and manner.pitch_hz * float(np.exp(rng.normal(0.0, 0.04))),
                manner.pitch_spread_hz and manner.pitch_spread_hz * float(np.exp(rng.normal(0.0, 0.2))),
            )
            pause = 0.15 + 1.05 * float(rng.beta(1.2, 2.5))
            part = at_corpus_rate(self._engines[plan.voice.engine].say(text, plan.voice, own))
            if length + part.seconds > most:
                continue
            parts.append(part)
            said.append(text)
            length += part.seconds
            if length >= wanted:
                break
            pauses.append(pause)
            length += pause
        if not parts:
            raise UserError(f"No sentence of {plan.name} is short enough.", code="engine_failed")
        return joined(parts, [*pauses[: len(parts)], trail]), " ".join(said)

    def _listen(
        self, audio: Audio, voice: Voice, text: str, rng: np.random.Generator, costs: dict[str, float]
    ) -> Iterator[tuple[str, PhoneResult]]:
        """What the front end finds: with the transcript, and without by words or by sounds alone."""
        sounds_only = PhoneSettings(language=voice.language, mode="allphone")
        recognised = rng.random() < self._share_recognised
        if voice.language == "en":
            with _clock(costs, "transcript"):
                told = self._listener.find(audio, PhoneSettings(transcript=text))
            yield "transcript", told
            if told.source == "allphone":  # neither would free words be heard
                yield "allphone", told
                return
            if recognised and voice.engine != "espeak":
                with _clock(costs, "recognition"):
                    heard = self._listener.find(audio, PhoneSettings())
                yield "recognition", heard
                return
        with _clock(costs, "allphone"):
            heard = self._listener.find(audio, sounds_only)
        yield "allphone", heard

    def _record_others(self) -> list[NDArray[np.float32]]:
        """A few people to babble in the background, always the same."""
        recordings = []
        for number, label in enumerate(_BABBLE):
            engine, name = label.split(":")
            rng = np.random.default_rng((number, 7))
            spoken = [
                at_corpus_rate(self._engines[engine].say(text, Voice(engine, name), Manner()))
                for text in sentences(rng, "en", "train", 4)
            ]
            formants, pitch = float(rng.uniform(0.9, 1.2)), float(rng.uniform(0.8, 1.5))
            change = VoiceChange(formants=formants, pitch_ratio=pitch)
            whole = joined(spoken, [0.0, 0.1, 0.1, 0.1, 0.0])
            recordings += [whole.samples, changed_voice(whole, change).samples]
        return recordings


def _prosody(samples: NDArray[np.float32], frames: int) -> Prosody:
    pitch, voicing = pitch_and_voicing(samples, frames, Progress())
    return Prosody(energy_db(samples, frames), pitch, voicing)


def _is_female(voice: Voice) -> bool:
    return any(mark in voice.name for mark in _FEMALE)


def _draw_manner(voice: Voice, change: VoiceChange, rng: np.random.Generator) -> Manner:
    """Pace and pitch such that the final ones are usual, whatever the tape speed does to them."""
    tempo = float(np.clip(np.exp(rng.normal(0.0, 0.16)), 0.75, 1.35))
    stretch = float(np.clip(tempo * change.speed, 0.7, 1.45))
    own_pitch = rng.random() < 0.25
    if voice.engine == "espeak":
        return Manner(stretch, float(rng.uniform(60.0, 170.0)), float(rng.uniform(8.0, 35.0)))
    if _is_female(voice):
        pitch, spread = float(rng.uniform(150.0, 240.0)), float(rng.uniform(12.0, 55.0))
    else:
        pitch, spread = float(rng.uniform(80.0, 150.0)), float(rng.uniform(7.0, 35.0))
    return Manner(stretch) if own_pitch else Manner(stretch, pitch / change.speed, spread / change.speed)


def _told(change: VoiceChange) -> str:
    return (
        f"speed x{change.speed:.2f}, formants x{change.formants:.2f}, "
        f"pitch x{change.pitch_ratio:.2f}, pitch range x{change.pitch_range:.2f}"
    )


@contextmanager
def _clock(costs: dict[str, float], stage: str) -> Iterator[None]:
    began = time.perf_counter()
    yield
    costs[stage] = time.perf_counter() - began
