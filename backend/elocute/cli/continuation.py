"""The arguments for motion that a performance goes on from."""

from __future__ import annotations

import argparse
from io import BytesIO
from pathlib import Path

from elocute.cli.argument_types import file_name
from elocute.errors import SettingsError
from elocute.motion.clip import named_clip
from elocute.motion.continuation import LARGEST
from elocute.motion.track_files import is_track, load_track


def add_continue_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--continue`` and the head for landmarks."""
    parser.add_argument(
        "--continue",
        dest="before",
        type=file_name,
        metavar="FILE",
        help="motion to go on from: a clip (.npz) in the model's basis, or a landmark track (.npz, .csv)",
    )
    parser.add_argument(
        "--continue-face",
        dest="before_face",
        type=file_name,
        metavar="FACE.npz",
        help="face model of the model's basis, which a landmark track is fitted to",
    )


def earlier_content(options: argparse.Namespace) -> bytes | None:
    """The content of the clip that the argument names; a landmark track becomes one.

    Raises:
        InputError: the file cannot be read, or the track is no movement of a face.
        SettingsError: there is a track without a head, or a head without a track.
    """
    path: Path | None = options.before
    face: Path | None = options.before_face
    if path is not None and is_track(path):
        return _fitted(path, face)
    if face is not None:
        raise SettingsError("--continue-face is for a landmark track.", "Leave it out.")
    # One byte more than is allowed is refused as too large by whoever reads the clip.
    return None if path is None else named_clip(path, LARGEST + 1)


def _fitted(path: Path, face: Path | None) -> bytes:
    if face is None:
        raise SettingsError(
            f"{path} is a landmark track, and there is no head to fit it to.",
            "Name one of the model's basis with --continue-face.",
        )
    from elocute.face.fit.track import fit_track
    from elocute.face.model import FaceModel

    clip, _ = fit_track(load_track(path), FaceModel.load(face))
    stream = BytesIO()
    clip.write(stream)
    return stream.getvalue()
