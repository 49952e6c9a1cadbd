"""The checkpoint folder of this family: configuration, weights, statistics, perhaps an encoder and a head."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from elocute.checkpoint.folder import CONFIG, WEIGHTS, read_config, writing_checkpoint
from elocute.checkpoint.row_stats import FILE as STATS
from elocute.checkpoint.row_stats import RowStats
from elocute.checkpoint.weights import built_strictly, read_weights, save_weights
from elocute.face.model import FaceModel
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.models.thmm.config import FAMILY, ThmmConfig
from elocute.models.thmm.network import Thmm
from elocute.models.thmm.rows import MotionRows, motion_rows
from elocute.speech_encoders.at_frames import read_phonetic
from elocute.speech_encoders.phonetic_encoder import PhoneticEncoder

SPEECH_ENCODER: Final = "speech_encoder.safetensors"
FACE: Final = "face.npz"


@dataclass(frozen=True)
class LoadedModel:
    """A checkpoint in memory.

    Attributes:
        config: its configuration.
        network: in evaluation mode, without gradients.
        stats: of its training data.
        phonetic: its own speech encoder, or None where it has none.
        face: the head whose landmarks it moves or whose mouth is measured, or None.
        name: what it is called.
    """

    config: ThmmConfig
    network: Thmm
    stats: RowStats
    phonetic: PhoneticEncoder | None = None
    face: FaceModel | None = None
    name: str = FAMILY

    def __post_init__(self) -> None:
        self.network.eval().requires_grad_(False)

    @property
    def rows(self) -> MotionRows:
        """Clips to rows and back.

        Raises:
            InputError: landmarks without a head of the model's basis.
        """
        return motion_rows(self.config, self.face)

    @property
    def probe(self) -> MouthProbe | None:
        """What measures the mouth of its head."""
        return None if self.face is None else MouthProbe.from_face(self.face)


def read_folder_config(folder: Path) -> ThmmConfig:
    """Read config.json of a checkpoint folder.

    Raises:
        InputError: no such folder or file, or it is not one of this family.
    """
    return ThmmConfig.from_json(read_config(folder), str(folder / CONFIG))


def load_folder(folder: Path, name: str | None = None) -> LoadedModel:
    """Load a checkpoint folder; strict about every weight.

    Args:
        folder: where it is.
        name: what the model is called; None for the folder's name.

    Raises:
        InputError: anything missing, damaged or contradictory.
    """
    config, path, face = read_folder_config(folder), folder / WEIGHTS, folder / FACE
    own = config.encodes and config.speech.kind == "phonetic"
    model = LoadedModel(
        config=config,
        network=built_strictly(lambda: Thmm(config), read_weights(path), str(path)),
        stats=RowStats.load(folder / STATS, config.points * config.numbers),
        phonetic=read_phonetic(folder / SPEECH_ENCODER, config.speech) if own else None,
        face=FaceModel.load(face) if face.is_file() or config.motion == "landmarks" else None,
        name=name or folder.resolve().name,
    )
    motion_rows(model.config, model.face)  # refuses a head that is not the model's
    return model


def save_folder(folder: Path, model: LoadedModel, card: str) -> None:
    """Write a checkpoint folder; config.json comes last, so a half-written folder does not load.

    Raises:
        InputError: it cannot be written.
    """
    with writing_checkpoint(folder, model.config.to_json(), card):
        save_weights(folder / WEIGHTS, model.network.state_dict())
        model.stats.save(folder / STATS)
        if model.phonetic is not None:
            save_weights(folder / SPEECH_ENCODER, model.phonetic.state_dict())
        if model.face is not None:
            model.face.save(folder / FACE)
