"""The checkpoint folder of this family: configuration, weights, statistics, perhaps a phonetic encoder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from elocute.checkpoint.folder import CONFIG, WEIGHTS, read_config, writing_checkpoint
from elocute.checkpoint.row_stats import FILE as STATS
from elocute.checkpoint.row_stats import RowStats
from elocute.checkpoint.weights import built_strictly, read_weights, save_weights
from elocute.face.transfer.carrier import Carrier
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.finishing.needs import PROBE
from elocute.models.dimitra.config import FAMILY, DimitraConfig
from elocute.models.dimitra.network import Dimitra
from elocute.speech_encoders.at_frames import read_phonetic
from elocute.speech_encoders.phonetic_encoder import PhoneticEncoder

SPEECH_ENCODER: Final = "speech_encoder.safetensors"


@dataclass(frozen=True)
class LoadedModel:
    """A checkpoint in memory.

    Attributes:
        config: its configuration.
        network: in evaluation mode, without gradients.
        stats: of its training data.
        phonetic: its own speech encoder, or None where it takes a pretrained one.
        probe: measures the mouth of its clips' basis, or None.
        carrier: carries its clips onto another head, or None.
        name: what it is called.
    """

    config: DimitraConfig
    network: Dimitra
    stats: RowStats
    phonetic: PhoneticEncoder | None = None
    probe: MouthProbe | None = None
    name: str = FAMILY
    carrier: Carrier | None = None

    def __post_init__(self) -> None:
        self.network.eval().requires_grad_(False)


def read_folder_config(folder: Path) -> DimitraConfig:
    """Read config.json of a checkpoint folder.

    Raises:
        InputError: no such folder or file, or it is not one of this family.
    """
    return DimitraConfig.from_json(read_config(folder), str(folder / CONFIG))


def load_folder(folder: Path, name: str | None = None) -> LoadedModel:
    """Load a checkpoint folder; strict about every weight.

    Args:
        folder: where it is.
        name: what the model is called; None for the folder's name.

    Raises:
        InputError: anything missing, damaged or contradictory.
    """
    config, path, probe = read_folder_config(folder), folder / WEIGHTS, folder / PROBE
    own = config.speech.kind == "phonetic"
    return LoadedModel(
        config=config,
        network=built_strictly(lambda: Dimitra(config), read_weights(path), str(path)),
        stats=RowStats.load(folder / STATS, config.channels.width),
        phonetic=read_phonetic(folder / SPEECH_ENCODER, config.speech) if own else None,
        probe=MouthProbe.load(probe) if probe.is_file() else None,
        name=name or folder.resolve().name,
        carrier=Carrier.load(folder, config.basis, config.carried) if config.carried else None,
    )


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
        if model.probe is not None:
            model.probe.save(folder / PROBE)
        if model.carrier is not None:
            model.carrier.save(folder)
