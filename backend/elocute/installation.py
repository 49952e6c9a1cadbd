"""The pipeline of this installation: its front end, and the models that it has."""

from __future__ import annotations

from collections.abc import Sequence

from elocute.audio.recording_limits import LONGEST_SECONDS
from elocute.front_end import FrontEndPreparation, RememberingAnalyser
from elocute.models.catalogue import Catalogue
from elocute.models.device_choice import AUTOMATIC, DeviceChoice
from elocute.models.family import LoadOptions
from elocute.pipeline import Pipeline


def standard_pipeline(
    models: Sequence[str] | None = None,
    device: str | None = None,
    *,
    longest_seconds: float = LONGEST_SECONDS,
    words: Sequence[str] = (),
) -> Pipeline:
    """Return the pipeline of this installation.

    Args:
        models: checkpoint folders, folders of them, and hub ids that requests may name, in addition to
            the models that come with Elocute. None allows any path and hub id in a request: for the command
            line, whose user owns the files.
        device: what models compute on where a request does not say; None for the processor, ``auto`` for what
            is quickest here (:class:`~elocute.models.device_choice.DeviceChoice`).
        longest_seconds: longest recording accepted.
        words: Whisper checkpoints, folders and hub ids, that requests may name; any where ``models`` is None.

    Raises:
        InputError: one of ``models`` cannot be used.
        SettingsError: two models would have the same id.
    """
    catalogue = Catalogue(models or (), anything=models is None)
    told = LoadOptions() if device is None else None if device == AUTOMATIC else LoadOptions(device=device)
    return Pipeline(
        RememberingAnalyser(longest_seconds),
        catalogue,
        DeviceChoice(told),
        FrontEndPreparation(),
        None if models is None else words,
    )
