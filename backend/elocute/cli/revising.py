"""The arguments for what is made anew of a clip, and for phones that are given with their times."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import Any

from elocute.audio import given_phones
from elocute.cli.argument_types import file_name, names
from elocute.errors import SettingsError
from elocute.generator import GenerationSettings
from elocute.motion import revision
from elocute.motion.clip import named_clip
from elocute.motion.face_parts import PARTS
from elocute.revision_text import RANGE_FORMS, RangeText, given_words, read_pin
from elocute.storage.file_content import file_content


def add_revising_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the clip, its ranges, parts and pins, and the file of phones."""
    group = parser.add_argument_group("changing a clip of this recording")
    group.add_argument(
        "--base",
        type=file_name,
        metavar="CLIP",
        help="a clip of this recording (.npz): only its --range is made anew, the rest stays bit for bit",
    )
    group.add_argument(
        "--range",
        dest="ranges",
        action="append",
        default=[],
        type=RangeText,
        metavar="RANGE",
        help=f"what to make anew: {RANGE_FORMS} (with --phones); may be repeated",
    )
    group.add_argument(
        "--channels",
        type=names,
        default=(),
        metavar="PARTS",
        help=f"parts of the face to make anew: {','.join(PARTS)} (default all)",
    )
    group.add_argument(
        "--pin",
        dest="pinned",
        action="append",
        default=[],
        type=_pin,
        metavar="NAME@SECONDS=VALUE",
        help="a number that is met within the range, as mouthSmileLeft@2.4=0.6 or head.1@3=-0.1 (radians); "
        "may be repeated",
    )
    parser.add_argument(
        "--phones",
        dest="given_phones",
        type=file_name,
        metavar="FILE",
        help="what is said and when, in place of looking for it: .TextGrid, the .json of elocute phones, or "
        "a table (.csv, .tsv) with start, end and label",
    )


def with_revision(settings: GenerationSettings, options: argparse.Namespace) -> GenerationSettings:
    """The settings with the clip that the arguments name.

    Raises:
        InputError: it, or the file of phones, cannot be read.
        SettingsError: a range names words that are not said; there is a range, a part or a pin, but no
            clip; or a clip without a range.
    """
    told: dict[str, Any] = {"channels": options.channels, "pinned": tuple(options.pinned)}
    if options.base is None:
        if options.ranges or any(told.values()):
            raise SettingsError(
                "--range, --channels and --pin are for a clip that is changed.", "Name it with --base."
            )
        return settings
    if not options.ranges:
        raise SettingsError("--base needs what is to be made anew.", "Give --range, as 2.0-3.6.")
    # One byte more than is allowed is refused as too large by whoever reads the clip.
    base, given = named_clip(options.base, revision.LARGEST + 1), given_content(options)
    words = given_words(given, options.segment, base)
    ranges = tuple(one.seconds(base, words) for one in options.ranges)
    return replace(settings, base=base, ranges=ranges, **told)


def given_content(options: argparse.Namespace) -> bytes | None:
    """The content of the file of phones that the arguments name, or None.

    Raises:
        InputError: it cannot be read.
    """
    if options.given_phones is None:
        return None
    return file_content(options.given_phones, given_phones.LARGEST + 1)


def _pin(text: str) -> revision.Pin:
    try:
        return read_pin(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
