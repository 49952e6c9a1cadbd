"""The Dimitra family: motion diffusion transformers over groups of channels. No weights were published."""

from __future__ import annotations

from typing import Final

from elocute.models.dimitra.config import FAMILY as NAME
from elocute.models.dimitra.config import PARTS, DimitraConfig
from elocute.models.dimitra.description import describe
from elocute.models.family import Training
from elocute.models.folder_family import FolderFamily, OpenFolder


def _more_packages(config: DimitraConfig | None) -> tuple[str, ...]:
    if config is None:
        return ()
    return ("transformers",) if config.speech.kind == "pretrained" or config.text.kind == "clip" else ()


def _opener() -> OpenFolder:
    from elocute.models.dimitra.generator import DimitraGenerator

    return DimitraGenerator.from_folder


FAMILY: Final = FolderFamily(
    name=NAME,
    config=DimitraConfig.from_json,
    description=describe,
    more_packages=_more_packages,
    opener=_opener,
    trainings=(
        Training(
            "dimitra",
            "lips, face and head by networks of their own (Dimitra)",
            "elocute.training.dimitra.commands:run",
            parts=PARTS,
        ),
    ),
)
