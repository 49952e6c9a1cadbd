"""The AToM family. Nothing here imports torch before a model is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from elocute.checkpoint.folder import CONFIG, read_config
from elocute.errors import InputError, SettingsError, one_line
from elocute.generator import Generator, ModelInfo
from elocute.models.atom.config import FAMILY as NAME
from elocute.models.atom.config import AtomConfig
from elocute.models.atom.description import describe
from elocute.models.family import (
    Converter,
    ConverterValues,
    ExtractedStyle,
    FileArgument,
    LoadOptions,
    Training,
)
from elocute.motion.clip import MotionClip
from elocute.speech_encoders.names import packages_of

_KINDS: Final = {"live": False, "ema": True}


class AtomFamily:
    """Diffusion of facial landmarks, fitted to a head; published checkpoints of MoDiTalker."""

    name = NAME
    built_in: tuple[ModelInfo, ...] = ()
    trainings: tuple[Training, ...] = (
        Training("atom", "landmarks from speech (AToM of MoDiTalker)", "elocute.training.atom.commands:run"),
    )

    @property
    def converters(self) -> tuple[Converter, ...]:
        """One, for what the published program saves."""
        arguments = (
            FileArgument("checkpoint", "atom.pt, or train-*.pt of the official training", "CKPT.pt"),
            FileArgument(
                "weights",
                "live (as the official program generates; default), or ema for their moving average",
                "live|ema",
                required=False,
                text=True,
            ),
            FileArgument(
                "heads", "attention heads it was trained with (default 8)", "N", required=False, text=True
            ),
            FileArgument(
                "audio-encoder",
                "speech encoder it was trained with: a folder, or a hub id (default "
                "facebook/hubert-large-ls960-ft)",
                "FOLDER_OR_ID",
                required=False,
                text=True,
            ),
            FileArgument(
                "face", "the head whose landmarks it is to move (default the stand-in)", "FACE.npz", False
            ),
            FileArgument(
                "person",
                "whose face it is: an image, 68 lines of points in pixels, a landmark track, a head (default "
                "the mean face)",
                "FILE",
                False,
            ),
        )
        return (Converter(NAME, "an official AToM checkpoint of MoDiTalker", arguments, _convert),)

    def packages(self, folder: Path | None) -> tuple[str, ...]:
        """Those of the network, of its speech encoder, and of the fit to a head."""
        encoder = AtomConfig.speech_encoder
        if folder is not None:
            encoder = AtomConfig.from_json(read_config(folder), str(folder / CONFIG)).speech_encoder
        return ("torch", "safetensors", "scipy", *packages_of(encoder))

    def describe(self, folder: Path, name: str) -> ModelInfo:
        """What the checkpoint is.

        Raises:
            InputError: the folder is damaged.
        """
        return describe(AtomConfig.from_json(read_config(folder), str(folder / CONFIG)), name)

    def load(self, folder: Path | None, name: str, options: LoadOptions) -> Generator:
        """The model in ``folder``.

        Raises:
            InputError: the folder is damaged, or its speech encoder is not to be had.
            SettingsError: there is no such device.
            ImportError: torch is there, but a library of the system is not.
        """
        if folder is None:
            raise InputError(f"The family {self.name} has no built-in model.", code="missing_model")
        try:
            from elocute.models.atom.generator import AtomGenerator
        except OSError as error:
            raise ImportError(f"PyTorch does not load ({one_line(str(error), 200)})") from error
        return AtomGenerator.from_folder(folder, name, options)

    def extract_style(
        self, folder: Path, name: str, clip: MotionClip, start: int, source: str
    ) -> ExtractedStyle:
        """There are no styles.

        Raises:
            SettingsError: always.
        """
        raise SettingsError(f"The family {self.name} has no style encoder.")


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


FAMILY: Final = AtomFamily()
