"""Jobs on their way into the queue: written down when they come, taken up again after a restart."""

from __future__ import annotations

import time
import uuid
from typing import Final

from elocute.errors import UserError
from elocute.pipeline import Pipeline
from elocute.service.contents import ContentLostError
from elocute.service.job_key import job_key
from elocute.service.ledger import INPUT_LOST, Ledger
from elocute.service.messages import ErrorMessage
from elocute.service.records import JobRecord
from elocute.service.work import JobRequest

_INTERRUPTED: Final = ErrorMessage(
    code="interrupted",
    message="The service was ended several times while it worked on this job, so it is not begun again.",
    hint="Send a shorter recording or fewer takes; the service's log may say why.",
)


def written_down(
    ledger: Ledger, request: JobRequest, client: str, key: str, *, with_inputs: bool
) -> JobRecord:
    """The record of a new job, which is in the journal from here on.

    Args:
        ledger: of the journal.
        request: what is asked for.
        client: whose job it is.
        key: digest of what its result follows from.
        with_inputs: whether what was sent is kept, for work.

    Raises:
        InputError: the disk is full, or fails; then nothing is kept.
    """
    inputs = ledger.hold_inputs(request) if with_inputs else None
    record = JobRecord(
        id=uuid.uuid4().hex,
        client=client,
        key=key,
        kind=request.settings.kind,
        accepted=time.time(),
        inputs=inputs,
    )
    try:
        ledger.write_down(record)
    except BaseException:
        if inputs is not None:
            ledger.release_inputs(inputs)
        raise
    return record


def taken_up(record: JobRecord, pipeline: Pipeline, ledger: Ledger, starts: int) -> JobRecord | ErrorMessage:
    """The record of a job that an earlier process left, with its key of now; else why it cannot go on.

    Args:
        record: the job.
        pipeline: knows the models of now.
        ledger: has what was sent.
        starts: how often it may be begun.
    """
    if record.starts >= starts:
        return _INTERRUPTED
    if record.inputs is None:
        return record
    try:
        request = ledger.request(record.inputs, with_audio=False)
        key = job_key(pipeline, request, record.inputs.audio)  # a model may be another by now
    except UserError as refusal:
        return ErrorMessage(code=refusal.code, message=refusal.message, hint=refusal.hint)
    except ContentLostError:
        return INPUT_LOST
    return record.model_copy(update={"key": key})
