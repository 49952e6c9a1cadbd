"""The checkpoint folder of this family: configuration, weights, and the head that the landmarks move."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from elocute.checkpoint.folder import CONFIG, WEIGHTS, read_config, writing_checkpoint
from elocute.checkpoint.weights import built_strictly, read_weights, save_weights
from elocute.errors import InputError
from elocute.face.fit.points import check_has_landmarks
from elocute.face.model import FaceModel
from elocute.models.atom.config import FAMILY, AtomConfig
from elocute.models.atom.network import Atom

FACE: Final = "face.npz"


@dataclass(frozen=True)
class LoadedModel:
    """A checkpoint in memory.

    Attributes:
        config: its configuration.
        network: in evaluation mode, without gradients.
        face: the head whose landmarks it moves.
        name: what it is called.
        folder: where it came from.
    """

    config: AtomConfig
    network: Atom
    face: FaceModel
    name: str = FAMILY
    folder: Path | None = None

    def __post_init__(self) -> None:
        self.network.eval().requires_grad_(False)


def read_folder_config(folder: Path) -> AtomConfig:
    """Read config.json of a checkpoint folder.

    Raises:
        InputError: no such folder or file, or it is not one of this family.
    """
    return AtomConfig.from_json(read_config(folder), str(folder / CONFIG))


def load_folder(folder: Path, name: str | None = None) -> LoadedModel:
    """Load a checkpoint folder; strict about every weight.

    Args:
        folder: where it is.
        name: what the model is called; None for the folder's name.

    Raises:
        InputError: anything missing, damaged or contradictory.
    """
    config, path = read_folder_config(folder), folder / WEIGHTS
    network = built_strictly(lambda: Atom(config.network), read_weights(path), str(path))
    face = FaceModel.load(folder / FACE)
    check_has_landmarks(face)
    if face.basis != config.basis:
        raise InputError(
            f"The head {folder / FACE} is in basis {face.basis}; {CONFIG} beside it says {config.basis}.",
            "Convert the checkpoint again.",
            code="bad_checkpoint",
        )
    return LoadedModel(config, network, face, name or folder.resolve().name, folder)


def save_folder(folder: Path, model: LoadedModel, card: str) -> None:
    """Write a checkpoint folder; config.json comes last, so a half-written folder does not load.

    Raises:
        InputError: it cannot be written.
    """
    with writing_checkpoint(folder, model.config.to_json(), card):
        save_weights(folder / WEIGHTS, model.network.state_dict())
        model.face.save(folder / FACE)
