"""The AToM family: diffusion of facial landmarks, fitted to a head; published checkpoints of MoDiTalker."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from elocute.errors import SettingsError, one_line
from elocute.models.atom.config import FAMILY as NAME
from elocute.models.atom.config import AtomConfig
from elocute.models.atom.description import describe
from elocute.models.family import Converter, ConverterValues, FileArgument, Training
from elocute.models.folder_family import FolderFamily, OpenFolder
from elocute.speech_encoders.names import packages_of

_KINDS: Final = {"live": False, "ema": True}
_ARGUMENTS: Final = (
    FileArgument("checkpoint", "atom.pt, or train-*.pt of the official training", "CKPT.pt"),
    FileArgument(
        "weights",
        "live (as the official program generates; default), or ema for their moving average",
        "live|ema",
        required=False,
        text=True,
    ),
    FileArgument("heads", "attention heads it was trained with (default 8)", "N", required=False, text=True),
    FileArgument(
        "audio-encoder",
        "speech encoder it was trained with: a folder, or a hub id (default facebook/hubert-large-ls960-ft)",
        "FOLDER_OR_ID",
        required=False,
        text=True,
    ),
    FileArgument("face", "the head whose landmarks it is to move (default the stand-in)", "FACE.npz", False),
    FileArgument(
        "person",
        "whose face it is: an image, 68 lines of points in pixels, a landmark track, a head, 3DMM "
        "coefficients, a saved first frame (default the mean face)",
        "FILE",
        False,
    ),
)


def _convert(values: ConverterValues, out: Path) -> tuple[str, ...]:
    kind, heads, face = (values[name] for name in ("weights", "heads", "face"))
    if kind is not None and kind not in _KINDS:
        raise SettingsError(
            f"--weights must be live or ema, not {one_line(str(kind), 40)}.", "Leave it out for live."
        )
    number = None if heads is None else str(heads)
    if number is not None and not (number.isascii() and number.isdigit() and len(number) < 6):
        raise SettingsError(
            f"--heads must be a whole number, not {one_line(number, 40)}.", "Leave it out for 8."
        )
    from elocute.face.model import FaceModel
    from elocute.models.atom.convert import HEADS, convert_official

    encoder = values["audio-encoder"]
    config = convert_official(
        Path(str(values["checkpoint"])),
        out,
        heads=HEADS if number is None else int(number),
        averaged=_KINDS[str(kind or "live")],
        speech_encoder=None if encoder is None else str(encoder),
        face=None if face is None else FaceModel.load(Path(face)),
        person=None if values["person"] is None else Path(str(values["person"])),
    )
    return (
        f"{config.steps} steps, of which {config.sampling_steps} are taken; windows of "
        f"{config.network.frames} frames; moves the head {config.basis}.",
    )


def _more_packages(config: AtomConfig | None) -> tuple[str, ...]:
    return packages_of(AtomConfig.speech_encoder if config is None else config.speech_encoder)


def _opener() -> OpenFolder:
    from elocute.models.atom.generator import AtomGenerator

    return AtomGenerator.from_folder


FAMILY: Final = FolderFamily(
    name=NAME,
    config=AtomConfig.from_json,
    description=describe,
    more_packages=_more_packages,
    opener=_opener,
    compiles=True,
    trainings=(
        Training("atom", "landmarks from speech (AToM of MoDiTalker)", "elocute.training.atom.commands:run"),
    ),
    converters=(Converter(NAME, "an official AToM checkpoint of MoDiTalker", _ARGUMENTS, _convert),),
)
