"""Sizes and settings of a model of this family, as frozen dataclasses that become config.json."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Final, Literal, get_args

from elocute.checkpoint.config_fields import LATER, built, fields_of
from elocute.errors import InputError
from elocute.motion import head1_basis

FAMILY: Final = "atom"
FORMAT: Final = 1
POINTS: Final = 68
WIDTH: Final = 3 * POINTS
"""Numbers of a frame: x, y, z of each landmark."""
FPS: Final = 25.0
AUDIO_RATE: Final = 2
"""Features of the sound for each frame of motion."""
CONDITIONS: Final = "speech"
"""Name of what guides: sound and first frame, which are dropped together."""
AtomSamplerKind = Literal["auto", "ddpm", "ddim"]
SAMPLERS: Final[tuple[str, ...]] = get_args(AtomSamplerKind)
"""``ddpm``: as random as ancestral sampling (DDIM with eta = 1), as published; ``ddim``: without randomness;
``auto``: as published, but ``ddim`` for fewer steps than are usual."""
_WIDEST: Final = 16_384
_MOST_LAYERS: Final = 128
_MOST_FRAMES: Final = 2_000
_MOST_STEPS: Final = 100_000
_STRONGEST: Final = 100.0


@dataclass(frozen=True)
class NetworkConfig:
    """Sizes of the network.

    Attributes:
        width: channels D, even.
        heads: attention heads, a divisor of the width.
        hidden: width of the encoders' hidden layers.
        layers: decoder layers.
        frames: frames T of a window.
        audio_width: numbers of an audio feature A.
        dropout: rate in training.

    Raises:
        InputError: sizes that contradict each other or are beyond reason.
    """

    width: int = 512
    heads: int = 8
    hidden: int = 1024
    layers: int = 8
    frames: int = 156
    audio_width: int = 1024
    dropout: float = 0.1

    def __post_init__(self) -> None:
        widths = (self.width, self.heads, self.hidden, self.audio_width)
        within = min(*widths, self.layers) >= 1 and max(widths) <= _WIDEST and self.layers <= _MOST_LAYERS
        # A time embedding needs two frequencies, a window two frames to move in.
        enough = self.width >= 4 and 2 <= self.frames <= _MOST_FRAMES
        if not within or not enough or not 0 <= self.dropout < 1:
            raise InputError("The network's sizes are beyond reason.", code="bad_checkpoint")
        if self.width % 2 or self.width % self.heads:
            raise InputError(
                f"A network of {self.width} channels cannot have {self.heads} attention heads.",
                "Give the number of heads that the model was trained with.",
                code="bad_checkpoint",
            )

    @property
    def audio_frames(self) -> int:
        """Audio features of a window."""
        return AUDIO_RATE * self.frames


@dataclass(frozen=True)
class AtomConfig:
    """A checkpoint of this family.

    Attributes:
        network: its sizes.
        speech_encoder: folder or hub id of the encoder that the audio features come from.
        steps: diffusion steps T of the cosine schedule.
        sampling_steps: how many of them are taken unless the user says otherwise.
        guidance: weight of the conditions unless the user says otherwise.
        clamp: largest change of a coordinate from the first frame, in centimetres.
        basis: face basis of the head in the folder, which the landmarks move.
        person: 204 centimetres of the first frame's landmarks without the mean face, see
            :mod:`~elocute.models.atom.person`; empty for the mean face.

    Raises:
        InputError: a value is out of range.
    """

    network: NetworkConfig = field(default_factory=NetworkConfig)
    speech_encoder: str = "facebook/hubert-large-ls960-ft"
    steps: int = 1000
    sampling_steps: int = 50
    guidance: float = 2.0
    clamp: float = 1.0
    basis: str = head1_basis.BASIS
    person: tuple[float, ...] = field(default=(), metadata={LATER: True})

    def __post_init__(self) -> None:
        counts = 1 <= self.sampling_steps <= self.steps <= _MOST_STEPS
        if not counts or not 0 <= self.guidance <= _STRONGEST or not 0 < self.clamp <= _STRONGEST:
            raise InputError("The model's sampling settings are out of range.", code="bad_checkpoint")
        near = all(abs(value) <= _STRONGEST for value in self.person)
        if len(self.person) not in {0, WIDTH} or not near:
            raise InputError("The model's person is not one of 68 landmarks.", code="bad_checkpoint")

    def to_json(self) -> dict[str, Any]:
        """Content of config.json."""
        return {"architecture": FAMILY, "format": FORMAT, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, data: Any, source: str) -> AtomConfig:
        """Read :meth:`to_json`.

        Args:
            data: object of the JSON file.
            source: what errors call it.

        Raises:
            InputError: another family or format, missing, unknown or impossible fields.
        """
        fields = fields_of(data, "architecture", FAMILY, FORMAT, source)
        sizes = fields.pop("network", None)
        fields["network"] = built(NetworkConfig, sizes, f"{source} (network)")
        return built(cls, fields, source)
