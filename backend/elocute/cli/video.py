"""``elocute video``: a film of a face in an image, moved by a clip or by landmarks."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Final

from elocute.cli.argument_types import file_name, number, whole_number
from elocute.cli.arguments import (
    MakePipeline,
    Subparsers,
    add_json_argument,
    check_output,
    refuse_missing_inputs,
)
from elocute.cli.console import Console
from elocute.errors import SettingsError, counted
from elocute.progress import Progress

if TYPE_CHECKING:
    from elocute.audio.sound import Audio
    from elocute.renderers.mtov.driving import Driving
    from elocute.renderers.mtov.face_motion import FaceMotion

_LENGTHS_APART: Final = 0.5
"""Seconds by which a sound or a driving film may differ from the motion before it is mentioned."""


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "video",
        help="make a film of a face in an image",
        description="Make a film of the face in an image that moves as a clip does, with a renderer made by "
        "elocute convert mtov or elocute train mtov-unet.",
    )
    parser.add_argument("--image", type=file_name, required=True, metavar="FACE.png", help="image of a face")
    parser.add_argument(
        "--points",
        type=file_name,
        metavar="POINTS",
        help="the image's 68 landmarks: lines of x and y in pixels (.txt, .csv, .pts), or a landmark track "
        "(default: found by mediapipe, where it is installed)",
    )
    motion = parser.add_mutually_exclusive_group(required=True)
    motion.add_argument("--clip", type=file_name, metavar="CLIP.npz", help="motion clip")
    motion.add_argument(
        "--landmarks", type=file_name, metavar="TRACK", help="3-D landmark track instead (.npz or .csv)"
    )
    parser.add_argument(
        "--face", type=file_name, metavar="FACE.npz", help="head of the clip's basis (default: the stand-in)"
    )
    parser.add_argument("--model", type=file_name, required=True, metavar="DIR", help="the renderer's folder")
    parser.add_argument("--audio", type=file_name, metavar="FILE", help="what is heard (default: nothing)")
    parser.add_argument(
        "--driving",
        type=file_name,
        metavar="FILM",
        help="film whose head pose and upper face are taken over (default: the image holds still)",
    )
    parser.add_argument(
        "--driving-points",
        type=file_name,
        metavar="TRACK",
        help="landmark track of the driving film in pixels (default: found by mediapipe)",
    )
    parser.add_argument(
        "--driving-pose",
        type=file_name,
        metavar="POSE.npz",
        help="align as published, by these coefficients (frames, 257) and template (5, 3)",
    )
    parser.add_argument("--out", type=file_name, required=True, metavar="FILM.mp4", help="film to write")
    parser.add_argument(
        "--steps", type=whole_number, metavar="N", help="denoising steps of the whole diffusion (default 100)"
    )
    parser.add_argument(
        "--noised-start",
        type=number,
        metavar="SHARE",
        help="share of the diffusion that starts from the image (default 0.25; 0 starts from noise alone)",
    )
    parser.add_argument(
        "--overlap",
        type=whole_number,
        metavar="FRAMES",
        help="frames that neighbouring chunks share (default 4, at most a quarter of a chunk; 0 as "
        "published, which flickers)",
    )
    parser.add_argument(
        "--use-last-as-reference",
        action="store_true",
        help="published option: each chunk is told of the last frame of the one before, not of the image",
    )
    parser.add_argument(
        "--fix-noise",
        action="store_true",
        help="published option: the image of every chunk is noised alike, whatever the seed (it is 1004)",
    )
    parser.add_argument("--seed", type=whole_number, default=0, metavar="N", help="random seed (default 0)")
    parser.add_argument(
        "--precision", default="float32", metavar="TYPE", help="float32 (default) or bfloat16"
    )
    parser.add_argument(
        "--compile",
        action="store_true",
        help="compile the denoising network first: a minute or more, so for long films",
    )
    parser.add_argument("--device", default="cpu", metavar="NAME", help="cpu (default), cuda, mps ...")
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        SettingsError: settings out of range, no such device, or no detector of faces.
        InputError: a file cannot be used or written.
    """
    check_output(options.out, (".mp4",), options)
    if options.driving is None and (options.driving_points or options.driving_pose):
        raise SettingsError(
            "There is no driving film for these landmarks or this pose.", "Add --driving FILM."
        )
    refuse_missing_inputs(options)  # before libraries and detectors are loaded
    from elocute.audio.decode import load_audio
    from elocute.checkpoint.arithmetic import Arithmetic
    from elocute.checkpoint.device import torch_device
    from elocute.checkpoint.device_names import check_device_name
    from elocute.face.detector import points_of_image
    from elocute.face.picture import read_image, read_image_points
    from elocute.renderers.film_file import write_film
    from elocute.renderers.mtov.folder import load_folder, read_folder_config
    from elocute.renderers.mtov.sampling import FilmRenderer, FilmSettings, check_settings, usual_overlap
    from elocute.renderers.mtov.talking_film import film_of, scene_of

    check_device_name(options.device)
    progress = console.progress()
    config = read_folder_config(options.model)
    settings = FilmSettings(
        config.sampling_steps if options.steps is None else options.steps,
        config.noised_start if options.noised_start is None else options.noised_start,
        usual_overlap(config) if options.overlap is None else options.overlap,
        options.seed,
        options.fix_noise,
        options.use_last_as_reference,
    )
    arithmetic = Arithmetic(options.precision, options.compile)
    check_settings(config, settings)
    image = read_image(options.image)
    if options.points is None:
        points = points_of_image(image, str(options.image))
    else:
        points = read_image_points(options.points, image.shape[0])
    motion = _motion(options)
    driving = None if options.driving is None else _driving(options, motion.seconds, progress)
    scene = scene_of(image, points, motion, config, driving)
    sound = None if options.audio is None else load_audio(options.audio, progress=progress)
    # Before the work, which takes long.
    for note in _notes(scene.frames / scene.fps, sound, driving):
        console.say(note)
    device = torch_device(options.device)
    renderer = FilmRenderer(load_folder(options.model), device, arithmetic)
    size = config.autoencoder.size
    frames = write_film(
        options.out, film_of(scene, renderer, settings, progress), (size, size), scene.fps, sound
    )
    console.say(f"{counted(frames, 'frame')} of {size} x {size} pixels at {scene.fps:g} fps.")
    console.say(f"Wrote {options.out}")
    console.result({"film": str(options.out), "frames": frames, "fps": scene.fps, "size": size})


def _motion(options: argparse.Namespace) -> FaceMotion:
    from elocute.face.model import FaceModel
    from elocute.face.standin.build import standin_head
    from elocute.motion.official import load_motion
    from elocute.motion.track_files import load_track
    from elocute.renderers.mtov.face_motion import motion_of_clip, motion_of_landmarks

    if options.landmarks is not None:
        return motion_of_landmarks(load_track(options.landmarks))
    head = standin_head() if options.face is None else FaceModel.load(options.face)
    return motion_of_clip(load_motion(options.clip), head)


def _notes(seconds: float, sound: Audio | None, driving: Driving | None) -> list[str]:
    """What is of another length than the motion, in sentences."""
    notes = []
    if sound is not None and abs(sound.seconds - seconds) > _LENGTHS_APART:
        notes.append(
            f"The sound is {sound.seconds:.1f} s long, the motion {seconds:.1f} s: the film ends with the "
            "motion."
        )
    if driving is not None and not driving.film.whole:
        notes.append(f"The driving film is longer than the motion: its first {seconds:.1f} s are used.")
    return notes


def _driving(options: argparse.Namespace, seconds: float, progress: Progress) -> Driving:
    from elocute.face.detector import points_of_film
    from elocute.motion.track_files import load_track
    from elocute.renderers.film_reader import read_film
    from elocute.renderers.mtov.driving import driving_of, picture_points, read_pose

    film = read_film(options.driving, seconds=seconds + _LENGTHS_APART)
    if options.driving_points is not None:
        points = picture_points(load_track(options.driving_points), film.images.shape[1])
    else:
        points = points_of_film(
            film.images,
            str(options.driving),
            lambda done, total: progress.report("landmarks", done / total),
        )
    pose = None if options.driving_pose is None else read_pose(options.driving_pose, film)
    return driving_of(film, points, pose)
