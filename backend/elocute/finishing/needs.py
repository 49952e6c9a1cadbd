"""What a model hands over to the finisher."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from elocute.behaviour.eye_manner import EyeManner
from elocute.finishing.lip_contacts.probe import MouthProbe


@dataclass(frozen=True)
class FinishingNeeds:
    """Facts about a model that the finisher cannot read off a clip.

    Attributes:
        probe: measures the mouth of the model's basis, or None where the model brings none along.
        manners: preset -> how its eyes behave; styles that are not named have the usual manner.
        default_style: the preset that is meant where none is named.
        head_smoothing: standard deviation in frames of the Gaussian that takes sampling noise off the head;
            0 leaves the head as it is.
    """

    probe: MouthProbe | None = None
    manners: Mapping[str, EyeManner] = field(default_factory=dict)
    default_style: str | None = None
    head_smoothing: float = 0.0
