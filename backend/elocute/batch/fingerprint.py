"""One digest of what a row's outputs follow from: where it is the same, nothing has to be made again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import elocute
from elocute.audio.phones.version import FRONT_END_VERSION
from elocute.batch.row import Row
from elocute.batch.settings import BatchSettings
from elocute.pipeline import PerformanceRequest
from elocute.storage.digest import content_digest, file_digest

_FORM: Final = 1


def row_key(row: Row, request: PerformanceRequest, settings: BatchSettings, model: str) -> str:
    """Digest of everything that the outputs of ``row`` follow from.

    Args:
        row: the recording.
        request: what is asked of it, with what the row says itself.
        settings: what is written beside the clips.
        model: digest of the model.

    Raises:
        InputError: the recording or the head cannot be read.
    """
    generation, compute = request.settings, request.compute
    told: dict[str, Any] = {
        "form": _FORM,
        "version": elocute.__version__,
        "front_end": FRONT_END_VERSION,
        "model": model,
        "audio": file_digest(row.audio),
        "segment": None if request.segment is None else [request.segment.start, request.segment.end],
        "transcript": request.transcript,
        "language": request.language,
        "style": generation.style,
        "style_files": _digests(generation.style_files),
        "options": dict(generation.options),
        "choices": dict(generation.choices),
        "identity": generation.identity,
        "noise": None if generation.noise is None else content_digest(generation.noise),
        "seed": generation.seed,
        "takes": generation.takes,
        "head_motion": generation.head_motion,
        "lip_contacts": generation.lip_contacts,
        "compute": None if compute is None else [compute.device, compute.precision],
        "phones": settings.phones,
        "exports": sorted(settings.exports),
        "face": None if settings.face is None else file_digest(settings.face),
    }
    return content_digest(json.dumps(told, sort_keys=True).encode("utf-8", "surrogatepass"))


def _digests(contents: Mapping[str, bytes]) -> dict[str, str]:
    return {name: content_digest(content) for name, content in contents.items()}
