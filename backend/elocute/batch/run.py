"""The driver of a batch: which rows need work, who does it, and the table of all."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Protocol

from elocute.audio import given_phones
from elocute.batch.crew import Crew, run_tasks
from elocute.batch.fingerprint import row_key
from elocute.batch.names import output_names
from elocute.batch.order import CIRCULAR, made_of, needs_of, waves
from elocute.batch.own_files import refuse_taken
from elocute.batch.part import Part
from elocute.batch.records import Records
from elocute.batch.report import SHEET_ENDING
from elocute.batch.result import RowResult, table_path, write_table
from elocute.batch.row import RefusedRow, Row
from elocute.batch.settings import BatchSettings, Endurance
from elocute.batch.work import Task
from elocute.errors import Cancelled, InputError, UserError, counted
from elocute.generator import MOST_TAKES, GenerationSettings
from elocute.motion import revision
from elocute.motion.clip import named_clip
from elocute.performance import PerformanceRequest
from elocute.pipeline import Pipeline
from elocute.progress import Progress
from elocute.revision_text import given_words
from elocute.storage.file_content import file_content
from elocute.storage.style_files import read_style_files

_TABLE_SECONDS: Final = 10.0
_TABLE_SHARE: Final = 0.02
"""Of the driver's time; the table of a hundred thousand rows takes seconds to write."""
_log = logging.getLogger(__name__)


class TaskRunner(Protocol):
    """What does the work: processes of this machine, or of others."""

    def __call__(
        self, waves: Iterator[Iterator[Task]], progress: Progress
    ) -> Generator[tuple[Task, RowResult], None, None]:
        """Yield each task with its result as they are finished; a wave once the one before is done.

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
        part: the part of the rows that is done here.
        sheets: whether contact sheets will be written beside the clips.
    """

    entries: Sequence[Row | RefusedRow]
    out: Path
    settings: BatchSettings
    part: Part = field(default_factory=Part)
    sheets: bool = False


def crew_runner(crew: Crew, endurance: Endurance) -> TaskRunner:
    """Rows are done by a crew: processes of this machine, or machines of a cluster."""
    return lambda waves, progress: run_tasks(waves, crew, endurance, progress)


def run_batch(
    batch: Batch,
    pipeline: Pipeline,
    runner: TaskRunner,
    progress: Progress,
    tell: Callable[[RowResult], None] = lambda _: None,
) -> tuple[RowResult, ...]:
    """Do what is not done yet; return the result of every row of this part, in the order of the rows.

    The table is written every few seconds and at the end, also where the batch is stopped.

    Args:
        batch: what to do.
        pipeline: checks requests; loads no model here.
        runner: does the work.
        progress: stage ``batch``.
        tell: told about every row as it is finished.

    Raises:
        InputError: the output folder cannot be written to, something else lies where the table goes, or
            another batch works there.
        Cancelled: ``progress`` was cancelled.
    """
    refuse_taken(table_path(batch.out, batch.part))
    entries, sharing = batch.part.of(batch.entries), _sharing_rows(batch)
    needs = needs_of(entries, batch.out, lambda row: _outputs(row, batch))
    groups, circular = waves(needs)
    usual = batch.settings.request
    results = {index: _waiting(entry, usual) for index, entry in enumerate(entries)}
    place = {entry.id: index for index, entry in enumerate(entries) if isinstance(entry, Row)}
    began = time.monotonic()
    settled, next_table = 0, began + _TABLE_SECONDS
    with Records(batch.out, batch.part) as records:

        def settle(index: int, result: RowResult) -> None:
            nonlocal settled, next_table
            results[index] = result
            settled += 1
            tell(result)
            progress.report("batch", settled / len(entries), _pace(settled, len(entries), began))
            if time.monotonic() > next_table:
                seconds = _write_early(batch, list(results.values()))
                next_table = time.monotonic() + max(_TABLE_SECONDS, seconds / _TABLE_SHARE)

        def tasks(indexes: Sequence[int]) -> Iterator[Task]:
            for index in indexes:
                progress.check()
                lacking = [results[other] for other in needs[index] if not results[other].good]
                outcome = (
                    _failed(
                        entries[index],
                        batch,
                        f"It is made of what the row {lacking[0].id} makes, which failed.",
                    )
                    if lacking
                    else _prepared(entries[index], batch, pipeline, records, sharing)
                )
                if isinstance(outcome, Task):
                    yield outcome
                else:
                    settle(index, outcome)

        progress.report("batch", 0.0)
        try:
            finished = runner((tasks(group) for group in groups), progress)
            try:
                for task, result in finished:
                    settle(place[task.row.id], result)
            finally:
                finished.close()  # whoever works ends before half-made outputs are removed
            for index in circular:
                settle(index, _failed(entries[index], batch, CIRCULAR))
        except (Cancelled, KeyboardInterrupt):
            write_table(batch.out, list(results.values()), batch.part)
            raise
        write_table(batch.out, list(results.values()), batch.part)
    return tuple(results.values())


def row_request(row: Row, usual: PerformanceRequest, folder: Path) -> PerformanceRequest:
    """What is asked of a row: what the batch says, with what the row says itself.

    Args:
        row: the recording.
        usual: what the batch says.
        folder: where style files that the row names are looked for.

    Raises:
        InputError: a style file, the clip to change or the file of phones cannot be read.
        SettingsError: the style's text makes no sense, or a range names words that are not said.
    """
    settings = usual.settings
    if row.style is not None:
        settings = replace(settings, style=row.style, style_files=read_style_files(row.style, folder))
    settings = replace(
        settings,
        seed=settings.seed if row.seed is None else row.seed,
        takes=settings.takes if row.takes is None else row.takes,
    )
    given = None if row.phones is None else file_content(row.phones, given_phones.LARGEST + 1)
    if row.base is not None:
        settings = _changed(settings, row, given)
    return replace(
        usual,
        model=row.model or usual.model,
        transcript=row.transcript or usual.transcript,
        language=row.language or usual.language,
        segment=row.segment,
        settings=settings,
        given_phones=given,
    )


def _changed(settings: GenerationSettings, row: Row, given: bytes | None) -> GenerationSettings:
    """The settings with the clip that a row changes, and what of it."""
    if row.base is None:
        return settings
    base = named_clip(row.base, revision.LARGEST + 1)
    words = given_words(given, row.segment, base)
    ranges = tuple(one.seconds(base, words) for one in row.range)
    return replace(settings, base=base, ranges=ranges, channels=row.channels, pinned=row.pinned)


def _write_early(batch: Batch, results: Sequence[RowResult]) -> float:
    """Write the table of what is known so far; return the seconds that it took."""
    began = time.monotonic()
    try:
        write_table(batch.out, results, batch.part)
    except InputError as error:  # a disk that is full now may have room at the end
        _log.warning("the table cannot be written now: %s", error)
    return time.monotonic() - began


def _prepared(
    entry: Row | RefusedRow, batch: Batch, pipeline: Pipeline, records: Records, sharing: dict[str, str]
) -> Task | RowResult:
    """The work that a row needs, or its result where it needs none.

    ``sharing`` has the sentences of :func:`_sharing_rows`.
    """
    problem = _problem(entry, batch, records, sharing)
    if problem or isinstance(entry, RefusedRow):
        return _failed(entry, batch, problem)
    try:
        request = row_request(entry, batch.settings.request, entry.audio.parent)
        model = pipeline.fingerprint(pipeline.check(request))
        key = row_key(entry, request, batch.settings, model)
    except UserError as error:
        return _failed(entry, batch, str(error))
    done = records.done(entry.id, key)
    if done is not None:
        return replace(done, status="unchanged", character=entry.character, row_notes=entry.notes)
    return Task(entry, request, batch.settings, batch.out, key, batch.part)


def _failed(entry: Row | RefusedRow, batch: Batch, error: str) -> RowResult:
    return replace(_waiting(entry, batch.settings.request), status="failed", error=error)


def _problem(entry: Row | RefusedRow, batch: Batch, records: Records, sharing: dict[str, str]) -> str:
    """Why nothing can be made of a row, as far as its files' names tell; empty where they do not."""
    if isinstance(entry, RefusedRow):
        return f"{entry.error} {entry.hint}".strip()
    if entry.id in sharing:
        return sharing[entry.id]
    for name in _outputs(entry, batch):
        if (batch.out / name).is_dir():
            return f"Its output {batch.out / name} is a folder. Move it away, or give the row another id."
    for column, path in made_of(entry).items():
        if _is_own_output(path, entry, batch):
            source = "the clip that it changes" if column == "base" else f"the {column} that it is made of"
            return f"The row would write over {source}. Give the row another id."
    sheet = (f"{entry.id}{SHEET_ENDING}",) if batch.sheets and records.read(entry.id) is None else ()
    for name in (*_outputs(entry, batch), *sheet):
        if (batch.out / name).is_file() and not records.made(entry.id, name):
            return (
                f"{batch.out / name} is no file that a batch made, and the row would write over it. Move it "
                "away, or give the row another id."
            )
    absent = [(column, path) for column, path in made_of(entry).items() if not path.is_file()]
    return "".join(f"There is no file {path}. Correct the column {column}." for column, path in absent[:1])


def _outputs(row: Row, batch: Batch) -> tuple[str, ...]:
    takes = batch.settings.request.settings.takes if row.takes is None else row.takes
    return tuple(output_names(row.id, min(max(takes, 1), MOST_TAKES), batch.settings))


def _is_own_output(path: Path, row: Row, batch: Batch) -> bool:
    """Whether a row is made of what stands where an output of its own will be: made again, of that."""
    own = os.path.realpath(path)
    return any(os.path.realpath(batch.out / name) == own for name in _outputs(row, batch))


def _sharing_rows(batch: Batch) -> dict[str, str]:
    """Ids of rows of which an output would be called like another's, as take 1 of ``a`` and the row ``a-1``,
    each with the name of that output and its first owner. Looks at all parts."""
    owners: dict[str, str] = {}
    sharing: dict[str, str] = {}
    for entry in batch.entries:
        if isinstance(entry, RefusedRow):
            continue
        for name in _outputs(entry, batch):
            # The file systems of Windows and macOS do not tell cases apart.
            owner = owners.setdefault(name.casefold(), entry.id)
            if owner != entry.id:
                sharing[entry.id] = (
                    f"The output {name} would be that of row {owner}. Give the row another id, or its "
                    "recording another name."
                )
    return sharing


def _waiting(entry: Row | RefusedRow, usual: PerformanceRequest) -> RowResult:
    """What is known of a row before any work: what it says, and ``usual`` where it says nothing."""
    cells = entry.cells
    seed = cells.get("seed", "").strip()
    return RowResult(
        id=entry.id,
        status="waiting",
        audio=str(entry.audio),
        character=cells.get("character", ""),
        segment=cells.get("segment", ""),
        model=cells.get("model") or usual.model or "",
        style=cells.get("style") or usual.settings.style or "",
        seed=int(seed) if seed.isascii() and seed.isdecimal() else usual.settings.seed,
        row_notes=cells.get("notes", ""),
    )


def _pace(settled: int, rows: int, began: float) -> str:
    seconds = time.monotonic() - began
    left = seconds / settled * (rows - settled)
    return (
        f"{settled} of {counted(rows, 'row')}, about {left / 60:.0f} min left"
        if left > 90
        else f"{settled} of {counted(rows, 'row')}"
    )
