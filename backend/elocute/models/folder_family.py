"""A family whose models are checkpoint folders for PyTorch, with a network and no styles.

Nothing here imports torch before a model is loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from elocute.checkpoint.folder import CONFIG, read_config
from elocute.errors import InputError, SettingsError, one_line
from elocute.generator import Generator, ModelInfo
from elocute.models.family import Converter, ExtractedStyle, LoadOptions, Training, not_compiled
from elocute.motion.clip import MotionClip

ConfigT = TypeVar("ConfigT")
OpenFolder = Callable[[Path, str | None, LoadOptions | None], Generator]
"""The model in a folder, under a name."""

_NEEDED = ("torch", "safetensors", "scipy")
"""By the network, its file, and the fit to a head."""


@dataclass(frozen=True)
class FolderFamily(Generic[ConfigT]):
    """A :class:`~elocute.models.family.Family` without built-in models.

    Attributes:
        name: of its folder.
        config: the configuration in the object of a config.json; the text is what errors call the file.
        description: what a model of this configuration is, under an id.
        more_packages: what its encoders need beyond torch, safetensors and SciPy; None stands for the usual
            checkpoint of the family.
        opener: imports the networks and returns what opens a folder.
        trainings: on the command line.
        converters: from published files.
        compiles: whether its networks can be compiled first.
    """

    name: str
    config: Callable[[Any, str], ConfigT]
    description: Callable[[ConfigT, str], ModelInfo]
    more_packages: Callable[[ConfigT | None], tuple[str, ...]]
    opener: Callable[[], OpenFolder]
    trainings: tuple[Training, ...] = ()
    converters: tuple[Converter, ...] = ()
    compiles: bool = False
    built_in: ClassVar[tuple[ModelInfo, ...]] = ()

    def packages(self, folder: Path | None) -> tuple[str, ...]:
        """Those of the network, of the fit to a head, and of the encoders that the checkpoint names.

        Raises:
            InputError: the folder is damaged.
        """
        return (*_NEEDED, *self.more_packages(None if folder is None else self._read(folder)))

    def describe(self, folder: Path, name: str) -> ModelInfo:
        """What the checkpoint is.

        Raises:
            InputError: the folder is damaged.
        """
        return self.description(self._read(folder), name)

    def load(self, folder: Path | None, name: str, options: LoadOptions) -> Generator:
        """The model in ``folder``.

        Raises:
            InputError: the folder is damaged, or an encoder is not to be had.
            SettingsError: there is no such device, or it is to be compiled and cannot be.
            ImportError: torch is there, but a library of the system is not.
        """
        if folder is None:
            raise InputError(f"The family {self.name} has no built-in model.", code="missing_model")
        if options.compiled and not self.compiles:
            raise not_compiled(name)
        try:
            open_folder = self.opener()
        except OSError as error:
            raise ImportError(f"PyTorch does not load ({one_line(str(error), 200)})") from error
        return open_folder(folder, name, options)

    def extract_style(
        self, folder: Path, name: str, clip: MotionClip, start: int, source: str
    ) -> ExtractedStyle:
        """There are no styles.

        Raises:
            SettingsError: always.
        """
        raise SettingsError(f"The family {self.name} has no style encoder.")

    def _read(self, folder: Path) -> ConfigT:
        return self.config(read_config(folder), str(folder / CONFIG))
