"""The THMM-DiT family. Nothing here imports torch before a model is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from elocute.checkpoint.folder import CONFIG, read_config
from elocute.errors import InputError, SettingsError, one_line
from elocute.generator import Generator, ModelInfo
from elocute.models.family import Converter, ExtractedStyle, LoadOptions, Training
from elocute.models.thmm.config import FAMILY as NAME
from elocute.models.thmm.config import PARTS, ThmmConfig
from elocute.models.thmm.description import describe
from elocute.motion.clip import MotionClip


class ThmmFamily:
    """A diffusion transformer over frames and landmarks, shown long clues. No weights were published."""

    name = NAME
    built_in: tuple[ModelInfo, ...] = ()
    converters: tuple[Converter, ...] = ()
    trainings: tuple[Training, ...] = (
        Training(
            "thmm",
            "motion that goes on from long clues, with or without speech (THMM-DiT)",
            "elocute.training.thmm.commands:run",
            parts=PARTS,
        ),
    )

    def packages(self, folder: Path | None) -> tuple[str, ...]:
        """Those of the networks, of the fit to a head, and of the encoders that the checkpoint names."""
        own = ("torch", "safetensors", "scipy")
        if folder is None:
            return own
        config = self._config(folder)
        pretrained = config.encodes and config.speech.kind == "pretrained"
        return (*own, "transformers") if pretrained else own

    def describe(self, folder: Path, name: str) -> ModelInfo:
        """What the checkpoint is.

        Raises:
            InputError: the folder is damaged.
        """
        return describe(self._config(folder), name)

    def load(self, folder: Path | None, name: str, options: LoadOptions) -> Generator:
        """The model in ``folder``.

        Raises:
            InputError: the folder is damaged, or an encoder is not to be had.
            SettingsError: there is no such device.
            ImportError: torch is there, but a library of the system is not.
        """
        if folder is None:
            raise InputError(f"The family {self.name} has no built-in model.", code="missing_model")
        try:
            from elocute.models.thmm.generator import ThmmGenerator
        except OSError as error:
            raise ImportError(f"PyTorch does not load ({one_line(str(error), 200)})") from error
        return ThmmGenerator.from_folder(folder, name, options)

    def extract_style(
        self, folder: Path, name: str, clip: MotionClip, start: int, source: str
    ) -> ExtractedStyle:
        """There are no styles.

        Raises:
            SettingsError: always.
        """
        raise SettingsError(f"The family {self.name} has no style encoder.")

    def _config(self, folder: Path) -> ThmmConfig:
        return ThmmConfig.from_json(read_config(folder), str(folder / CONFIG))


FAMILY: Final = ThmmFamily()
