"""What lips do on the mesh where the sound is hard to hear: each condition, and all of them, by halves of the
recordings.

What is chosen by looking at one half is told of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from elocute.bench.controls import dumb_performances
from elocute.bench.recordings import recordings_in
from elocute.bench.tables import Column
from elocute.bench.variants import Variant
from elocute.evaluation.against_phones.spoken_scores import score_spoken
from elocute.evaluation.of_motion.motion_statistics import Performance
from elocute.face.model import FaceModel

COLUMNS: Final = (
    Column("bilabials_closed", "P B M closed (%)", 100, 1),
    Column("labiodentals_touching", "F V touching (%)", 100, 1),
    Column("false_closures", "false closures/min", 1, 1),
    Column("onset_error", "onset error (ms)", 1e3, 0),
    Column("lag_correlation", "opening and expectation", 1, 2),
)
ALL: Final = "all conditions"
HALVES: Final = ("A", "B")
_SEED: Final = 1000


@dataclass(frozen=True)
class HardLips:
    """Models on recordings in hard conditions.

    Attributes:
        folder: with a folder of recordings for each condition, see
            :func:`~elocute.bench.hard_conditions.write_conditions`.
        conditions: which of them.
        variants: the models; controls are made of the first one's motion.
        face: the head that is measured.
    """

    folder: Path
    conditions: Sequence[str]
    variants: Sequence[Variant]
    face: FaceModel = field(repr=False)

    def rows(self, ways: Sequence[str]) -> Iterator[tuple[str, dict[str, float | None]]]:
        """``condition: phones from: model`` with its scores, then both halves of the recordings over all
        conditions: A is every second recording, beginning with the first.

        Raises:
            InputError: there are no such recordings, or one cannot be used.
        """
        for way in ways:
            made: dict[str, list[tuple[int, Performance]]] = {}
            for condition in self.conditions:
                found = self._performances(condition, way)
                for name, performances in found.items():
                    made.setdefault(name, []).extend(performances)
                    yield f"{condition}: {way}: {name}", self._scores(performances)
            for name, performances in made.items():
                yield f"{ALL}: {way}: {name}", self._scores(performances)
                for half, letter in enumerate(HALVES):
                    part = [one for one in performances if one[0] % len(HALVES) == half]
                    yield f"{ALL}, half {letter}: {way}: {name}", self._scores(part)

    def _performances(self, condition: str, way: str) -> dict[str, list[tuple[int, Performance]]]:
        """One take of each recording, by the model, with the recording's number."""
        recordings = recordings_in(self.folder / condition)
        heard = [one.heard(way) for one in recordings]
        made: dict[str, Sequence[Performance]] = {
            variant.name: [
                Performance(variant.make(speech, None, _SEED, 1)[0], one.phones, speech, one.path.stem)
                for one, speech in zip(recordings, heard, strict=True)
            ]
            for variant in self.variants
        }
        made |= dumb_performances(made[self.variants[0].name])
        return {name: list(enumerate(performances)) for name, performances in made.items()}

    def _scores(self, performances: Sequence[tuple[int, Performance]]) -> dict[str, float | None]:
        return score_spoken([performance for _, performance in performances], self.face).as_dict()
