"""The THMM-DiT family: diffusion transformers that are shown long clues. No weights were published."""

from __future__ import annotations

from typing import Final

from elocute.models.family import Training
from elocute.models.folder_family import FolderFamily, OpenFolder
from elocute.models.thmm.config import FAMILY as NAME
from elocute.models.thmm.config import PARTS, ThmmConfig
from elocute.models.thmm.description import describe


def _more_packages(config: ThmmConfig | None) -> tuple[str, ...]:
    if config is None:
        return ()
    return ("transformers",) if config.encodes and config.speech.kind == "pretrained" else ()


def _opener() -> OpenFolder:
    from elocute.models.thmm.generator import ThmmGenerator

    return ThmmGenerator.from_folder


FAMILY: Final = FolderFamily(
    name=NAME,
    config=ThmmConfig.from_json,
    description=describe,
    more_packages=_more_packages,
    opener=_opener,
    trainings=(
        Training(
            "thmm",
            "motion that goes on from long clues, with or without speech (THMM-DiT)",
            "elocute.training.thmm.commands:run",
            parts=PARTS,
        ),
    ),
)
