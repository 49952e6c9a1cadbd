"""``elocute generate``: a recording in, clips out."""

from __future__ import annotations

import argparse
from pathlib import Path

from elocute.cli.arguments import (
    MakePipeline,
    Subparsers,
    add_json_argument,
    add_speech_arguments,
    check_output,
    read_transcript,
)
from elocute.cli.console import Console
from elocute.cli.diffusion import (
    add_diffusion_arguments,
    checkpoint_of,
    perform_with_folder,
    read_noise,
)
from elocute.cli.phones import SUFFIXES as PHONE_SUFFIXES
from elocute.cli.phones import write_phones
from elocute.errors import SettingsError
from elocute.generator import GenerationSettings
from elocute.models.registry import DEFAULT_MODEL
from elocute.motion.official import save_official
from elocute.pipeline import Performance, PerformanceRequest, StageClock

LARGEST_SEED = 2**32 - 1
MOST_TAKES = 1000


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "generate",
        help="make facial motion from a recording",
        description="Make facial motion from a recording and write it as a clip (.npz). With --takes K, "
        "K > 1, the takes are numbered: --out clip.npz gives clip-1.npz to clip-K.npz; take k uses "
        "the seed plus k - 1.",
    )
    add_speech_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="CLIP", help="clip to write (.npz)")
    parser.add_argument(
        "--model",
        metavar="ID",
        help=f"model (default {DEFAULT_MODEL}; see: elocute models), or the folder of a checkpoint",
    )
    parser.add_argument(
        "--style",
        metavar="STYLE",
        help="style preset of the model; except with rules also a style file (.npz, .npy) or several "
        "with weights: a.npz:0.7,b.npz:0.3",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=_name_and_number,
        metavar="NAME=NUMBER",
        help="change one number of the style; may be repeated",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="what chance starts from (default 0)"
    )
    parser.add_argument("--takes", type=int, metavar="K", help="how many different clips (default 1)")
    parser.add_argument("--no-head", action="store_true", help="leave the head at rest")
    parser.add_argument(
        "--no-lip-contacts",
        action="store_true",
        help="do not correct the lips where P, B, M, F and V must touch",
    )
    parser.add_argument(
        "--phones-out", type=Path, metavar="FILE", help="also write the phones (.TextGrid or .json)"
    )
    add_diffusion_arguments(parser)
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        SettingsError: an argument cannot be used.
        InputError: the recording cannot be used, or an output not be written.
    """
    _check_range("--seed", options.seed, 0, LARGEST_SEED)
    folder = checkpoint_of(options)
    noise = read_noise(options)
    takes = options.takes if options.takes is not None else (1 if noise is None else noise.takes)
    _check_range("--takes", takes, 1, MOST_TAKES)
    paths = take_paths(options.out, takes)
    official = [] if options.official is None else take_paths(options.official, takes)
    for path in (*paths, *official):
        check_output(path, (".npz",))
    if options.phones_out is not None:
        check_output(options.phones_out, PHONE_SUFFIXES)
    request = PerformanceRequest(
        model=options.model,
        transcript=read_transcript(options),
        language=options.language,
        settings=GenerationSettings(
            style=options.style,
            options=dict(options.set),
            seed=options.seed,
            takes=takes,
            head_motion=not options.no_head,
            lip_contacts=not options.no_lip_contacts,
        ),
    )
    clock = StageClock(console.show_progress)
    progress = console.progress()
    progress.listener = clock
    if folder is not None:
        performance = perform_with_folder(options, folder, request, noise, progress)
    else:
        performance = make_pipeline().perform(options.audio, request, progress)
    progress.report("writing", 0.0)
    for path, clip in zip(paths, performance.clips, strict=True):
        clip.save(path)
    for path, clip in zip(official, performance.clips, strict=False):
        save_official(clip, path)
    if options.phones_out is not None:
        write_phones(options.phones_out, performance.speech)
    _tell(options, console, paths, official, performance, clock.seconds())


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
) -> None:
    speech, clip = performance.speech, performance.clips[0]
    times = ", ".join(f"{stage} {seconds:.2f} s" for stage, seconds in stage_seconds.items())
    console.say(
        f"{clip.frames} frames at {clip.fps:g} fps for {speech.seconds:.2f} s of sound; "
        f"model: {performance.model}; phones: {speech.phone_source}."
    )
    for note in performance.notes:
        console.say(f"Note: {note}")
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
        }
    )


def _name_and_number(text: str) -> tuple[str, float]:
    name, separator, number = text.partition("=")
    if not separator or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form name=number")
    try:
        return name.strip(), float(number)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{number!r} in {text!r} is not a number") from None


def _check_range(name: str, value: int, lowest: int, highest: int) -> None:
    if not lowest <= value <= highest:
        raise SettingsError(f"{name} {value} is out of range.", f"Give a number from {lowest} to {highest}.")
