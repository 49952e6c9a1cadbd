"""The request of Generate: built from a scene's options, complete before the work begins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from .backend.messages import JobSettings, ModelMessage
from .errors import UserError
from .files import is_file
from .idle import MODEL
from .options import SceneOptions, job_settings
from .style_files import read_style


@dataclass(frozen=True)
class GenerateRequest:
    """What is sent to the service.

    Attributes:
        audio: the recording.
        settings: what to make of it.
        style_files: contents of style files, by the names that the settings' style uses.
        style_recordings: clips and recordings of which style files are to be made, by those names.
    """

    audio: Path
    settings: JobSettings
    style_files: Mapping[str, bytes] = field(default_factory=dict)
    style_recordings: Mapping[str, Path] = field(default_factory=dict)


def request_of(options: SceneOptions, resolve: Callable[[str], Path] = Path) -> GenerateRequest:
    """The request for these options; reads style files.

    Args:
        options: what the user has set.
        resolve: makes a path of a file's name as it was typed.

    Raises:
        UserError: the recording or a style file is missing or cannot be used.
    """
    if options.audio is None or not is_file(options.audio):
        raise UserError(f"There is no file {options.audio}.", "Choose the recording again.")
    style = read_style(options.style, resolve)
    settings = job_settings(replace(options, style=style.text))
    return GenerateRequest(options.audio, settings, style.files, style.recordings)


@dataclass(frozen=True)
class IdleRequest:
    """What is sent to the service for idle motion, besides silence; fields as of :class:`GenerateRequest`."""

    settings: JobSettings
    style_files: Mapping[str, bytes] = field(default_factory=dict)
    style_recordings: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class EarlierMotion:
    """Motion that is to be gone on from.

    Attributes:
        basis: face basis of the clip.
        content: the clip as a file.
    """

    basis: str
    content: bytes

    def attached_for(self, settings: JobSettings, models: Sequence[ModelMessage]) -> dict[str, bytes]:
        """The clip as a file to be sent, where the model that is asked for speaks its basis; else nothing.

        Args:
            settings: name the model.
            models: what the service can run, the default first.
        """
        wanted = [model for model in models if settings.model in (None, "", model.id)]
        return {"before": self.content} if wanted and wanted[0].basis == self.basis else {}


def idle_request_of(options: SceneOptions, resolve: Callable[[str], Path] = Path) -> IdleRequest:
    """The request for idle motion with these options: as for a line, but nothing is said.

    Raises:
        UserError: a style file is missing or cannot be used.
    """
    style = read_style(options.style, resolve)
    quiet = replace(
        options, style=style.text, transcript=None, words="none", language="auto", segment=None, takes=1
    )
    model = options.model or MODEL
    return IdleRequest(job_settings(replace(quiet, model=model)), style.files, style.recordings)
