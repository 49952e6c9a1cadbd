"""Sizes and settings of an MToV renderer, as frozen dataclasses that become config.json."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Final

from elocute.checkpoint.config_fields import built, fields_of
from elocute.errors import InputError

RENDERER: Final = "mtov"
FORMAT: Final = 1
CHANNELS: Final = 3
"""Colours of an image."""
_CODE: Final = "bad_checkpoint"
_WIDEST: Final = 8_192
_MOST_LAYERS: Final = 128
_LARGEST_IMAGE: Final = 2_048
_MOST_FRAMES: Final = 512
_MOST_STEPS: Final = 100_000


@dataclass(frozen=True)
class AutoencoderConfig:
    """Sizes of both autoencoders, for the film and for the drawn landmarks.

    Attributes:
        size: side S of the square images, in pixels.
        frames: frames T of a clip.
        patch: side of a patch, a divisor of ``size``.
        width: channels C of a token.
        layers: transformer layers of the encoder, and of the decoder.
        heads: attention heads of those layers.
        head_width: channels of a head, a multiple of 4.
        pool_layers: layers that pool one axis of the latent away.
        pool_heads: attention heads of those.
        pool_head_width: channels of their heads.
        pool_hidden: width of their hidden layers.
        latent: numbers per cell of a latent plane.

    Raises:
        InputError: sizes that contradict each other or are beyond reason.
    """

    size: int = 256
    frames: int = 16
    patch: int = 8
    width: int = 384
    layers: int = 8
    heads: int = 8
    head_width: int = 64
    pool_layers: int = 4
    pool_heads: int = 4
    pool_head_width: int = 48
    pool_hidden: int = 512
    latent: int = 4

    def __post_init__(self) -> None:
        widths = (self.width, self.heads * self.head_width, self.pool_heads * self.pool_head_width)
        least = min(*dataclasses.astuple(self))
        within = max(*widths, self.pool_hidden, self.latent) <= _WIDEST
        few = max(self.layers, self.pool_layers) <= _MOST_LAYERS
        small = self.size <= _LARGEST_IMAGE and self.frames <= _MOST_FRAMES
        if least < 1 or not (within and few and small):
            raise InputError("The autoencoder's sizes are beyond reason.", code=_CODE)
        if self.size % self.patch or self.head_width % 4:
            raise InputError(
                f"Images of {self.size} pixels, patches of {self.patch} and attention heads of "
                f"{self.head_width} channels do not go together.",
                code=_CODE,
            )

    @property
    def cells(self) -> int:
        """Patches along a side of an image."""
        return self.size // self.patch


@dataclass(frozen=True)
class UnetConfig:
    """Sizes of the denoising network.

    Attributes:
        base: channels of the first level, a multiple of 32.
        multipliers: channels of each level as multiples of ``base``; each level has half the resolution.
        blocks: residual blocks per level.
        attended: levels, from 0, whose planes attend to themselves too.
        heads: attention heads.

    Raises:
        InputError: sizes that contradict each other or are beyond reason.
    """

    base: int = 128
    multipliers: tuple[int, ...] = (1, 2, 4, 4)
    blocks: int = 2
    attended: tuple[int, ...] = (0, 1, 2)
    heads: int = 8

    def __post_init__(self) -> None:
        levels = len(self.multipliers)
        least = min((self.base, self.blocks, self.heads, levels, *self.multipliers), default=0)
        within = self.base * max(self.multipliers, default=0) <= _WIDEST and self.blocks <= _MOST_LAYERS
        known = all(0 <= level < levels for level in self.attended) and levels <= 8
        if least < 1 or not within or not known:
            raise InputError("The denoising network's sizes are beyond reason.", code=_CODE)
        if self.base % 32 or self.base % self.heads:
            raise InputError(
                f"A denoising network of {self.base} channels cannot have {self.heads} attention heads "
                f"and 32 groups.",
                code=_CODE,
            )


@dataclass(frozen=True)
class MtovConfig:
    """A renderer: two autoencoders and a denoising network.

    Attributes:
        autoencoder: sizes of both autoencoders.
        unet: sizes of the denoising network.
        steps: diffusion steps T.
        first_beta: variance of the first step.
        last_beta: variance of the last step; between them their square roots are even.
        sampling_steps: how many of the T are taken unless the user says otherwise.
        noised_start: share of the diffusion that the face image is noised for to start from, below 1;
            0 starts from noise alone.
        fps: frames per second of the films it was trained on.
        dot_radius: radius of a drawn landmark, in pixels.

    Raises:
        InputError: a value is out of range, or the latent planes cannot be halved as often as the network
            does.
    """

    autoencoder: AutoencoderConfig = field(default_factory=AutoencoderConfig)
    unet: UnetConfig = field(default_factory=UnetConfig)
    steps: int = 1000
    first_beta: float = 0.0015
    last_beta: float = 0.0195
    sampling_steps: int = 100
    noised_start: float = 0.25
    fps: float = 25.0
    dot_radius: int = 3

    def __post_init__(self) -> None:
        counts = 1 <= self.sampling_steps <= self.steps <= _MOST_STEPS
        variances = 0 < self.first_beta <= self.last_beta < 1
        others = 0 <= self.noised_start < 1 and 1 <= self.fps <= 120 and 1 <= self.dot_radius <= 64
        if not (counts and variances and others):
            raise InputError("The renderer's settings are out of range.", code=_CODE)
        halvings = 2 ** (len(self.unet.multipliers) - 1)
        if self.autoencoder.cells % halvings or self.autoencoder.frames % halvings:
            raise InputError(
                f"Latent planes of {self.autoencoder.cells} cells and {self.autoencoder.frames} frames "
                f"cannot be halved {len(self.unet.multipliers) - 1} times.",
                code=_CODE,
            )

    def to_json(self) -> dict[str, Any]:
        """Content of config.json."""
        return {"renderer": RENDERER, "format": FORMAT, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, data: Any, source: str) -> MtovConfig:
        """Read :meth:`to_json`.

        Args:
            data: object of the JSON file.
            source: what errors call it.

        Raises:
            InputError: another kind or format, missing, unknown or impossible fields.
        """
        fields = fields_of(data, "renderer", RENDERER, FORMAT, source)
        fields["autoencoder"] = built(
            AutoencoderConfig, fields.pop("autoencoder", None), f"{source} (autoencoder)"
        )
        fields["unet"] = built(UnetConfig, fields.pop("unet", None), f"{source} (unet)")
        return built(cls, fields, source)
