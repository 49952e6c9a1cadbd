"""What a worker of a batch does: rows, from the recordings to their outputs."""

from __future__ import annotations

import math
import tempfile
import time
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Final

from elocute.audio.decoding.pool import DECODER_ENDED, NO_DECODER
from elocute.audio.phones.processes import INTERRUPTED
from elocute.batch.names import clip_names, export_name, phones_name
from elocute.batch.part import Part
from elocute.batch.records import FOLDER, put_in_place, work_prefix
from elocute.batch.result import RowResult, left_note
from elocute.batch.row import Row
from elocute.batch.settings import BatchSettings
from elocute.errors import InputError, UserError
from elocute.face.model import FaceModel
from elocute.installation import standard_pipeline
from elocute.motion.clip import MotionClip
from elocute.performance import Performance, PerformanceRequest
from elocute.pipeline import Pipeline
from elocute.progress import Progress

_TRANSIENT: Final = frozenset(["bad_output", INTERRUPTED, NO_DECODER, DECODER_ENDED])
"""Codes of errors that may be gone a little later, as a full disk, or a process that was killed."""


@dataclass(frozen=True)
class Task:
    """What a worker needs to do a row.

    Attributes:
        row: the recording.
        request: what is asked of it.
        settings: what is written beside the clips.
        out: the batch's folder.
        key: digest of what the outputs follow from.
        part: the part of the batch that it belongs to.
    """

    row: Row
    request: PerformanceRequest
    settings: BatchSettings
    out: Path
    key: str
    part: Part = field(default_factory=Part)


@dataclass(frozen=True)
class RowOutcome:
    """What became of one try of a row.

    Attributes:
        result: its line in the table.
        transient: it failed, and a further try may help.
    """

    result: RowResult
    transient: bool = False


def do_rows(tasks: tuple[Task, ...]) -> tuple[RowOutcome, ...]:
    """Make the outputs of rows and put them in place; several rows go through the model as one batch.

    A row that fails harms no other, and nothing of it is written.
    """
    began = time.perf_counter()
    pipeline = worker_pipeline(tasks[0].settings.longest_seconds)
    if len(tasks) == 1:
        asked = [_performed(pipeline, tasks[0])]
    else:
        lines = [(task.row.audio, task.request) for task in tasks]
        asked = list(pipeline.perform_together(lines, Progress()))
    shared = (time.perf_counter() - began) / len(tasks)
    return tuple(_settled(task, asked.pop(0), shared) for task in tasks)


def failed(task: Task, error: str) -> RowResult:
    """The line of a row that failed."""
    row, request = task.row, task.request
    return RowResult(
        id=row.id,
        status="failed",
        audio=str(row.audio),
        character=row.character,
        row_notes=row.notes,
        segment=str(row.segment or ""),
        model=request.model or "",
        style=request.settings.style or "",
        seed=request.settings.seed,
        error=error,
    )


def _performed(pipeline: Pipeline, task: Task) -> Performance | UserError:
    try:
        return pipeline.perform(task.row.audio, task.request, Progress())
    except UserError as error:
        return error


def _settled(task: Task, performed: Performance | UserError, seconds: float) -> RowOutcome:
    """Write what was made of a row in ``seconds``."""
    try:
        if isinstance(performed, UserError):
            raise performed
        return RowOutcome(_put(task, performed, seconds))
    except UserError as error:
        return RowOutcome(failed(task, str(error)), error.code in _TRANSIENT)


def _put(task: Task, performance: Performance, seconds: float) -> RowResult:
    began = time.perf_counter()
    try:
        with tempfile.TemporaryDirectory(prefix=work_prefix(task.part), dir=task.out / FOLDER) as folder:
            result = _write(task, performance, Path(folder))
            result = replace(result, work_seconds=seconds + time.perf_counter() - began)
            # what something was missing for is made again by the next run
            key = "" if performance.speech.makeshift else task.key
            left = put_in_place(Path(folder), task.out, task.row.id, key, result)
    except OSError as error:  # a full disk, or a folder that was taken away
        raise InputError(
            f"Cannot write to {task.out}: {error.strerror or error}.",
            "Free some space, and see that the folder can be written to.",
            code="bad_output",
        ) from error
    # Not in the record: it is true of this run.
    return replace(result, notes=(*result.notes, left_note(left))) if left else result


@lru_cache(maxsize=1)
def worker_pipeline(longest_seconds: float) -> Pipeline:
    """The pipeline of this process, with the models that it has loaded."""
    return standard_pipeline(longest_seconds=longest_seconds)


def _write(task: Task, performance: Performance, folder: Path) -> RowResult:
    """Write the outputs into ``folder``."""
    settings, speech = task.settings, performance.speech
    clips = clip_names(task.row.id, len(performance.clips))
    files: list[str] = []
    notes = list(performance.notes)
    for name, clip in zip(clips, performance.clips, strict=True):
        clip.save(folder / name)
    if settings.phones is not None and speech.phones is not None:
        files.append(_write_phones(task, performance, folder))
    elif settings.phones is not None:
        notes.append("No phones were found in this recording, so none were written.")
    for name, clip in zip(clips, performance.clips, strict=True):
        for kind in settings.exports:
            files.append(_export(kind, clip, settings.face, folder, name))
    generation = task.request.settings
    return RowResult(
        id=task.row.id,
        status="done",
        audio=str(task.row.audio),
        character=task.row.character,
        row_notes=task.row.notes,
        segment=str(task.row.segment or ""),
        model=performance.model,
        style=str(performance.clips[0].meta.get("style") or generation.style or ""),
        seed=generation.seed,
        clips=clips,
        files=tuple(files),
        seconds=speech.seconds,
        phone_source=speech.phone_source,
        transcript=speech.transcript or "",
        quality=_quality(performance, settings.face),
        notes=tuple(notes),
    )


def _write_phones(task: Task, performance: Performance, folder: Path) -> str:
    from elocute.audio.phone_json import write_phone_json
    from elocute.audio.textgrid import write_textgrid

    speech = performance.speech
    phones = speech.phones or ()
    form = task.settings.phones or "json"
    name = phones_name(task.row.id, form)
    if form == "json":
        write_phone_json(
            folder / name,
            phones,
            speech.words,
            speech.seconds,
            source=speech.phone_source,
            transcript=speech.transcript,
        )
    else:
        write_textgrid(folder / name, phones, speech.words, speech.seconds)
    return name


def _export(kind: str, clip: MotionClip, face: Path | None, folder: Path, clip_name: str) -> str:
    from elocute.exchange.export_format import Export
    from elocute.exchange.formats import export_formats

    form = next(form for form in export_formats() if form.name == kind)
    name = export_name(clip_name, kind)
    head = _face(face) if form.needs_face and face is not None else None
    form.write(Export(clip, head, folder / name, frozenset(), Progress()))
    return name


@lru_cache(maxsize=2)
def _face(path: Path) -> FaceModel:
    return FaceModel.load(path)


def _quality(performance: Performance, face: Path | None) -> dict[str, float | None]:
    """See :data:`~elocute.batch.result.QUALITY`; nothing where no phones were found."""
    from elocute.evaluation.against_phones.motion_report import measure_motion
    from elocute.motion.basis import basis_of

    clip, phones = performance.clips[0], performance.speech.phones
    head = None if face is None else _face(face)
    if phones is None or (head is None and not basis_of(clip.basis).names("mouthClose")):
        return {}
    if head is not None and head.basis != clip.basis:
        head = None
    report = measure_motion(clip, phones, head)
    return {
        "lips_closed_on_pbm": report.bilabials_closed,
        "teeth_on_lip_fv": report.labiodentals_touching,
        "opening_follows_phones": report.lag_correlation,
        "lips_closed_in_silence": report.silence_closed,
        "jaw_max_degrees_per_second": math.degrees(report.jaw_max_speed),
        "head_max_degrees_per_second": math.degrees(report.head_max_speed),
        "blinks_per_minute": report.blinks_per_minute,
    }
