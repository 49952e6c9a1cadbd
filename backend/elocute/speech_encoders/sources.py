"""Where a model's features of sound and text come from, as parts of its config.json. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from elocute.errors import InputError

SpeechKind = Literal["phonetic", "pretrained"]
TextKind = Literal["none", "words", "clip"]
_WIDEST: Final = 16_384


@dataclass(frozen=True)
class SpeechConfig:
    """Where features of the sound come from.

    Attributes:
        kind: ``phonetic`` for a phonetic encoder whose weights lie in the model's folder; ``pretrained`` for
            HuBERT or Wav2Vec2.
        width: numbers of a feature C.
        source: folder or hub id of a pretrained one, else empty.
        options: sizes of a phonetic one, else empty.

    Raises:
        InputError: there is no such kind, or the width is beyond reason.
    """

    kind: SpeechKind = "pretrained"
    width: int = 768
    source: str = "facebook/wav2vec2-base-960h"
    options: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.kind not in get_args(SpeechKind) or not 1 <= self.width <= _WIDEST:
            raise InputError("The model's speech encoder is unknown or beyond reason.", code="bad_checkpoint")


@dataclass(frozen=True)
class TextConfig:
    """Where features of the text come from.

    Attributes:
        kind: ``none``; ``words``, an encoder of hashed words that is trained along; ``clip``, frozen.
        width: numbers of a feature of CLIP, 0 for the other kinds.
        source: folder or hub id of CLIP, else empty.

    Raises:
        InputError: there is no such kind, or the width does not fit it.
    """

    kind: TextKind = "clip"
    width: int = 512
    source: str = "openai/clip-vit-base-patch32"

    def __post_init__(self) -> None:
        wide = 1 <= self.width <= _WIDEST if self.kind == "clip" else self.width == 0
        if self.kind not in get_args(TextKind) or not wide:
            raise InputError("The model's text encoder is unknown or beyond reason.", code="bad_checkpoint")
