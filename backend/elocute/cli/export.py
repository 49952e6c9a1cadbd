"""``elocute export``: a clip in a format of another program."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from elocute.cli.argument_types import file_name
from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument, check_output
from elocute.cli.console import Console
from elocute.errors import SettingsError, counted
from elocute.exchange.export_format import Export, ExportFormat
from elocute.exchange.formats import export_formats

_NAME: Final = "export"
_TO: Final = "--to"
_FORMAT: Final = "--format"


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        _NAME,
        help="write a clip for other programs",
        description="Write a clip in a format of another program. Short: elocute export CLIP --to FILE takes "
        "the format from the ending of FILE, or from --format.",
    )
    kinds = parser.add_subparsers(title="formats", required=True, metavar="FORMAT")
    for kind in export_formats():
        _add_format(kinds, kind)


def _add_format(kinds: Subparsers, kind: ExportFormat) -> None:
    parser = kinds.add_parser(kind.name, help=kind.title, description=f"Write {kind.title}.")
    parser.add_argument(
        "clip", type=file_name, metavar="CLIP", help="clip, or official DiffPoseTalk motion file"
    )
    if kind.needs_face or kind.takes_face:
        parser.add_argument(
            "--face",
            type=file_name,
            required=kind.needs_face,
            metavar="FACE.npz",
            help="head of the clip's basis (that of the models which ship with Elocute: "
            "flame_assets/elocute-head-1.npz)",
        )
        parser.add_argument(
            "--character", metavar="NAME", help="one of that head's characters (default: the head as it is)"
        )
    for flag in kind.flags:
        parser.add_argument(
            f"--{flag.name}", action="append_const", dest="flags", const=flag.name, help=flag.help
        )
    parser.add_argument("--out", type=file_name, required=True, metavar="FILE", help="file to write")
    add_json_argument(parser)
    parser.set_defaults(run=run, format=kind)


def in_full(words: Sequence[str]) -> list[str]:
    """The words of a command line; of ``export CLIP --to FILE`` those of ``export FORMAT CLIP --out FILE``.

    Raises:
        SettingsError: the ending of FILE is that of no format or of several.
    """
    given = [part for word in words for part in _parted(word)]
    if given[:1] != [_NAME] or _TO not in given:
        return list(words)
    at = given.index(_TO)
    if at + 1 == len(given) or not given[at + 1].strip():
        raise SettingsError(f"{_TO} names no file.", "Give the file to write, as --to clip.csv.")
    file = Path(given[at + 1])
    rest = given[1:at] + given[at + 2 :]
    if _FORMAT in rest:
        place = rest.index(_FORMAT)
        name, rest = "".join(rest[place + 1 : place + 2]), rest[:place] + rest[place + 2 :]
    else:
        name = _format_of(file)
    return [_NAME, name, *rest, "--out", str(file)]


def _parted(word: str) -> list[str]:
    """``--to=FILE`` as two words."""
    name, equals, value = word.partition("=")
    return [name, value] if equals and name in (_TO, _FORMAT) else [word]


def _format_of(file: Path) -> str:
    ending = file.suffix.lower()
    fitting = [kind.name for kind in export_formats() if ending in kind.endings]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        raise SettingsError(
            f"{file} could be {' or '.join(fitting)}.", f"Say which with {_FORMAT} {fitting[0]}, for example."
        )
    names = [kind.name for kind in export_formats()]
    if str(file) in names:
        raise SettingsError(
            f"{file} is a format, and {_TO} takes the file to write.", f"Give {_FORMAT} {file} too."
        )
    if file.is_dir():
        raise SettingsError(
            f"{file} is a folder, and {_TO} takes the file to write.",
            f"Give {file / 'clip.csv'}, for example.",
        )
    endings = sorted({ending for kind in export_formats() for ending in kind.endings})
    said = f"No format ends in {ending}." if ending else f"{file} has no ending, which would tell the format."
    raise SettingsError(said, f"Use one of {', '.join(endings)}.")


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        InputError: a file cannot be used or written, or clip and head do not fit.
        SettingsError: a character without a head.
    """
    from elocute.face.model import FaceModel
    from elocute.motion.official import load_motion

    kind: ExportFormat = options.format
    check_output(options.out, (*kind.endings, *kind.named_endings), options)
    clip = load_motion(options.clip)
    named: Path | None = getattr(options, "face", None)
    character: str | None = getattr(options, "character", None)
    if character is not None and named is None:
        raise SettingsError(
            f"{character} is a character of a head that is not named.", "Give the head with --face."
        )
    face = FaceModel.load(named) if named is not None else None
    if face is not None and character is not None:
        face = face.as_character(character)
    flags = frozenset(getattr(options, "flags", None) or ())
    notes = kind.write(Export(clip, face, options.out, flags, console.progress())) or ()
    console.say(f"{counted(clip.frames, 'frame')} at {clip.fps:g} fps.")
    for note in notes:
        console.say(f"Note: {note}")
    console.say(f"Wrote {options.out}")
    console.result(
        {
            "out": str(options.out),
            "frames": clip.frames,
            "fps": clip.fps,
            "basis": clip.basis,
            "notes": list(notes),
        }
    )
