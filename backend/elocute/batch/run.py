"""The driver of a batch: which rows need work, who does it, and the table of all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from elocute.batch.fingerprint import row_key
from elocute.batch.names import output_names
from elocute.batch.pool import run_tasks
from elocute.batch.records import Records
from elocute.batch.result import RowResult, write_table
from elocute.batch.row import RefusedRow, Row
from elocute.batch.settings import BatchSettings, Endurance
from elocute.batch.work import Task
from elocute.errors import Cancelled, SettingsError, UserError
from elocute.pipeline import PerformanceRequest, Pipeline
from elocute.progress import Progress
from elocute.storage.style_files import read_style_files

_TABLE_SECONDS: Final = 10.0


class TaskRunner(Protocol):
    """What does the work: processes of this machine, or of others."""

    def __call__(self, tasks: Iterator[Task], progress: Progress) -> Iterator[tuple[Task, RowResult]]:
        """Yield each task with its result as they are finished.

        Raises:
            Cancelled: ``progress`` was cancelled.
        """
        ...


@dataclass(frozen=True)
class Batch:
    """What to do, and where.

    Attributes:
        entries: the rows.
        out: folder of the outputs.
        settings: what to make of each row.
    """

    entries: Sequence[Row | RefusedRow]
    out: Path
    settings: BatchSettings


def processes(endurance: Endurance) -> TaskRunner:
    """Rows are done by processes of this machine."""
    return lambda tasks, progress: run_tasks(tasks, endurance, progress)


def run_batch(
    batch: Batch,
    pipeline: Pipeline,
    runner: TaskRunner,
    progress: Progress,
    tell: Callable[[RowResult], None] = lambda _: None,
) -> tuple[RowResult, ...]:
    """Do what is not done yet; return the result of every row, in the order of the rows.

    The table is written every few seconds and at the end, also where the batch is stopped.

    Args:
        batch: what to do.
        pipeline: checks requests; loads no model here.
        runner: does the work.
        progress: stage ``batch``.
        tell: told about every row as it is finished.

    Raises:
        InputError: the output folder cannot be written to, or another batch works in it.
        Cancelled: ``progress`` was cancelled.
    """
    entries = batch.entries
    results = {index: _waiting(entry) for index, entry in enumerate(entries)}
    place = {entry.id: index for index, entry in enumerate(entries) if isinstance(entry, Row)}
    written = began = time.monotonic()
    with Records(batch.out) as records:

        def settle(index: int, result: RowResult) -> None:
            nonlocal written
            results[index] = result
            tell(result)
            settled = sum(one.status != "waiting" for one in results.values())
            progress.report("batch", settled / len(entries), _pace(settled, len(entries), began))
            if time.monotonic() - written > _TABLE_SECONDS:
                write_table(batch.out, list(results.values()))
                written = time.monotonic()

        def tasks() -> Iterator[Task]:
            owners: dict[str, str] = {}
            for index, entry in enumerate(entries):
                progress.check()
                outcome = _prepared(entry, batch, pipeline, records, owners)
                if isinstance(outcome, Task):
                    yield outcome
                else:
                    settle(index, outcome)

        progress.report("batch", 0.0)
        try:
            for task, result in runner(tasks(), progress):
                settle(place[task.row.id], result)
        except (Cancelled, KeyboardInterrupt):
            write_table(batch.out, list(results.values()))
            raise
        write_table(batch.out, list(results.values()))
    return tuple(results.values())


def row_request(row: Row, usual: PerformanceRequest, folder: Path) -> PerformanceRequest:
    """What is asked of a row: what the batch says, with what the row says itself.

    Args:
        row: the recording.
        usual: what the batch says.
        folder: where style files that the row names are looked for.

    Raises:
        InputError: a style file cannot be read.
        SettingsError: the style's text makes no sense.
    """
    settings = usual.settings
    if row.style is not None:
        settings = replace(settings, style=row.style, style_files=read_style_files(row.style, folder))
    settings = replace(
        settings,
        seed=settings.seed if row.seed is None else row.seed,
        takes=settings.takes if row.takes is None else row.takes,
    )
    return replace(
        usual,
        model=row.model or usual.model,
        transcript=row.transcript or usual.transcript,
        language=row.language or usual.language,
        segment=row.segment,
        settings=settings,
    )


def _prepared(
    entry: Row | RefusedRow, batch: Batch, pipeline: Pipeline, records: Records, owners: dict[str, str]
) -> Task | RowResult:
    """The work that a row needs, or its result where it needs none.

    ``owners`` knows which row each output belongs to, and learns this row's.
    """
    if isinstance(entry, RefusedRow):
        return replace(_waiting(entry), status="failed", error=f"{entry.error} {entry.hint}".strip())
    try:
        request = row_request(entry, batch.settings.request, entry.audio.parent)
        _own_outputs(output_names(entry.id, request.settings.takes, batch.settings), entry.id, owners)
        model = pipeline.fingerprint(pipeline.check(request))
        key = row_key(entry, request, batch.settings, model)
    except UserError as error:
        return replace(_waiting(entry), status="failed", error=str(error))
    done = records.done(entry.id, key)
    if done is not None:
        return replace(done, status="unchanged")
    return Task(entry, request, batch.settings, batch.out, key)


def _own_outputs(names: Sequence[str], row_id: str, owners: dict[str, str]) -> None:
    """Refuse a row whose outputs would replace another's: take 1 of ``a`` is called like the row ``a-1``."""
    for name in names:
        key = name.casefold()  # the file systems of Windows and macOS do not tell cases apart
        if owners.get(key, row_id) != row_id:
            raise SettingsError(
                f"The output {name} would be that of row {owners[key]}.", "Give the row another id."
            )
    owners.update((name.casefold(), row_id) for name in names)


def _waiting(entry: Row | RefusedRow) -> RowResult:
    character = entry.character if isinstance(entry, Row) else ""
    return RowResult(id=entry.id, status="waiting", audio=str(entry.audio), character=character)


def _pace(settled: int, rows: int, began: float) -> str:
    seconds = time.monotonic() - began
    left = seconds / settled * (rows - settled)
    return (
        f"{settled} of {rows} rows, about {left / 60:.0f} min left"
        if left > 90
        else f"{settled} of {rows} rows"
    )
