"""One digest of what a job's result follows from: jobs with the same one share the work and the result."""

from __future__ import annotations

import json
from typing import Any, Final

from elocute.audio.phones.engines import engines_installed
from elocute.pipeline import Pipeline
from elocute.request_key import request_facts
from elocute.service.work import JobRequest, check_phones_job
from elocute.storage.digest import content_digest

_FORM: Final = 1


def job_key(pipeline: Pipeline, request: JobRequest, audio: str) -> str:
    """Check a job, and return its key.

    Args:
        pipeline: what would do it.
        request: the job, whose recording is not looked at.
        audio: digest of the recording's file. Its bytes count, not its samples: a clip tells the digest of
            its file, and blinks follow from it.

    Raises:
        SettingsError: the model cannot do what is asked, or there is none of that name; or a job without
            motion asks for some.
        InputError: the model's files are damaged.
    """
    settings, wanted = request.settings, request.performance()
    told: dict[str, Any] = {
        **request_facts(wanted),
        "form": _FORM,
        "kind": settings.kind,
        "audio": audio,
        "engines": engines_installed(),
        "phones": settings.phones,
    }
    if settings.kind == "generate":
        chosen = pipeline.check(wanted)
        compute = pipeline.load_options(chosen, None)
        told |= {
            "model": [pipeline.fingerprint(chosen), chosen.note],
            "compute": [compute.device, compute.precision],
        }
    else:
        check_phones_job(request)
        pipeline.check_speech(settings.transcript, settings.language, settings.words)
    return content_digest(json.dumps(told, sort_keys=True).encode("utf-8", "surrogatepass"))
