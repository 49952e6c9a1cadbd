"""The folder of a renderer: configuration and the weights of its three networks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from torch import nn

from elocute.checkpoint.folder import CONFIG, read_config, writing_checkpoint
from elocute.checkpoint.weights import built_strictly, read_weights, save_weights
from elocute.renderers.mtov.autoencoder import TriplaneAutoencoder
from elocute.renderers.mtov.config import RENDERER, MtovConfig
from elocute.renderers.mtov.unet import LatentUnet

FILM: Final = "film.safetensors"
LANDMARKS: Final = "landmarks.safetensors"
UNET: Final = "unet.safetensors"


@dataclass(frozen=True)
class LoadedRenderer:
    """A renderer in memory.

    Attributes:
        config: its configuration.
        film: the autoencoder of films, in evaluation mode, without gradients.
        landmarks: the autoencoder of drawn landmarks, likewise.
        unet: the denoising network, likewise.
        name: what it is called.
    """

    config: MtovConfig
    film: TriplaneAutoencoder
    landmarks: TriplaneAutoencoder
    unet: LatentUnet
    name: str = RENDERER

    def __post_init__(self) -> None:
        for network in self.networks:
            network.eval().requires_grad_(False)

    @property
    def networks(self) -> tuple[nn.Module, nn.Module, nn.Module]:
        """All three."""
        return self.film, self.landmarks, self.unet


def read_folder_config(folder: Path) -> MtovConfig:
    """Read config.json of a renderer's folder.

    Raises:
        InputError: no such folder or file, or it is not one of this renderer.
    """
    return MtovConfig.from_json(read_config(folder), str(folder / CONFIG))


def load_folder(folder: Path) -> LoadedRenderer:
    """Load a renderer; strict about every weight.

    Raises:
        InputError: anything missing, damaged or contradictory.
    """
    config = read_folder_config(folder)
    sizes = config.autoencoder
    film, landmarks, unet = (folder / name for name in (FILM, LANDMARKS, UNET))
    return LoadedRenderer(
        config,
        built_strictly(lambda: TriplaneAutoencoder(sizes), read_weights(film), str(film)),
        built_strictly(lambda: TriplaneAutoencoder(sizes), read_weights(landmarks), str(landmarks)),
        built_strictly(lambda: LatentUnet(config), read_weights(unet), str(unet)),
        folder.resolve().name,
    )


def save_folder(folder: Path, renderer: LoadedRenderer, card: str) -> None:
    """Write a renderer's folder; config.json comes last, so a half-written folder does not load.

    Raises:
        InputError: it cannot be written.
    """
    with writing_checkpoint(folder, renderer.config.to_json(), card):
        for name, network in zip((FILM, LANDMARKS, UNET), renderer.networks, strict=True):
            save_weights(folder / name, network.state_dict())
