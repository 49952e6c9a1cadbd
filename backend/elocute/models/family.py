"""The interface of a model family: all that the registry, the command line and the service know of it.

A family is a folder of ``elocute.models`` with a module ``family`` that holds a :class:`Family` named
``FAMILY``. The folder's name is the ``architecture`` in the ``config.json`` of its checkpoints. The module is
imported to list models and to build the command line, so it imports nothing that takes long.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from elocute.checkpoint.arithmetic import Arithmetic, Precision
from elocute.errors import SettingsError
from elocute.generator import Generator, ModelInfo
from elocute.motion.clip import MotionClip

PYTORCH: Final = "PyTorch"
ONNX_RUNTIME: Final = "ONNX Runtime"


@dataclass(frozen=True)
class LoadOptions:
    """How a model computes.

    Attributes:
        device: as torch names it: ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        precision: arithmetic of the network: ``float32`` or ``bfloat16``.
        compiled: whether the network is compiled first, see
            :class:`~elocute.checkpoint.arithmetic.Arithmetic`.

    Raises:
        SettingsError: there is no such precision.
    """

    device: str = "cpu"
    precision: Precision = "float32"
    compiled: bool = False

    def __post_init__(self) -> None:
        _ = self.arithmetic

    @property
    def arithmetic(self) -> Arithmetic:
        """Precision and compiling."""
        return Arithmetic(self.precision, self.compiled)


def not_compiled(name: str) -> SettingsError:
    """What a model says whose networks are never compiled."""
    return SettingsError(f"The model {name} is not compiled.", "Leave the compiling out.")


def fixed_arithmetic(name: str) -> SettingsError:
    """What a model says that computes in one way only, and is asked for another."""
    return SettingsError(
        f"The model {name} always runs on the CPU in one precision.",
        "Leave device, precision and compiling out.",
    )


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


ConverterValues = Mapping[str, str | Path | None]
"""Values of a converter's arguments by name; None where one was not given."""


@dataclass(frozen=True)
class Converter:
    """Turns files of the published program into a checkpoint folder.

    Attributes:
        name: ``elocute convert NAME``.
        title: one line.
        arguments: what it reads.
        convert: gets the arguments' values and the folder to write; returns sentences for the user.
            Raises InputError for files that cannot be used.
    """

    name: str
    title: str
    arguments: tuple[FileArgument, ...]
    convert: Callable[[ConverterValues, Path], tuple[str, ...]]


@dataclass(frozen=True)
class Training:
    """One training of a family, run by ``elocute train NAME``.

    Attributes:
        name: as on the command line.
        title: one line.
        entry: ``module:function`` above the models, imported when it is run.
        parts: what can be left out to measure what it adds.
    """

    name: str
    title: str
    entry: str
    parts: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExtractedStyle:
    """A style taken from a clip.

    Attributes:
        content: of a style file (``.npz``).
        frames: how many frames it was taken from.
        numbers: how many numbers it has.
    """

    content: bytes
    frames: int
    numbers: int


class Family(Protocol):
    """One architecture."""

    @property
    def name(self) -> str:
        """Name of its folder."""
        ...

    @property
    def built_in(self) -> tuple[ModelInfo, ...]:
        """Models that need no checkpoint folder."""
        ...

    @property
    def converters(self) -> tuple[Converter, ...]:
        """Converters from published files."""
        ...

    @property
    def trainings(self) -> tuple[Training, ...]:
        """Trainings on the command line."""
        ...

    def packages(self, folder: Path | None) -> tuple[str, ...]:
        """Importable packages that loading this checkpoint needs beyond those of the backend; quick.

        Raises:
            InputError: the folder is damaged.
        """
        ...

    def describe(self, folder: Path, name: str) -> ModelInfo:
        """What the checkpoint in ``folder`` is, under the id ``name``; quick, imports no network library.

        Raises:
            InputError: the folder is damaged.
        """
        ...

    def load(self, folder: Path | None, name: str, options: LoadOptions) -> Generator:
        """The model in ``folder``, or the built-in one of that name for None.

        Raises:
            InputError: the folder is damaged.
            SettingsError: there is no such device.
        """
        ...

    def extract_style(
        self, folder: Path, name: str, clip: MotionClip, start: int, source: str
    ) -> ExtractedStyle:
        """The style of a clip.

        Args:
            folder: checkpoint.
            name: id of the model, kept in the style file.
            clip: motion in the model's basis and frame rate.
            start: first frame that is used.
            source: what the clip is called, kept in the style file.

        Raises:
            SettingsError: the model has no style encoder, or the clip no such frame.
            InputError: the clip does not fit the model.
        """
        ...
