"""What lips do on the mesh with the phones of each mode of hearing, in sound as it is and spoiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import Audio
from elocute.audio.phones.request import PhoneSettings
from elocute.audio.speech_features import SAMPLE_RATE, SpeechFeatures
from elocute.bench.controls import dumb_performances
from elocute.bench.phone_accuracy import SpokenLine
from elocute.bench.tables import Column
from elocute.bench.variants import Variant
from elocute.evaluation.against_phones.spoken_scores import score_spoken
from elocute.evaluation.of_motion.motion_statistics import Performance
from elocute.face.model import FaceModel

Samples = NDArray[np.float32]
Spoil = Callable[[Samples], Samples]

COLUMNS: Final = (
    Column("bilabials_closed", "P B M closed (%)", 100, 1),
    Column("labiodentals_touching", "F V touching (%)", 100, 1),
    Column("false_closures", "false closures/min", 1, 1),
    Column("onset_error", "onset error (ms)", 1e3, 0),
)
_SEED: Final = 1000


@dataclass(frozen=True)
class MeshBench:
    """Lines, and what they are performed with.

    Attributes:
        lines: recordings with reference phones.
        variants: the models.
        face: the head that is measured.
        takes: of each line.
    """

    lines: Sequence[SpokenLine]
    variants: Sequence[Variant]
    face: FaceModel = field(repr=False)
    takes: int = 1

    def rows(
        self, sounds: Mapping[str, Spoil], modes: Mapping[str, Callable[[str], PhoneSettings]]
    ) -> Iterator[tuple[str, dict[str, float | None]]]:
        """``sound: mode: model`` with its scores; beside it a still and a late mouth of the first model.

        Raises:
            InputError: a recording or a model's files cannot be used.
            SettingsError: a model cannot do this.
        """
        for sound, spoil in sounds.items():
            for mode, settings in modes.items():
                heard = [_heard(spoil(line.samples), settings(line.text)) for line in self.lines]
                for number, variant in enumerate(self.variants):
                    made = [
                        Performance(clip, line.phones, speech, str(index))
                        for index, (line, speech) in enumerate(zip(self.lines, heard, strict=True))
                        for clip in variant.make(speech, None, _SEED, self.takes)
                    ]
                    yield f"{sound}: {mode}: {variant.name}", score_spoken(made, self.face).as_dict()
                    if number == 0:
                        for name, dumb in dumb_performances(made).items():
                            yield f"{sound}: {mode}: {name}", score_spoken(dumb, self.face).as_dict()


def _heard(samples: Samples, settings: PhoneSettings) -> SpeechFeatures:
    audio = Audio(samples, len(samples) / SAMPLE_RATE, SAMPLE_RATE, 1, "")
    return analyse_speech(
        audio,
        transcript=settings.transcript,
        language=settings.language,
        phones=settings.mode,
        words=settings.words,
    )
