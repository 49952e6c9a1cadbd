"""Mouth channels over time, and their conversion to the basis ``elocute-head-1``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.articulation.contacts import ContactCurves
from elocute.articulation.targets import CHANNELS
from elocute.models.rules.style_track import StyleTrack
from elocute.motion.head1_basis import EXPRESSION_INDEX, JAW_OPEN_RADIANS

FloatArray = NDArray[np.float64]

JAW: Final = CHANNELS.index("jaw")
_MAX_JAW: Final = 0.85
_FREE_JAW: Final = 0.55
"""Below this the jaw opens as asked; beyond, ever less up to the most, without a corner in its curve."""
_SEAL_JAW: Final = 0.26
"""Lips cannot be closed plausibly over a jaw wider open than this; the jaw is raised instead."""
_BITE_JAW: Final = 0.15


@dataclass(frozen=True)
class MouthCurves:
    """The mouth at frame centres: (T, C) channels of ``CHANNELS`` and the hard contacts."""

    channels: FloatArray
    contacts: ContactCurves


@dataclass(frozen=True)
class MouthMood:
    """What the mouth does besides speaking: (T,) each.

    Attributes:
        smile: 0..1; below 0 a frown.
        press: lips pressed together; shows where they are near each other.
    """

    smile: FloatArray
    press: FloatArray


def apply_mouth(
    curves: MouthCurves,
    mood: MouthMood,
    style: StyleTrack,
    side: FloatArray,
    expression: FloatArray,
    jaw: FloatArray,
) -> None:
    """Write the mouth into a clip's arrays.

    Args:
        curves: the mouth's channels.
        mood: smile and pressed lips.
        style: sneer and stretched lips.
        side: (T,) signed left-right imbalance, about -0.2..0.2; positive favours the left.
        expression: (T, 43), written in place.
        jaw: (T, 3) radians, written in place.
    """
    channel = dict(zip(CHANNELS, curves.channels.T, strict=True))
    seal, bite = curves.contacts.seal, curves.contacts.bite
    free = 1.0 - np.maximum(seal, bite)  # what opposes a contact fades out as it comes

    opening = _softened(np.maximum(channel["jaw"], 0.0))
    opening = _ceiling(opening, curves.contacts.seal_jaw, _SEAL_JAW)
    opening = _ceiling(opening, curves.contacts.bite_jaw, _BITE_JAW)
    closing = 1.0 - (1.0 - np.clip(channel["seal"], 0.0, 0.6)) * (1.0 - seal)
    jaw[:, 0] = opening * JAW_OPEN_RADIANS

    pucker = np.clip(channel["pucker"], 0.0, 1.0) * (1.0 - 0.8 * bite) * (1.0 - 0.45 * seal)
    funnel = np.clip(channel["funnel"], 0.0, 0.8) * free
    excess = np.maximum(pucker + funnel, 1.0)
    pucker, funnel = pucker / excess, funnel / excess
    rounded = np.clip(pucker + funnel, 0.0, 1.0)
    spread = np.clip(channel["spread"], 0.0, 1.0) * (1.0 - rounded) * (1.0 - 0.5 * seal)
    wanted = np.maximum(mood.smile, 0.0)
    smile = wanted * (1.0 - 0.75 * rounded) * (1.0 - 0.25 * seal)
    frown = 0.75 * np.maximum(-mood.smile, 0.0) * (1.0 - 0.5 * rounded)
    sneer = style.curve("sneer") * (1.0 - 0.5 * rounded)
    stretch = 0.60 * style.curve("stretch") * (1.0 - rounded) * (1.0 - 0.5 * seal)
    # Tight lips show where they are near each other; what speech opens, it opens.
    near = (1.0 - bite) * np.clip(1.0 - (opening * (1.0 - closing)) / 0.25, 0.0, 1.0)
    press = mood.press * near

    def put(name: str, value: FloatArray) -> None:
        expression[:, EXPRESSION_INDEX[name]] += value

    def put_pair(name: str, value: FloatArray) -> None:
        put(f"{name}Left", value * (1.0 + side))
        put(f"{name}Right", value * (1.0 - side))

    # Exactly the jaw where the seal is complete: the lips touch, whatever the jaw does.
    put("mouthClose", closing * opening)
    put("mouthPucker", pucker)
    put("mouthFunnel", funnel)
    put("jawForward", 0.18 * funnel)
    put_pair("mouthStretch", np.minimum(0.50 * spread + stretch, 0.9))
    put_pair("mouthSmile", np.minimum(0.45 * spread * (1.0 - 0.5 * wanted) + smile, 1.0))
    put_pair("mouthFrown", frown)
    put_pair("mouthUpperUp", (np.clip(channel["upper"], 0.0, 0.5) + 0.60 * sneer) * free + 0.16 * bite)
    put_pair("noseSneer", 0.95 * sneer)
    put_pair("mouthLowerDown", np.clip(channel["lower"], 0.0, 0.6) * free)
    put("mouthRollLower", 0.82 * bite + 0.06 * seal + 0.10 * press)
    put("mouthRollUpper", 0.05 * seal + 0.12 * press)
    put_pair("mouthPress", 0.18 * seal + 0.55 * press)
    # The tongue only shows through parted lips.
    put("tongueOut", np.clip(channel["tongue"], 0.0, 0.5) * free * np.clip(opening / 0.1, 0.0, 1.0))
    put_pair("cheekSquint", 0.45 * smile)


def _softened(opening: FloatArray) -> FloatArray:
    """The jaw with its upper range compressed."""
    room = _MAX_JAW - _FREE_JAW
    beyond = np.maximum(opening - _FREE_JAW, 0.0)
    limited: FloatArray = np.minimum(opening, _FREE_JAW) + room * np.tanh(beyond / room)
    return limited


def _ceiling(opening: FloatArray, contact: FloatArray, limit: float) -> FloatArray:
    """Bring the jaw down to ``limit`` as far as the contact is complete."""
    limited: FloatArray = opening * (1.0 - contact) + np.minimum(opening, limit) * contact
    return limited
