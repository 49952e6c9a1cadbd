"""Sizes of the phonetic speech encoder, as checkpoints name them; no PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from elocute.articulation.targets import CHANNELS
from elocute.errors import InputError
from elocute.speech_encoders.phonetic_input import MOUTH_WIDTH

_WIDEST: Final = 16_384
_MOST_TAPS: Final = 255
_MOST_LAYERS: Final = 128
_FURTHEST: Final = 10_000


@dataclass(frozen=True)
class PhoneticEncoderConfig:
    """Sizes.

    Attributes:
        width: channels W.
        sound_dilations: of the convolutions that hear the sound alone.
        joint_dilations: of those that hear sound and phones together.
        kernel: taps of each convolution.
        mouth: it is also given what the phones ask of the mouth, and where it hears phones itself, goes on
            with them: in the features of such an encoder both follow the learned ones.
    """

    width: int = 192
    sound_dilations: tuple[int, ...] = (1, 2, 4, 1)
    joint_dilations: tuple[int, ...] = (1, 2, 4)
    kernel: int = 5
    mouth: bool = False

    @classmethod
    def from_options(cls, options: Mapping[str, Any]) -> PhoneticEncoderConfig:
        """Read the ``options`` of an audio configuration.

        Raises:
            InputError: unknown names or impossible values.
        """
        known = {item.name for item in fields(cls)}
        try:
            values = {name: _option(name, value) for name, value in options.items()}
            config = cls(**values)
        except (TypeError, ValueError, OverflowError) as error:
            raise InputError(
                f"The speech encoder's configuration is not usable; it has {', '.join(sorted(known))}.",
                code="bad_audio_encoder",
            ) from error
        dilations = (*config.sound_dilations, *config.joint_dilations)
        sizes = ((config.width, _WIDEST), (config.kernel, _MOST_TAPS), *((d, _FURTHEST) for d in dilations))
        within = all(1 <= size <= most for size, most in sizes) and len(dilations) <= _MOST_LAYERS
        if not within or config.kernel % 2 != 1:
            raise InputError("The speech encoder's sizes are invalid.", code="bad_audio_encoder")
        return config

    @property
    def hidden_size(self) -> int:
        """Width of the features, under the name that the other encoders use."""
        return self.width

    @property
    def mouth_width(self) -> int:
        """Numbers of a frame in ``PhoneticEncoder.mouth``, 0 for an encoder without it."""
        return MOUTH_WIDTH + len(CHANNELS) + 2 if self.mouth else 0

    @property
    def reach(self) -> int:
        """Frames on each side that a feature depends on."""
        return (self.kernel // 2) * (sum(self.sound_dilations) + sum(self.joint_dilations))


def _option(name: str, value: Any) -> Any:
    if name == "mouth":
        if not isinstance(value, bool):
            raise TypeError("mouth is true or false")
        return value
    return tuple(int(v) for v in value) if name.endswith("dilations") else int(value)
