"""``elocute live``: play a clip into another program."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from elocute.cli.argument_types import file_name, number, whole_number
from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument
from elocute.cli.console import Console
from elocute.cli.import_capture import add_timecode_argument, timecode_rate
from elocute.errors import SettingsError, counted

if TYPE_CHECKING:
    from elocute.exchange.head_points import HeadPoints
    from elocute.live.out import LiveOut

_STANDARD_INPUT: Final = Path("-")
_POLL_SECONDS: Final = 0.2
_SUBJECT: Final = "Elocute"
_OF_THE_OTHER: Final = {"livelink": ("VMC", ("names", "no-bones")), "vmc": ("Live Link", ("subject",))}
"""What a protocol does not have, and which has it."""


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "live",
        help="play a clip into another program, over Live Link or VMC",
        description="Play a clip, or a recording of a face, into another program: as the app Live Link Face "
        "does (UDP), or with the VMC protocol (OSC). Ctrl-C stops it.",
    )
    parser.add_argument(
        "clip",
        type=file_name,
        metavar="CLIP",
        help="clip, or what elocute import reads; - for parts from standard input",
    )
    parser.add_argument("--to", required=True, choices=("livelink", "vmc"), help="the protocol")
    add_destination_arguments(parser)
    parser.add_argument("--loop", action="store_true", help="begin anew at the end, until stopped")
    parser.add_argument(
        "--sound", type=file_name, metavar="AUDIO", help="recording to play with the clip, on this computer"
    )
    add_timecode_argument(parser)
    add_json_argument(parser)
    parser.set_defaults(run=run)


def add_destination_arguments(parser: argparse.ArgumentParser, prefix: str = "") -> None:
    """Add host, port, rate, subject, names, bones and face, as ``--{prefix}host`` and so on."""
    parser.add_argument(
        f"--{prefix}host", default="127.0.0.1", metavar="HOST", help="computer to send to (default: this one)"
    )
    parser.add_argument(
        f"--{prefix}port",
        type=whole_number,
        metavar="PORT",
        help="port to send to (default: 11111 for Live Link, 39539 for VMC)",
    )
    parser.add_argument(
        f"--{prefix}rate", type=number, default=60.0, metavar="FPS", help="frames a second (default 60)"
    )
    parser.add_argument(
        f"--{prefix}subject",
        metavar="NAME",
        help=f"name that receivers of Live Link show (default {_SUBJECT})",
    )
    parser.add_argument(
        f"--{prefix}names",
        choices=("perfect-sync", "vrm0", "vrm1"),
        help="expressions of VMC: ARKit's 52 (default), or the vowels and blinks that VRM models have",
    )
    parser.add_argument(
        f"--{prefix}no-bones", action="store_true", help="VMC without bones: leave neck, head and eyes alone"
    )
    parser.add_argument(
        f"--{prefix}face",
        type=file_name,
        metavar="FACE.npz",
        help="head of the motion's basis, for motion of FLAME",
    )


def live_out(
    options: argparse.Namespace,
    kind: str,
    prefix: str = "",
    *,
    loop: bool = False,
    sound: Path | None = None,
    head: HeadPoints | None = None,
) -> tuple[LiveOut, str]:
    """What sends with the options of :func:`add_destination_arguments`, and a sentence about where to.

    Raises:
        SettingsError: one of them cannot be used.
        InputError: the head or the sound cannot be used, or the system refuses to send there.
    """
    from elocute.face.model import FaceModel
    from elocute.live.destination import Destination
    from elocute.live.out import KINDS, LiveOut, LiveSettings
    from elocute.live.sound import Sound

    def of(name: str) -> Any:
        return getattr(options, f"{prefix}{name}".replace("-", "_"))

    settings = LiveSettings(
        next(one for one in KINDS if one == kind),
        of("rate"),
        loop,
        _SUBJECT if of("subject") is None else of("subject"),
        of("names") or "perfect-sync",
        not of("no-bones"),
    )
    port = of("port")
    destination = Destination.of(of("host"), settings.protocol().port if port is None else port)
    face = head or (None if of("face") is None else FaceModel.load(of("face")))
    other, names = _OF_THE_OTHER[kind]
    idle = [f"--{prefix}{name}" for name in names if of(name)]
    unused = f"{' and '.join(idle)} changed nothing: only {other} has that." if idle else ""
    notes = " ".join(filter(None, (destination.note, unused)))
    return LiveOut(settings, destination, face, None if sound is None else Sound(sound)), notes


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        SettingsError: an argument cannot be used.
        InputError: the clip cannot be read, or nothing can be sent there.
    """
    from elocute.exchange.captures import load_motion_or_capture

    if options.sound is not None and (options.loop or options.clip == _STANDARD_INPUT):
        raise SettingsError(
            "--sound plays with a whole clip, once.", "Leave out --loop, or --sound.", code="bad_arguments"
        )
    if options.face == _STANDARD_INPUT and options.clip != _STANDARD_INPUT:
        raise SettingsError(
            "--face - takes a head before the parts of a clip.", "Name the head's file.", code="bad_arguments"
        )
    if options.clip == _STANDARD_INPUT:
        _run_parts(options, console)
        return
    clip, notes = load_motion_or_capture(options.clip, timecode_rate=timecode_rate(options))
    out, note = live_out(options, options.to, loop=options.loop, sound=options.sound)
    for one in (*notes, note):
        if one:
            console.say(f"Note: {one}")
    with stopped_at_the_end(out):
        fit = out.add(clip)
        if fit:
            console.say(f"Note: {fit}")
        out.end()
        console.say(f"Sending {clip.frames / clip.fps:.2f} s.")
        wait_until_sent(out)
    tell(console, out)


def _run_parts(options: argparse.Namespace, console: Console) -> None:
    """Play what comes through standard input (``live/parts.py``), until it is closed."""
    from elocute.live.out import check_basis
    from elocute.live.parts import read_head, read_parts

    head = read_head(sys.stdin.buffer) if options.face == _STANDARD_INPUT else None
    out, note = live_out(options, options.to, loop=options.loop, head=head)
    if note:
        console.say(f"Note: {note}")
    with stopped_at_the_end(out):
        for clip in read_parts(sys.stdin.buffer):
            if head is None:
                check_basis(clip.basis, "Add a head of that basis to the file.")
            out.add(clip)
            if not out.sending:
                break
        out.end()

        def stop_when_closed() -> None:
            # Not through the buffer, whose lock a thread must not hold when Python ends.
            while os.read(sys.stdin.fileno(), 1):
                pass
            out.stop()

        threading.Thread(target=stop_when_closed, name="elocute-live-input", daemon=True).start()
        wait_until_sent(out)
    tell(console, out)


def wait_until_sent(out: LiveOut) -> None:
    """Wait until all of the motion is sent, in short steps that Ctrl-C interrupts.

    Raises:
        InputError: the system refused to send.
    """
    while not out.wait(_POLL_SECONDS):
        pass


@contextlib.contextmanager
def stopped_at_the_end(out: LiveOut) -> Iterator[None]:
    """Stop sending when the block ends, however it does."""
    try:
        yield
    finally:
        out.stop()


def tell(console: Console, out: LiveOut) -> None:
    """Say what was sent."""
    played = out.played
    for note in out.notes:
        console.say(f"Note: {note}")
    console.say(f"Sent {counted(played.frames, 'frame')}.")
    console.result({"frames": played.frames, "skipped": played.skipped, "notes": list(out.notes)})
