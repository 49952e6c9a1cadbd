"""What is done after sampling to the motion of a model on our own head: calm, contacts, eyes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Final

import numpy as np
from scipy.ndimage import gaussian_filter1d

from elocute.audio.speech_features import SpeechFeatures
from elocute.behaviour.blink_layer import add_blinks
from elocute.behaviour.eye_manner import EyeManner
from elocute.behaviour.gaze_layer import add_gaze
from elocute.errors import InputError
from elocute.finishing.lip_contacts.correction import ensure_contacts
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.generator import GenerationSettings
from elocute.models.diffposetalk.folder import STYLES, LoadedModel
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import BASIS
from elocute.storage.npz import NpzKind, read_arrays

PROBE: Final = "mouth_probe.npz"
_STYLE_FILE: Final = NpzKind("The style {path} is damaged.", "bad_style")
EYES_KEY: Final = "eyes"
"""Entry of a style's meta that holds the fields of :class:`EyeManner`."""
_HEAD_SMOOTHING_FRAMES: Final = 1.0
"""Takes the tremble out of a sampled head: nods keep nine tenths of their size, 12 Hz loses nearly all."""


@dataclass(frozen=True)
class Finisher:
    """Adds what the network leaves out.

    Eyes are not the network's: saccades and blinks are steps and spikes, which a small network smooths
    or misses (docs/elocute-lite.md has the rate), and eyes must hold against exactly the head rotation that
    came out.

    Attributes:
        probe: measures the mouth, or None where the model is of another basis than our head.
        manners: preset -> how its eyes behave; styles that are not named have the usual manner.
        default_style: the preset that is meant where none is named.
    """

    PARAMETERS: ClassVar[Mapping[str, tuple[float, float, float]]] = {
        "gaze": (0.0, 1.0, 2.0),
        "blinks": (0.0, 1.0, 2.0),
    }

    probe: MouthProbe | None
    manners: Mapping[str, EyeManner]
    default_style: str | None

    @classmethod
    def of(cls, model: LoadedModel) -> Finisher:
        """What belongs to a loaded model.

        Raises:
            InputError: the folder's probe or a style is damaged.
        """
        probe = None
        manners: dict[str, EyeManner] = {}
        if model.folder is not None and model.config.basis == BASIS:
            path = model.folder / PROBE
            probe = MouthProbe.load(path) if path.is_file() else None
            manners = {p.stem: _manner(p) for p in sorted((model.folder / STYLES).glob("*.npz"))}
        return cls(probe, manners, model.config.sampling.style)

    def finish(
        self, clip: MotionClip, speech: SpeechFeatures, settings: GenerationSettings, take: int
    ) -> MotionClip:
        """The clip as the user gets it: T frames as the speech has."""
        if clip.basis != BASIS:
            return clip
        clip = _cleaned(clip)
        contacts = settings.lip_contacts and self.probe is not None and speech.phones is not None
        if contacts and self.probe is not None and speech.phones is not None:
            clip = ensure_contacts(clip, speech.phones, self.probe)
        manner = self.manners.get(settings.style or self.default_style or "", EyeManner())
        gaze = manner.gaze_amount * settings.options.get("gaze", 1.0)
        blinks = manner.blink_rate * settings.options.get("blinks", 1.0)
        seed = settings.seed + take
        clip = add_blinks(clip, speech, blinks, manner.asymmetry, seed)
        clip = add_gaze(clip, speech, gaze, seed)
        told = {"lip_contacts": contacts, "gaze_amount": gaze, "blink_rate": blinks}
        return replace(clip, meta={**clip.meta, **told})


def _cleaned(clip: MotionClip) -> MotionClip:
    """Without what cannot be meant: expressions outside 0..1, a jaw above shut, a trembling head."""
    head = gaussian_filter1d(clip.head, _HEAD_SMOOTHING_FRAMES, axis=0, mode="nearest")
    jaw = np.maximum(clip.jaw, [[0.0, -np.inf, -np.inf]])
    return replace(clip, expression=np.clip(clip.expression, 0.0, 1.0), jaw=jaw, head=head)


def _manner(path: Path) -> EyeManner:
    """The manner that a style file names, the usual one if it names none."""
    arrays = read_arrays(path, _STYLE_FILE, names=("meta",))
    try:
        meta: Any = json.loads(str(arrays["meta"]))
        return EyeManner(**{name: float(value) for name, value in meta.get(EYES_KEY, {}).items()})
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"The style {path} is damaged.", code="bad_style") from error
