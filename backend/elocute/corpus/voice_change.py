"""Voice conversion for augmentation: other vocal tract lengths, pitches and pitch ranges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import parselmouth
from parselmouth.praat import call

from elocute.audio.speech_features import SAMPLE_RATE
from elocute.corpus.utterance import Utterance, resampled

_PITCH_FLOOR, _PITCH_CEILING = 65.0, 500.0


@dataclass(frozen=True)
class VoiceChange:
    """How a voice is changed.

    Attributes:
        speed: tape speed: tempo, pitch and formants together; 1 leaves them.
        formants: ratio of formant frequencies, without changing the tempo; above 1 is a smaller speaker.
        pitch_ratio: ratio of the median pitch, formants kept.
        pitch_range: ratio of the pitch's excursions from its median.
    """

    speed: float = 1.0
    formants: float = 1.0
    pitch_ratio: float = 1.0
    pitch_range: float = 1.0

    @property
    def keeps_tempo(self) -> bool:
        """True where only the tape speed is changed."""
        return (self.formants, self.pitch_ratio, self.pitch_range) == (1.0, 1.0, 1.0)


def draw_voice_change(rng: np.random.Generator, male: bool) -> VoiceChange:
    """A plausible change: men are often converted to women or children, women rarely to men."""
    speed = float(np.clip(np.exp(rng.normal(0.0, 0.07)), 0.85, 1.2)) if rng.random() < 0.6 else 1.0
    if rng.random() >= 0.65:
        return VoiceChange(speed)
    pitch_range = float(rng.uniform(0.7, 1.6))
    if male and rng.random() < 0.5:
        formants, pitch = rng.uniform(1.1, 1.25), rng.uniform(1.5, 2.1)  # towards a woman or a child
    elif male:
        formants, pitch = rng.uniform(0.92, 1.08), rng.uniform(0.85, 1.3)
    else:
        formants, pitch = rng.uniform(0.9, 1.08), rng.uniform(0.75, 1.3)
    return VoiceChange(speed, float(formants), float(pitch), pitch_range)


def changed_voice(utterance: Utterance, change: VoiceChange) -> Utterance:
    """The utterance as another speaker would say it; phone times stay exact."""
    if not change.keeps_tempo:
        sound = parselmouth.Sound(utterance.samples.astype(np.float64), sampling_frequency=SAMPLE_RATE)
        pitch = sound.to_pitch_ac(pitch_floor=_PITCH_FLOOR, pitch_ceiling=_PITCH_CEILING)
        voiced = pitch.selected_array["frequency"]
        voiced = voiced[voiced > 0.0]
        if len(voiced):
            median = float(np.clip(np.median(voiced) * change.pitch_ratio, 70.0, 400.0))
            made = call(
                sound,
                "Change gender",
                _PITCH_FLOOR,
                _PITCH_CEILING,
                change.formants,
                median,
                change.pitch_range,
                1.0,
            )
            samples = np.zeros(len(utterance.samples), np.float32)
            values = np.asarray(made.values[0], np.float32)[: len(samples)]
            samples[: len(values)] = values
            utterance = Utterance(samples, utterance.phones)
    return utterance if change.speed == 1.0 else resampled(utterance, change.speed)
