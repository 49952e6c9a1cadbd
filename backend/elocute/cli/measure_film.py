"""``elocute measure film``: how well lips and sound of a film agree, by a user's SyncNet."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.cli.argument_types import file_name
from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument
from elocute.cli.console import Console
from elocute.errors import InputError

if TYPE_CHECKING:
    from elocute.renderers.film_reader import Film

_FPS: Final = 25.0
_LENGTHS_APART: Final = 0.5
"""Seconds by which sound and film may differ before it is mentioned."""


def add_action(actions: Subparsers) -> None:
    """Add this action."""
    parser = actions.add_parser(
        "film",
        help="sync scores of a film of a face",
        description="LSE-D and LSE-C (the papers' sync_dist and sync_conf) of a film in which one face fills "
        "the picture, with your SyncNet weights. Beside them stands the same film with its sound half a film "
        "late, which is what no sync at all gives.",
    )
    parser.add_argument(
        "film", type=file_name, metavar="FILM", help="film of a face; its middle square counts"
    )
    parser.add_argument(
        "--syncnet", type=file_name, required=True, metavar="FILE", help="weights of SyncNet, as published"
    )
    parser.add_argument("--sound", type=file_name, metavar="FILE", help="its sound (default: the film's own)")
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Measure it.

    Raises:
        InputError: a file cannot be used, or the film is shorter than a window.
    """
    from elocute.audio.decode import load_audio
    from elocute.audio.speech_features import SAMPLE_RATE
    from elocute.evaluation.against_sound.cepstra import mel_cepstra
    from elocute.evaluation.of_images.lip_sync import load_syncnet, sync_scores
    from elocute.renderers.film_reader import read_film

    film, network = read_film(options.film), load_syncnet(options.syncnet)
    samples = load_audio(options.sound or options.film).samples
    crops = face_crops(film)
    apart = len(samples) / SAMPLE_RATE - film.seconds
    if abs(apart) > _LENGTHS_APART:
        console.say(
            f"The sound is {len(samples) / SAMPLE_RATE:.1f} s long, the film {film.seconds:.1f} s: what both "
            "have is measured."
        )
    rows = {"film": samples, "sound half a film late": np.roll(samples, len(samples) // 2)}
    scores: dict[str, Any] = {}
    console.say("| | LSE-D | LSE-C | sound late by frames |")
    console.say("|---|---:|---:|---:|")
    for name, sound in rows.items():
        try:
            found = sync_scores(network, crops, mel_cepstra(sound))
        except ValueError as error:
            raise InputError(
                f"{options.film} cannot be measured: {error}.", "Give a film of half a second or more."
            ) from error
        scores[name] = vars(found)
        console.say(f"| {name} | {found.distance:.3f} | {found.confidence:.3f} | {found.offset} |")
    console.result({"frames": len(crops), "scores": scores})


def face_crops(film: Film) -> NDArray[np.uint8]:
    """(T, 224, 224, 3) the middle squares of a film's frames at 25 a second."""
    from PIL import Image

    from elocute.evaluation.of_images.lip_sync import SIDE

    count = max(round(film.seconds * _FPS), 1)
    shown = np.minimum((np.arange(count) * film.fps / _FPS).astype(int), film.frames - 1)
    height, width = film.images.shape[1:3]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    squares = film.images[:, top : top + side, left : left + side]
    sized = [Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BICUBIC) for image in squares]
    crops: NDArray[np.uint8] = np.stack([np.asarray(image) for image in sized])[shown]
    return crops
