"""One digest of what a row's outputs follow from: where it is the same, nothing has to be made again."""

from __future__ import annotations

import json
from typing import Any, Final

from elocute.batch.row import Row
from elocute.batch.settings import BatchSettings
from elocute.performance import PerformanceRequest
from elocute.request_key import request_facts
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
    told: dict[str, Any] = {
        **request_facts(request),
        "form": _FORM,
        "model": model,
        "audio": file_digest(row.audio),
        "phones": settings.phones,
        "exports": sorted(settings.exports),
        "face": None if settings.face is None else file_digest(settings.face),
    }
    return content_digest(json.dumps(told, sort_keys=True).encode("utf-8", "surrogatepass"))
