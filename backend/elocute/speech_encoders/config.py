"""Configuration of a model's speech encoder: its kind and sizes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from elocute.errors import InputError, named
from elocute.speech_encoders.kinds import ENCODERS


@dataclass(frozen=True)
class AudioEncoderConfig:
    """The speech encoder: an architecture of transformers, or our own that also hears phones.

    Attributes:
        kind: a name in :data:`~elocute.speech_encoders.kinds.ENCODERS`.
        options: the configuration in transformers' own terms, or the fields of
            :class:`~elocute.speech_encoders.phonetic_config.PhoneticEncoderConfig`.

    Raises:
        InputError: there is no such kind.
    """

    kind: str = "hubert"
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in ENCODERS:
            raise InputError(
                f"The model has an unknown speech encoder: {named(self.kind)}.",
                f"This version knows {', '.join(ENCODERS)}.",
                code="bad_checkpoint",
            )

    @property
    def hears_phones(self) -> bool:
        """Whether it works from phones together with sound."""
        return ENCODERS[self.kind].hears == "phones"
