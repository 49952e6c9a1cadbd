"""The bundled kind of model trained without each of its parts: what each training changes, and its scores.

A part that sampling alone uses needs no training of its own: those are the whole model's weights with other
sampling defaults.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from elocute.audio.speech_features import SpeechFeatures
from elocute.bench.controls import dumb_performances
from elocute.bench.held_out import HeldOutLine, score_held_out
from elocute.bench.measurement import spoken_row
from elocute.bench.recordings import Recording
from elocute.bench.tables import Column
from elocute.bench.variants import Variant
from elocute.evaluation.against_phones.spoken_scores import score_spoken
from elocute.evaluation.of_motion.motion_statistics import Performance
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip

Settings = Mapping[str, Mapping[str, Any] | Any]
WHOLE: Final = "whole"
_SEED: Final = 1000
_ALL_WAYS: Final = ("transcript", "recognition", "sound")
_TOLD_WAYS: Final = ("transcript", "recognition")

COLUMNS: Final = (
    Column("as_made", "P B M closed as made (%)", 100, 1),
    Column("bilabials_closed", "P B M closed (%)", 100, 1),
    Column("labiodentals_touching", "F V (%)", 100, 1),
    Column("false_closures", "false closures/min", 1, 1),
    Column("onset_error", "onset error (ms)", 1e3, 1),
    Column("lag_correlation", "opening and expectation", 1, 2),
    Column("formant_correlation", "opening and F1", 1, 2),
    Column("rounding", "rounding (mm)", 1e3, 1),
    Column("silence_all", "closed in all silence (%)", 100, 0),
    Column("lips_apart", "takes apart: lips (mm)", 1e3, 2),
    Column("brows_apart", "brows", 1, 3),
    Column("head_apart", "head (°)", 1, 1),
    Column("lve", "held out: LVE (mm)", 1e3, 2),
    Column("fdd", "FDD (10⁻⁵ m)", 1e5, 1),
    Column("mod", "MOD (mm)", 1e3, 2),
)


@dataclass(frozen=True)
class Ablation:
    """One model of the table.

    Attributes:
        changes: of the settings of the training, group -> name -> value; of the whole training's ``sampling``
            alone where nothing is trained.
        trained: whether it has a training of its own.
        taught: whether it has lessons and a style encoder of its own; otherwise it has the whole one's.
        ways: how it can be given its phones.
    """

    changes: Settings = field(default_factory=dict)
    trained: bool = True
    taught: bool = False
    ways: Sequence[str] = _ALL_WAYS


ABLATIONS: Final[Mapping[str, Ablation]] = {
    WHOLE: Ablation(taught=True),
    "without what the phones ask of the mouth": Ablation({"encoder": {"mouth": False}}),
    "without the direct path to the result": Ablation({"direct": False}),
    "sound alone": Ablation({"withheld": {"phones": 1.0}}, ways=("sound",)),
    "phones alone": Ablation(
        {"withheld": {"phones": 0.0, "sound": 1.0}, "sampling": {"sound_share": 0.0}}, ways=_TOLD_WAYS
    ),
    "a teacher that does not listen": Ablation({"lessons": {"listens": False}}, taught=True),
    "half of the lines": Ablation({"lessons": {"share": 0.5}}, taught=True),
    "a tenth of the lines": Ablation({"lessons": {"share": 0.1}}, taught=True),
    "without dilations": Ablation({"local": {"dilations": [1] * 8}}),
    "without losses of the lips' geometry": Ablation({"objective": {"vertex": 0, "velocity": 0, "gap": 0}}),
    "without naming phones": Ablation({"objective": {"phones": 0}}),
    "without weights of brows and head": Ablation(
        {"objective": {"upper_face": 0, "head_angle": 0, "head_velocity": 0}}
    ),
    "sampled without what the mouth keeps to": Ablation(
        {"sampling": {"keep_mouth": False, "parted_lips": 0.0}}, trained=False
    ),
    "sampled without boosts of low frequencies": Ablation(
        {"sampling": {"head_boost": 0.0, "upper_face_boost": 0.0}}, trained=False
    ),
    "sampled with all noise of the mouth": Ablation({"sampling": {"mouth_noise": 1.0}}, trained=False),
    "sampled with all of its hearing": Ablation({"sampling": {"sound_share": 1.0}}, trained=False),
}
"""The whole model first, what has no training of its own last."""


def changed(settings: Settings, changes: Settings) -> dict[str, Any]:
    """Settings with changes, group by group; neither is touched."""
    told = dict(settings)
    for group, change in changes.items():
        told[group] = {**told.get(group, {}), **change} if isinstance(change, Mapping) else change
    return told


@dataclass(frozen=True)
class Trial:
    """What every model is measured on.

    Attributes:
        recordings: of people.
        heard: way -> what a model is told of each of them.
        lines: held-out lines with the teacher's motion.
        face: the head.
        takes: of each.
    """

    recordings: Sequence[Recording]
    heard: Mapping[str, Sequence[SpeechFeatures]]
    lines: Sequence[HeldOutLine]
    face: FaceModel
    takes: int

    def scores(self, variant: Variant, ways: Sequence[str]) -> dict[str, dict[str, float | None]]:
        """A row for each way that the model can be given its phones, the held-out lines' beside the first."""
        rows = {}
        for way in ways:
            row = spoken_row(self.performances(variant, way), self.face)
            if way != "sound":
                as_made = self.performances(replace(variant, lip_contacts=False), way)
                row["as_made"] = score_spoken(as_made, self.face).bilabials_closed
            rows[f"{variant.name}: {way}"] = row
        told = replace(variant, phones=ways[0] != "sound")

        def make(line: HeldOutLine) -> Sequence[MotionClip]:
            return told.make(line.speech, line.style, _SEED, self.takes)

        held_out = score_held_out(self.lines, make, self.face)
        next(iter(rows.values())).update(lve=held_out.lve, fdd=held_out.fdd, mod=held_out.mod)
        return rows

    def controls(self, variant: Variant) -> dict[str, dict[str, float | None]]:
        """Dumb motion that the measures must tell from the model's, with the phones of the first way."""
        made = self.performances(variant, next(iter(self.heard)))
        return {name: spoken_row(dumb, self.face) for name, dumb in dumb_performances(made).items()}

    def performances(self, variant: Variant, way: str) -> list[Performance]:
        """The takes of all recordings."""
        return [
            Performance(clip, one.phones, speech, one.path.stem)
            for one, speech in zip(self.recordings, self.heard[way], strict=True)
            for clip in variant.make(speech, None, _SEED, self.takes)
        ]
