"""What a model family hands in: all that the registry, the command line and the service know of it.

A family is a folder of ``elocute.models`` with a module ``family`` that holds a :class:`Family` named
``FAMILY``. The folder's name is the ``architecture`` in the ``config.json`` of its checkpoints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from elocute.generator import Generator, ModelInfo
from elocute.motion.clip import MotionClip


@dataclass(frozen=True)
class LoadOptions:
    """How a model computes.

    Attributes:
        device: as torch names it: ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        precision: arithmetic of the network: ``float32`` or ``bfloat16``.
    """

    device: str = "cpu"
    precision: Literal["float32", "bfloat16"] = "float32"


@dataclass(frozen=True)
class FileArgument:
    """One argument of a converter.

    Attributes:
        name: as on the command line, without dashes: ``checkpoint``, ``audio-encoder``.
        help: one line.
        metavar: what stands for the value in the usage.
        required: whether it must be given; the first required argument of a converter is positional.
        text: a word or hub id instead of a path.
    """

    name: str
    help: str
    metavar: str = "FILE"
    required: bool = True
    text: bool = False


@dataclass(frozen=True)
class Converter:
    """Turns files of the published program into a checkpoint folder.

    Attributes:
        name: ``elocute convert NAME``.
        title: one line.
        arguments: what it reads.
        convert: gets the arguments' values by name and the folder to write; returns a sentence of facts.
    """

    name: str
    title: str
    arguments: tuple[FileArgument, ...]
    convert: Callable[[Mapping[str, str | Path | None], Path], str]


@dataclass(frozen=True)
class Training:
    """One training of a family, run by ``elocute train NAME``.

    Attributes:
        name: as on the command line.
        title: one line.
        entry: ``module:function`` above the models, imported when it is run.
    """

    name: str
    title: str
    entry: str


class Family(Protocol):
    """One architecture."""

    name: str
    packages: tuple[str, ...]
    """Importable packages that loading needs beyond those of the backend."""
    built_in: tuple[ModelInfo, ...]
    """Models that need no checkpoint folder."""
    converters: tuple[Converter, ...]
    trainings: tuple[Training, ...]

    def describe(self, folder: Path) -> ModelInfo:
        """What the checkpoint in ``folder`` is; quick, imports no network library.

        Raises:
            InputError: the folder is damaged.
        """
        ...

    def load(self, folder: Path | None, options: LoadOptions) -> Generator:
        """The model in ``folder``, or the built-in one for None.

        Raises:
            InputError: the folder is damaged.
            SettingsError: there is no such device.
        """
        ...

    def extract_style(self, folder: Path, clip: MotionClip, start: int) -> bytes:
        """The style of a clip as the content of a style file.

        Raises:
            SettingsError: the model has no style encoder, or the clip no such frame.
            InputError: the clip does not fit the model.
        """
        ...
