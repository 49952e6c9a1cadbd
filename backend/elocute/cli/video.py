"""``elocute video``: a film of a face in an image, moved by a clip."""

from __future__ import annotations

import argparse

from elocute.cli.argument_types import file_name, number, whole_number
from elocute.cli.arguments import MakePipeline, Subparsers, add_json_argument, check_output
from elocute.cli.console import Console


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "video",
        help="make a film of a face in an image",
        description="Make a film of the face in an image that moves as a clip does, with a renderer made by "
        "elocute convert mtov.",
    )
    parser.add_argument("--image", type=file_name, required=True, metavar="FACE.png", help="image of a face")
    parser.add_argument(
        "--points",
        type=file_name,
        required=True,
        metavar="POINTS",
        help="the image's 68 landmarks: lines of x and y in pixels (.txt, .csv, .pts), or a landmark track",
    )
    parser.add_argument("--clip", type=file_name, required=True, metavar="CLIP.npz", help="motion clip")
    parser.add_argument(
        "--face", type=file_name, metavar="FACE.npz", help="head of the clip's basis (default: the stand-in)"
    )
    parser.add_argument("--model", type=file_name, required=True, metavar="DIR", help="the renderer's folder")
    parser.add_argument("--audio", type=file_name, metavar="FILE", help="what is heard (default: nothing)")
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
        help="frames that neighbouring chunks share (default 4; 0 as published, which flickers)",
    )
    parser.add_argument("--seed", type=whole_number, default=0, metavar="N", help="random seed (default 0)")
    parser.add_argument("--device", default="cpu", metavar="NAME", help="cpu (default), cuda, mps ...")
    add_json_argument(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Do it.

    Raises:
        SettingsError: settings out of range, or no such device.
        InputError: a file cannot be used or written.
    """
    check_output(options.out, (".mp4",), options)
    from elocute.audio.decode import load_audio
    from elocute.checkpoint.device import torch_device
    from elocute.face.model import FaceModel
    from elocute.face.standin.build import build_head
    from elocute.motion.official import load_motion
    from elocute.renderers.face_image import read_image, read_image_points
    from elocute.renderers.film_file import write_film
    from elocute.renderers.mtov.folder import load_folder, read_folder_config
    from elocute.renderers.mtov.sampling import FilmRenderer, FilmSettings, check_settings
    from elocute.renderers.mtov.talking_film import film_of, scene_of

    progress = console.progress()
    config = read_folder_config(options.model)
    settings = FilmSettings(
        config.sampling_steps if options.steps is None else options.steps,
        config.noised_start if options.noised_start is None else options.noised_start,
        FilmSettings.overlap if options.overlap is None else options.overlap,
        options.seed,
    )
    check_settings(config, settings)
    image = read_image(options.image)
    points = read_image_points(options.points, image.shape[0])
    clip = load_motion(options.clip)
    head = build_head() if options.face is None else FaceModel.load(options.face)
    scene = scene_of(image, points, clip, head, config)
    sound = None if options.audio is None else load_audio(options.audio, progress=progress)
    device = torch_device(options.device)
    renderer = FilmRenderer(load_folder(options.model), device)
    size = config.autoencoder.size
    frames = write_film(
        options.out, film_of(scene, renderer, settings, progress), (size, size), scene.fps, sound
    )
    console.say(f"{frames} frames of {size} x {size} pixels at {scene.fps:g} fps.")
    console.say(f"Wrote {options.out}")
    console.result({"film": str(options.out), "frames": frames, "fps": scene.fps, "size": size})
