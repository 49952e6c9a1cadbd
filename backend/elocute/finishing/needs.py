"""What the finisher needs to know about a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np

from elocute.audio.speech_features import FPS
from elocute.behaviour.eye_manner import EyeManner, EyeMannerTrack
from elocute.behaviour.style_shares import shares_of
from elocute.checkpoint.folder import preset_names, style_path
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.finishing.settings import FinishSettings, each_frame
from elocute.storage.fields import Fields
from elocute.storage.guard import guarded
from elocute.storage.npz import NpzKind, read_arrays
from elocute.style_curve import StyleKey, changes, parse_curve

PROBE: Final = "mouth_probe.npz"
"""File of a checkpoint folder that measures the mouth of the model's basis."""
EYES_KEY: Final = "eyes"
"""Entry of a style's meta that holds the fields of :class:`EyeManner`."""
_STYLE_FILE: Final = NpzKind("The style {path} is damaged: {reason}.", "bad_style")


@dataclass(frozen=True)
class FinishingNeeds:
    """Facts about a model that the finisher cannot read off a clip.

    Attributes:
        probe: measures the mouth of the model's basis, or None where the model brings none along.
        manners: preset -> how its eyes behave; styles that are not named have the usual manner.
        default_style: the preset that is meant where none is named.
        head_smoothing: standard deviation in frames of the Gaussian that takes sampling noise off the head;
            0 leaves the head as it is.
        certain_contacts: whether the model itself makes the contacts of P, B, M, F and V certain; then they
            are left as they are.
        plays_options: whether the model itself plays jaw, lips, brows and head as strongly as options say.
        follows: whether the motion follows what is said; where not, lips and tongue are left as they are.
        acts_silence: whether the model itself knows what a face does while nothing is said; the mouth of
            others is then put to rest.
    """

    probe: MouthProbe | None = None
    manners: Mapping[str, EyeManner] = field(default_factory=dict)
    default_style: str | None = None
    head_smoothing: float = 0.0
    certain_contacts: bool = False
    plays_options: bool = False
    acts_silence: bool = False
    follows: bool = True

    @property
    def corrects_contacts(self) -> bool:
        """Whether contacts can be made for the model, of phones."""
        return self.probe is not None and self.follows

    @classmethod
    def from_folder(
        cls, folder: Path, default_style: str | None = None, head_smoothing: float = 0.0
    ) -> FinishingNeeds:
        """What lies in a checkpoint folder: ``mouth_probe.npz`` and the manners of ``styles/*.npz``.

        Raises:
            InputError: the probe or a style is damaged.
        """
        path = folder / PROBE
        return cls(
            probe=MouthProbe.load(path) if path.is_file() else None,
            manners={name: _manner(style_path(folder, name)) for name in preset_names(folder)},
            default_style=default_style,
            head_smoothing=head_smoothing,
        )

    def manners_of(self, settings: FinishSettings, frames: int) -> EyeMannerTrack:
        """How the eyes behave in each of ``frames`` frames, as the styles of the settings follow each other.

        Styles that are not named here, from files or blends, have the manner of the default style at any
        intensity.
        """
        rest = self.manners.get(self.default_style or "", EyeManner())
        style = settings.style or self.default_style or ""
        keys: tuple[StyleKey, ...] = (StyleKey(style, None, 0.0),)
        if style not in self.manners and changes(style):
            keys = parse_curve(style)
        asked = each_frame(settings.intensity, frames)
        return EyeMannerTrack.mixed(
            rest,
            [self.manners.get(key.name, rest) for key in keys],
            [asked if key.intensity is None else np.full(frames, key.intensity) for key in keys],
            shares_of(keys, frames, FPS),
        )


def _manner(path: Path) -> EyeManner:
    """The manner that a style file names, the usual one if it names none."""
    arrays = read_arrays(path, _STYLE_FILE, names=("meta",))
    with guarded(lambda reason: _STYLE_FILE.error(path, reason)):
        meta = Fields(arrays).json("meta") if "meta" in arrays else {}
        told = meta.get(EYES_KEY, {})
        if not isinstance(told, dict) or not all(isinstance(value, int | float) for value in told.values()):
            raise ValueError("the manner of its eyes is not made of numbers")
        return EyeManner(**{name: float(value) for name, value in told.items()})
