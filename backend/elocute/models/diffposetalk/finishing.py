"""What is done to the motion of a model on our own head after sampling: certain contacts, then eyes."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np

from elocute.audio.speech_features import SpeechFeatures
from elocute.errors import InputError
from elocute.models.diffposetalk.folder import STYLES, LoadedModel
from elocute.models.generator import GenerationSettings
from elocute.models.lip_contacts.correction import ensure_contacts
from elocute.models.lip_contacts.probe import MouthProbe
from elocute.models.rules.gaze_layer import add_gaze
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS

PROBE: Final = "mouth_probe.npz"
GAZE_KEY: Final = "gaze_amount"


@dataclass(frozen=True)
class Finisher:
    """Adds what the network leaves out.

    The network is not asked for gaze: saccades are steps, which few denoising steps would blur into
    drifting eyes, and eyes must hold against exactly the head rotation that came out.

    Attributes:
        probe: measures the mouth, or None where the model is of another basis than our head.
        gaze_amounts: preset -> how much its eyes wander; 1 for styles that are not named.
        default_style: the preset that is meant where none is named.
    """

    PARAMETERS: ClassVar[Mapping[str, tuple[float, float, float]]] = {"gaze": (0.0, 1.0, 2.0)}

    probe: MouthProbe | None
    gaze_amounts: Mapping[str, float]
    default_style: str | None

    @classmethod
    def of(cls, model: LoadedModel) -> Finisher:
        """What belongs to a loaded model.

        Raises:
            InputError: the folder's probe or a style is damaged.
        """
        probe = None
        amounts: dict[str, float] = {}
        if model.folder is not None and model.config.basis == BASIS:
            path = model.folder / PROBE
            probe = MouthProbe.load(path) if path.is_file() else None
            amounts = {p.stem: _gaze_amount(p) for p in sorted((model.folder / STYLES).glob("*.npz"))}
        return cls(probe, amounts, model.config.sampling.style)

    def finish(
        self, clip: MotionClip, speech: SpeechFeatures, settings: GenerationSettings, take: int
    ) -> MotionClip:
        """The clip as the user gets it: T frames as the speech has."""
        if clip.basis != BASIS:
            return clip
        # The basis' expressions go one way only; what the network adds below 0 or above 1 is noise.
        jaw = np.maximum(clip.jaw, [[0.0, -np.inf, -np.inf]])
        clip = replace(clip, expression=np.clip(clip.expression, 0.0, 1.0), jaw=jaw)
        contacts = settings.lip_contacts and self.probe is not None and speech.phones is not None
        if contacts and self.probe is not None and speech.phones is not None:
            clip = ensure_contacts(clip, speech.phones, self.probe)
        style = settings.style or self.default_style or ""
        amount = self.gaze_amounts.get(style, 1.0) * settings.style_parameters.get("gaze", 1.0)
        clip = add_gaze(clip, speech, amount, settings.seed + take)
        return replace(clip, meta={**clip.meta, "lip_contacts": contacts, "gaze_amount": amount})


def _gaze_amount(path: Path) -> float:
    try:
        with np.load(path, allow_pickle=False) as data:
            meta: Any = json.loads(str(data["meta"]))
            return float(meta.get(GAZE_KEY, 1.0))
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError) as error:
        raise InputError(f"The style {path} is damaged.", code="bad_style") from error
