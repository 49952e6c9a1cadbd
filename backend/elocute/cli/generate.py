"""``elocute generate``: generate clips from a recording."""

from __future__ import annotations

import argparse
import contextlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from elocute.cli.argument_types import file_name
from elocute.cli.arguments import (
    MakePipeline,
    Subparsers,
    add_json_argument,
    add_speech_arguments,
    check_output,
    longest_seconds,
    read_transcript,
    refuse_reading_and_writing,
)
from elocute.cli.console import Console
from elocute.cli.continuation import add_continue_argument, earlier_content
from elocute.cli.live import add_destination_arguments, live_out, stopped_at_the_end, wait_until_sent
from elocute.cli.phones import ENDINGS as PHONE_ENDINGS
from elocute.cli.phones import SUFFIXES as PHONE_SUFFIXES
from elocute.cli.phones import write_phones
from elocute.cli.revising import add_revising_arguments, given_content, with_revision
from elocute.cli.sampling_arguments import add_sampling_arguments, generation_settings, load_options
from elocute.errors import counted
from elocute.generator import MotionWindow
from elocute.models.catalogue import DEFAULT_MODEL
from elocute.motion.official import require_official_basis, save_official
from elocute.performance import Performance, PerformanceRequest
from elocute.pipeline import Pipeline
from elocute.stage_clock import StageClock

if TYPE_CHECKING:
    from elocute.live.out import LiveOut


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "generate",
        help="generate facial motion from a recording",
        description="Generate facial motion from a recording and write it as a clip (.npz). With --takes K, "
        "K > 1, the takes are numbered: --out clip.npz gives clip-1.npz to clip-K.npz; take k uses "
        "the seed plus k - 1.",
    )
    add_speech_arguments(parser)
    parser.add_argument("--out", type=file_name, required=True, metavar="CLIP", help="clip to write (.npz)")
    parser.add_argument(
        "--model",
        metavar="ID",
        help=f"model (default {DEFAULT_MODEL}; see: elocute models), the folder of a checkpoint, or a "
        "Hugging Face hub id such as organisation/name",
    )
    parser.add_argument(
        "--phones-out",
        type=file_name,
        metavar="FILE",
        help=f"also write the phones that were found: {PHONE_ENDINGS}",
    )
    parser.add_argument(
        "--official",
        type=file_name,
        metavar="FILE",
        help="also write the motion in the official format (.npz)",
    )
    parser.add_argument(
        "--live",
        choices=("livelink", "vmc"),
        help="also play the (first) take into another program while it is made, as elocute live does",
    )
    add_destination_arguments(parser, "live-")
    add_continue_argument(parser)
    add_revising_arguments(parser)
    add_sampling_arguments(parser)
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        SettingsError: an argument cannot be used.
        InputError: the recording cannot be used, or an output not be written.
    """
    refuse_reading_and_writing(options.out, options)  # before any of the files is looked into
    settings = generation_settings(options)
    paths = take_paths(options.out, settings.takes)
    official = [] if options.official is None else take_paths(options.official, settings.takes)
    for path in (*paths, *official):
        check_output(path, (".npz",), options)
    if options.phones_out is not None:
        check_output(options.phones_out, PHONE_SUFFIXES, options)
    settings = with_revision(replace(settings, before=earlier_content(options)), options)
    request = PerformanceRequest(
        model=options.model,
        transcript=read_transcript(options),
        language=options.language,
        words=options.words,
        segment=options.segment,
        settings=settings,
        compute=load_options(options),
        phones=options.phones_out is not None,
        given_phones=given_content(options),
    )
    pipeline = make_pipeline(longest_seconds=longest_seconds(options))
    if official:
        require_official_basis(pipeline.describe(options.model).basis)
    clock = StageClock(console.show_progress)
    progress = console.progress()
    progress.listener = clock
    with _live(options, console, pipeline) as out:
        sink = None if out is None else lambda window: _play(out, window)
        performance = pipeline.perform(options.audio, request, progress, sink)
        progress.report("writing", 0.0)
        _write(options, paths, official, performance)
        if out is not None:
            out.end()
            wait_until_sent(out)
    _tell(options, console, paths, official, performance, clock.seconds(), out)


def _play(out: LiveOut, window: MotionWindow) -> None:
    out.add(window.clips[0])


@contextlib.contextmanager
def _live(options: argparse.Namespace, console: Console, pipeline: Pipeline) -> Iterator[LiveOut | None]:
    """What sends the motion while it is made, or None where that was not asked for."""
    if options.live is None:
        yield None
        return
    from elocute.live.out import check_basis

    if options.live_face is None:
        hint = "Name a head of that basis with --live-face, or send the finished clip."
        check_basis(pipeline.describe(options.model).basis, hint)
    out, note = live_out(options, options.live, "live-")
    if note:
        console.say(f"Note: {note}")
    with stopped_at_the_end(out):
        yield out


def _write(
    options: argparse.Namespace, paths: list[Path], official: list[Path], performance: Performance
) -> None:
    for path, clip in zip(paths, performance.clips, strict=True):
        clip.save(path)
    for path, clip in zip(official, performance.clips if official else (), strict=True):
        save_official(clip, path)
    if options.phones_out is not None:
        write_phones(options.phones_out, performance.speech, options.audio.name)


def take_paths(out: Path, takes: int) -> list[Path]:
    """Return where each take goes: ``out``, or numbered files beside it."""
    if takes == 1:
        return [out]
    return [out.with_name(f"{out.stem}-{k}{out.suffix}") for k in range(1, takes + 1)]


def _tell(
    options: argparse.Namespace,
    console: Console,
    paths: list[Path],
    official: list[Path],
    performance: Performance,
    stage_seconds: dict[str, float],
    out: LiveOut | None,
) -> None:
    speech, clip = performance.speech, performance.clips[0]
    times = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in stage_seconds.items())
    console.say(
        f"{counted(clip.frames, 'frame')} at {clip.fps:g} fps for {speech.seconds:.2f} s of sound; "
        f"model: {performance.model}; phones: {speech.phone_source}."
    )
    for note in (*performance.notes, *(() if out is None else out.notes)):
        console.say(f"Note: {note}")
    if out is not None:
        console.say(f"Sent {counted(out.played.frames, 'frame')}.")
    console.say(f"Time: {times}.")
    for path in (*paths, *official):
        console.say(f"Wrote {path}")
    if options.phones_out is not None:
        console.say(f"Wrote {options.phones_out}")
    console.result(
        {
            "clips": [str(path) for path in paths],
            "official": [str(path) for path in official],
            "phones": str(options.phones_out) if options.phones_out is not None else None,
            "model": performance.model,
            "seed": options.seed,
            "frames": clip.frames,
            "fps": clip.fps,
            "basis": clip.basis,
            "seconds": speech.seconds,
            "phone_source": speech.phone_source,
            "transcript": speech.transcript,
            "notes": list(performance.notes),
            "stage_seconds": stage_seconds,
            "live_frames": None if out is None else out.played.frames,
        }
    )
