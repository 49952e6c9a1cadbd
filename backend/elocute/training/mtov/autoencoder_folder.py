"""Checkpoint folder of one autoencoder, between the stages of a renderer's training."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Final

from elocute.checkpoint.config_fields import built
from elocute.checkpoint.folder import CONFIG, read_config, writing_checkpoint
from elocute.checkpoint.weights import built_strictly, read_weights, save_weights
from elocute.errors import InputError
from elocute.renderers.mtov.autoencoder import TriplaneAutoencoder
from elocute.renderers.mtov.config import AutoencoderConfig

KIND: Final = "mtov-autoencoder"
WEIGHTS: Final = "autoencoder.safetensors"


def save_autoencoder(folder: Path, network: TriplaneAutoencoder, card: str) -> None:
    """Write it.

    Raises:
        InputError: it cannot be written.
    """
    with writing_checkpoint(folder, {"renderer": KIND, **dataclasses.asdict(network.config)}, card):
        save_weights(folder / WEIGHTS, network.state_dict())


def load_autoencoder(folder: Path, sizes: AutoencoderConfig) -> TriplaneAutoencoder:
    """Read what :func:`save_autoencoder` wrote.

    Args:
        folder: where it is.
        sizes: that it must have.

    Raises:
        InputError: there is none, it is damaged, or of other sizes.
    """
    content = dict(read_config(folder))
    kind = content.pop("renderer", None)
    if kind != KIND:
        raise InputError(
            f"{folder} holds no autoencoder of MToV.",
            "Give a checkpoint folder of elocute train mtov-film or mtov-landmarks.",
            code="bad_checkpoint",
        )
    found = built(AutoencoderConfig, content, str(folder / CONFIG))
    if found != sizes:
        raise InputError(
            f"The autoencoder in {folder} has other sizes than the settings say.",
            "Set renderer.autoencoder as in its training.",
            code="bad_checkpoint",
        )
    path = folder / WEIGHTS
    return built_strictly(lambda: TriplaneAutoencoder(sizes), read_weights(path), str(path))
