"""The training steps of MToV. B clips, T frames, S pixels on each side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn

from elocute.diffusion.schedule import NoiseSchedule
from elocute.renderers.mtov.autoencoder import TriplaneAutoencoder
from elocute.renderers.mtov.planes import identity_condition
from elocute.renderers.mtov.unet import LatentUnet
from elocute.training.mtov.data import Clips

Perceptual = Callable[[Tensor, Tensor], Tensor]
"""(N, 3, S, S) and the same in -1..1 to a mean distance."""
FROZEN: Final = "decoder"


class AutoencoderObjective(nn.Module):
    """Reconstruction of clips: weighted mean absolute error and perceptual distance.

    Args:
        network: is trained.
        reconstruction: weight of the mean absolute error.
        perceptual: weight and distance, or None.
        whole_clip: compare all frames, not a random one of each clip.
    """

    def __init__(
        self,
        network: TriplaneAutoencoder,
        reconstruction: float,
        perceptual: tuple[float, Perceptual] | None,
        *,
        whole_clip: bool,
    ) -> None:
        super().__init__()
        self.network = network
        self._reconstruction, self._perceptual, self._whole = reconstruction, perceptual, whole_clip

    def forward(self, clips: Tensor, frames: Tensor) -> dict[str, Tensor]:
        """``total`` and its parts.

        Args:
            clips: (B, 3, T, S, S) in -1..1.
            frames: (B,) the frame of each clip that is compared.
        """
        decoded = self.network.decode(self.network.encode(clips))
        if self._whole:
            made, true = (x.transpose(1, 2).flatten(0, 1) for x in (decoded, clips))
        else:
            rows = torch.arange(len(clips), device=clips.device)
            made, true = decoded[rows, :, frames], clips[rows, :, frames]
        reconstruction = self._reconstruction * (made - true).abs().mean()
        losses = {"total": reconstruction, "reconstruction": reconstruction}
        if self._perceptual is not None:
            weight, distance = self._perceptual
            losses["perceptual"] = weight * distance(made, true)
            losses["total"] = losses["total"] + losses["perceptual"]
        return losses


def freeze_decoder(network: TriplaneAutoencoder) -> None:
    """Leave the decoder's layers as they are, as published: all else trains, the map to pixels too."""
    for name, weights in network.named_parameters():
        if FROZEN in name.split("."):
            weights.requires_grad_(False)


@dataclass(frozen=True)
class Draws:
    """The random choices of a step of the denoising network.

    Attributes:
        steps: (B,) int64 indices 0..T-1 into the schedule.
        noise: (B, latent, cells) standard normal.
    """

    steps: Tensor
    noise: Tensor


@dataclass(frozen=True)
class Encoded:
    """What the denoising network is given of B clips.

    Attributes:
        clean: (B, latent, cells) latents of the films.
        condition: (B, 2 * latent, cells) those of landmarks and of pose frames.
        face: (B, latent, cells) of the face.
    """

    clean: Tensor
    condition: Tensor
    face: Tensor


class KeptEncodings:
    """Encodes clips, each place of a film once.

    Args:
        encode: as :meth:`UnetObjective.encode`.
    """

    def __init__(self, encode: Callable[[Clips], Encoded]) -> None:
        self._encode = encode
        self._known: dict[tuple[str, int], Encoded] = {}

    def of(self, clips: Clips) -> Encoded:
        """What was made of these clips when they were first met."""
        new = [row for row, place in enumerate(clips.places) if place not in self._known]
        if new:
            made = self._encode(clips.map(lambda side: side[new]))
            for number, row in enumerate(new):
                one = slice(number, number + 1)
                self._known[clips.places[row]] = Encoded(made.clean[one], made.condition[one], made.face[one])
        parts = [self._known[place] for place in clips.places]
        return Encoded(
            torch.cat([part.clean for part in parts]),
            torch.cat([part.condition for part in parts]),
            torch.cat([part.face for part in parts]),
        )


class UnetObjective(nn.Module):
    """Mean squared error of the noise that is predicted in latents of films.

    Args:
        network: is trained.
        film: the autoencoder of films, frozen.
        landmarks: that of drawn landmarks, frozen.
        schedule: noise schedule.
    """

    def __init__(
        self,
        network: LatentUnet,
        film: TriplaneAutoencoder,
        landmarks: TriplaneAutoencoder,
        schedule: NoiseSchedule,
    ) -> None:
        super().__init__()
        self.network = network
        self.film = film.eval().requires_grad_(False)
        self.landmarks = landmarks.eval().requires_grad_(False)
        self._schedule = schedule

    @torch.no_grad()
    def encode(self, clips: Clips) -> Encoded:
        """What the frozen autoencoders make of clips."""
        clean, poses, faces = (self.film.encode(x) for x in (clips.images, clips.poses, clips.faces))
        condition = torch.cat([self.landmarks.encode(clips.dots), poses], dim=1)
        return Encoded(clean, condition, identity_condition(faces, self.film.config))

    def forward(self, clips: Clips | Encoded, draws: Draws) -> dict[str, Tensor]:
        """``total``, of clips or of what was made of them before."""
        given = self.encode(clips) if isinstance(clips, Clips) else clips
        noisy = self._schedule.add_noise(given.clean, draws.noise, draws.steps + 1)
        predicted = self.network(noisy, draws.steps, given.condition, given.face).float()
        return {"total": (predicted - draws.noise).square().mean()}
