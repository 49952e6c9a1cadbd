"""``elocute batch``: many recordings at once, unattended."""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path
from typing import Final

from elocute.audio.languages import AUTO
from elocute.batch.crew import Crew
from elocute.batch.folder import left_out_of
from elocute.batch.manifest import COLUMNS, read_manifest
from elocute.batch.part import Part
from elocute.batch.ray_crew import RayCrew, RayNeeds
from elocute.batch.result import LEFT_NOTE, RowResult, table_path
from elocute.batch.run import Batch, crew_runner, run_batch
from elocute.batch.settings import BatchSettings, Endurance
from elocute.cli.argument_types import number, whole_number
from elocute.cli.arguments import (
    MakePipeline,
    Subparsers,
    add_json_argument,
    add_length_argument,
    add_words_argument,
    longest_seconds,
    refuse_reading_and_writing,
)
from elocute.cli.console import Console
from elocute.cli.sampling_arguments import add_sampling_arguments, generation_settings, load_options
from elocute.errors import SettingsError, UserError, counted
from elocute.exchange.formats import export_formats
from elocute.models.catalogue import DEFAULT_MODEL
from elocute.performance import PerformanceRequest

FAILED_ROWS: Final = 4
"""Exit code of a batch that is finished and has rows that failed."""
_SHOWN: Final = 10


class RowsFailed(UserError):
    """Some rows could not be done."""

    exit_code = FAILED_ROWS


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "batch",
        help="generate facial motion from many recordings",
        description="Generate facial motion from every recording of a folder or a manifest. Rows that are "
        "done already, from the same recording with the same settings and the same model, are left alone, so "
        "a batch that was stopped is continued by the same command. A row that fails harms no other. The "
        f"results of all rows are in OUT/results.csv. Exit code {FAILED_ROWS}: some rows failed.",
    )
    add_arguments(parser)
    parser.set_defaults(run=run)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what tells which recordings, what to make of them, and how to endure failures."""
    parser.add_argument(
        "manifest",
        type=Path,
        metavar="MANIFEST",
        help=f"folder of recordings, or table (.csv, .jsonl) with any of these columns: {', '.join(COLUMNS)}",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the outputs")
    parser.add_argument(
        "--workers", type=whole_number, metavar="N", help="processes (default: one for two cores)"
    )
    parser.add_argument(
        "--together",
        type=whole_number,
        metavar="N",
        help="rows that go through the model as one batch (default: 1 on a processor, 16 on a GPU)",
    )
    parser.add_argument(
        "--ray",
        metavar="ADDRESS",
        help="do the rows as tasks of a Ray cluster, HOST:PORT or auto, whose machines reach the same paths",
    )
    parser.add_argument(
        "--ray-cpus", type=whole_number, default=1, metavar="N", help="processors of a task there (default 1)"
    )
    parser.add_argument(
        "--part",
        type=_part,
        default=Part(),
        metavar="K/N",
        help="do only every Nth row, from the Kth on, so that N machines can share the work and the folder",
    )
    parser.add_argument(
        "--retries",
        type=whole_number,
        default=2,
        metavar="N",
        help="further tries where a process died (default 2)",
    )
    parser.add_argument(
        "--row-seconds", type=number, default=3600.0, metavar="S", help="most time for one row (default 3600)"
    )
    parser.add_argument(
        "--model", metavar="ID", help=f"model where a row names none (default {DEFAULT_MODEL})"
    )
    parser.add_argument(
        "--language",
        default=AUTO,
        metavar="CODE",
        help="language where a row names none (default auto: that of its transcript)",
    )
    add_words_argument(parser)
    parser.add_argument(
        "--phones", choices=("json", "TextGrid"), metavar="FORMAT", help="also write phones: json or TextGrid"
    )
    names = ", ".join(form.name for form in export_formats())
    parser.add_argument(
        "--export", action="append", default=[], metavar="FORMAT", help=f"also write each clip as: {names}"
    )
    parser.add_argument(
        "--face", type=Path, metavar="FACE", help="head of the clips' basis (.npz), for formats that need one"
    )
    add_length_argument(parser)
    parser.add_argument(
        "--sheets", action="store_true", help="make contact sheets of films in OUT/shots, for the report"
    )
    parser.add_argument(
        "--keep-going",
        action="store_true",
        help="exit with 0 although rows failed: for tasks of render farms that others depend on",
    )
    parser.add_argument("--no-report", action="store_true", help="write no OUT/report.html")
    add_sampling_arguments(parser)
    add_json_argument(parser)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        InputError: the manifest cannot be used, or the output folder not be written to.
        SettingsError: an argument cannot be used.
        UserError: some rows failed.
    """
    from elocute.batch.report import write_report
    from elocute.batch.shots import write_sheets

    results = generate(options, console, make_pipeline, sheets=options.sheets)
    if options.sheets:
        write_sheets(options.out, [result for result in results if result.good], console.progress())
    if _reports(options):
        write_report(options.out, results)
    finish(options, console, results)


def generate(
    options: argparse.Namespace, console: Console, make_pipeline: MakePipeline, *, sheets: bool
) -> tuple[RowResult, ...]:
    """Do the rows, and return the result of each; ``sheets``: contact sheets will be written beside them.

    Raises:
        InputError: the manifest cannot be used, or the output folder not be written to, or something that no
            batch wrote lies where the table or the report goes.
        SettingsError: an argument cannot be used, or names what would be written over.
    """
    from elocute.batch.own_files import own_names, refuse_taken
    from elocute.batch.report import REPORT

    written = [table_path(options.out, options.part), *([options.out / REPORT] if _reports(options) else [])]
    for path in written:
        refuse_reading_and_writing(path, options)
    refuse_taken(*written)
    settings = _settings(options)
    entries = read_manifest(options.manifest)
    if options.manifest.is_dir():
        for sentence in left_out_of(options.manifest, own_names(options.manifest, options.out)):
            console.say(f"Note: {sentence}")
    pipeline = make_pipeline()
    pipeline.check(settings.request)
    endurance = _endurance(options, pipeline.best_together(settings.request))
    crew = _crew(options, endurance, settings)

    def tell(result: RowResult) -> None:
        if result.status == "failed":
            console.say(f"{result.id}: {result.error}")

    batch = Batch(entries, options.out, settings, options.part, sheets)
    return run_batch(batch, pipeline, crew_runner(crew, endurance), console.progress(), tell)


def finish(options: argparse.Namespace, console: Console, results: tuple[RowResult, ...]) -> None:
    """Say what became of the rows.

    Raises:
        UserError: some failed.
    """
    say_counts(options, console, results)
    failed = [result for result in results if not result.good]
    if failed and not options.keep_going:
        raise failed_rows(options, results)
    console.result(
        {
            "done": sum(result.good and result.status != "unchanged" for result in results),
            "unchanged": sum(result.status == "unchanged" for result in results),
            "failed": [{"id": one.id, "error": one.error} for one in failed],
            "out": str(options.out),
        }
    )


def say_counts(options: argparse.Namespace, console: Console, results: tuple[RowResult, ...]) -> None:
    """Say how many rows are done, unchanged and failed, and where the table is."""
    failed = sum(not result.good for result in results)
    unchanged = sum(result.status == "unchanged" for result in results)
    done = counted(len(results) - failed - unchanged, "row")
    console.say(f"{done} done, {unchanged} unchanged, {failed} failed.")
    left = sum(any(note.startswith(LEFT_NOTE) for note in result.notes) for result in results)
    if left:
        console.say(
            f"Note: files that an earlier run made with other settings are left as they were, of "
            f"{counted(left, 'row')}; the column notes names them."
        )
    console.say(f"Wrote {table_path(options.out, options.part)}")


def failed_rows(options: argparse.Namespace, results: tuple[RowResult, ...]) -> RowsFailed:
    """The error that names the rows which failed."""
    failed = [result for result in results if not result.good]
    shown = ", ".join(one.id for one in failed[:_SHOWN]) + (", ..." if len(failed) > _SHOWN else "")
    return RowsFailed(
        f"{len(failed)} of {counted(len(results), 'row')} failed: {shown}.",
        f"{table_path(options.out, options.part)} says why; correct them and run the same command again.",
        code="rows_failed",
    )


def _reports(options: argparse.Namespace) -> bool:
    """Whether a page about the rows is written."""
    return bool(options.part.whole and not options.no_report)


def _part(text: str) -> Part:
    try:
        return Part.parse(text)
    except SettingsError as error:
        raise argparse.ArgumentTypeError(str(error).rstrip(".")) from error


def _crew(options: argparse.Namespace, endurance: Endurance, settings: BatchSettings) -> Crew:
    """Who does the rows."""
    if options.ray is None:
        from elocute.batch.process_crew import ProcessCrew

        return ProcessCrew(endurance)
    if options.workers is not None:
        raise SettingsError(
            "--workers counts processes of this machine.", "Leave it out: Ray knows its machines."
        )
    if not 1 <= options.ray_cpus <= 256:
        raise SettingsError(
            f"{options.ray_cpus} processors are out of range.", "Give a number from 1 to 256."
        )
    compute = settings.request.compute
    accelerated = compute is not None and not compute.device.startswith("cpu")
    return RayCrew(RayNeeds(options.ray, options.ray_cpus, int(accelerated)), endurance)


def _endurance(options: argparse.Namespace, best_together: int) -> Endurance:
    workers = options.workers if options.workers is not None else max((os.cpu_count() or 1) // 2, 1)
    if not 1 <= workers <= 256:
        raise SettingsError(f"{workers} workers are out of range.", "Give a number from 1 to 256.")
    together = best_together if options.together is None else options.together
    if not 1 <= together <= 256:
        raise SettingsError(f"{together} rows at once are out of range.", "Give a number from 1 to 256.")
    if not 0 <= options.retries <= 100:
        raise SettingsError(f"{options.retries} retries are out of range.", "Give a number from 0 to 100.")
    if not (math.isfinite(options.row_seconds) and options.row_seconds > 0):
        raise SettingsError("The time for one row must be positive.", "Give seconds, for example 600.")
    return Endurance(
        workers=workers, together=together, retries=options.retries, row_seconds=options.row_seconds
    )


def _settings(options: argparse.Namespace) -> BatchSettings:
    forms = {form.name: form for form in export_formats()}
    for name in options.export:
        if name not in forms:
            raise SettingsError(f"There is no format {name!r}.", f"Choose from {', '.join(forms)}.")
        if forms[name].needs_face and options.face is None:
            raise SettingsError(f"The format {name} needs the head of the clips.", "Give it with --face.")
    request = PerformanceRequest(
        model=options.model,
        language=options.language,
        words=options.words,
        settings=generation_settings(options),
        compute=load_options(options),
        phones=options.phones is not None,
    )
    exports = tuple(dict.fromkeys(options.export))
    return BatchSettings(
        request=request,
        phones=options.phones,
        exports=exports,
        face=options.face,
        longest_seconds=longest_seconds(options),
    )
