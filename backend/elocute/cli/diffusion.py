"""Generating with a checkpoint, a folder's or the bundled one: its arguments, and what they become."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from elocute.errors import SettingsError
from elocute.models.bundled import BUNDLED_MODEL, bundled_folder, bundled_problem
from elocute.models.registry import is_model_folder
from elocute.pipeline import Performance, PerformanceRequest
from elocute.progress import Progress

if TYPE_CHECKING:
    import torch

    from elocute.diffusion.noise import RecordedNoise
    from elocute.models.diffposetalk.folder import LoadedModel
    from elocute.models.diffposetalk.sampling import SamplingSettings

NAMES: Final = (
    "shape",
    "sampler",
    "steps",
    "audio_scale",
    "style_scale",
    "threshold",
    "guidance",
    "guide",
    "audio_context",
    "precision",
    "device",
    "noise",
    "official",
)


def add_diffusion_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments that only checkpoints take; all default to None."""
    group = parser.add_argument_group("with a learned model (elocute-lite, or a checkpoint folder)")
    group.add_argument(
        "--shape",
        type=Path,
        metavar="FILE",
        help="identity: .npy, or .npz with array shape (default average)",
    )
    group.add_argument(
        "--sampler",
        metavar="NAME",
        help="dpmpp (default, few steps), ddim, or ddpm (as published; default with --noise)",
    )
    group.add_argument("--steps", type=int, metavar="N", help="denoising steps (default: all for ddpm)")
    group.add_argument(
        "--audio-scale", type=float, metavar="W", help="guidance by audio (default: the model's)"
    )
    group.add_argument(
        "--style-scale", type=float, metavar="W", help="guidance by style (default: the model's)"
    )
    group.add_argument(
        "--threshold", type=float, metavar="Q", help="dynamic threshold, e.g. 0.99 (default 0: off)"
    )
    group.add_argument("--guidance", metavar="MODE", help="incremental or independent (default: the model's)")
    group.add_argument("--guide", metavar="NAMES", help="conditions that guide, e.g. audio,style or none")
    group.add_argument(
        "--audio-context",
        metavar="HOW",
        help="what the speech encoder hears at once: clip, window, or auto (default clip, or pieces if long)",
    )
    group.add_argument("--precision", metavar="TYPE", help="float32 (default) or bfloat16")
    group.add_argument("--device", metavar="NAME", help="cpu (default), cuda, ...")
    group.add_argument(
        "--noise",
        type=Path,
        metavar="FILE",
        help="recorded noise (.npz: motion_at_T, z) instead of a seed",
    )
    group.add_argument(
        "--official", type=Path, metavar="FILE", help="also write the motion in the official form (.npz)"
    )


def checkpoint_of(options: argparse.Namespace) -> Path | None:
    """The checkpoint folder to generate with, or None where the pipeline's models do.

    That is a folder given as the model, and the bundled model's where one of the arguments above, a
    style's file or a blend of styles asks for what the pipeline does not offer.

    Raises:
        SettingsError: one of those arguments with a model that is no checkpoint, or the bundled model
            cannot be used here.
    """
    if options.model is not None and is_model_folder(options.model):
        return Path(options.model).expanduser()
    given = [f"--{name.replace('_', '-')}" for name in NAMES if getattr(options, name) is not None]
    if options.model not in (None, BUNDLED_MODEL):
        if given:
            raise SettingsError(
                f"{given[0]} needs a learned model; {options.model} is none.",
                f"Give {BUNDLED_MODEL} or the folder of a checkpoint with --model.",
            )
        return None
    problem = bundled_problem()
    if not given and (problem is not None or not _is_file_or_blend(options.style or "")):
        return None
    if problem is not None:
        raise problem
    return bundled_folder()


def _is_file_or_blend(style: str) -> bool:
    return "," in style or ":" in style or Path(style).suffix in (".npz", ".npy")


def read_noise(options: argparse.Namespace) -> RecordedNoise | None:
    """The recording of ``--noise``, or None.

    Raises:
        InputError: the file cannot be used.
    """
    if options.noise is None:
        return None
    from elocute.diffusion.noise import RecordedNoise

    return RecordedNoise.load(options.noise)


def perform_with_folder(
    options: argparse.Namespace,
    folder: Path,
    request: PerformanceRequest,
    noise: RecordedNoise | None,
    progress: Progress,
) -> Performance:
    """Generate with the checkpoint in ``folder``.

    Phones are looked for if the model hears them, or if they are to be written.

    Raises:
        InputError: the recording, the folder or a file given cannot be used.
        SettingsError: an argument that the model cannot take.
        Cancelled: ``progress`` was cancelled.
    """
    from elocute.audio.analysis import analyse_speech
    from elocute.audio.decode import load_audio
    from elocute.models.diffposetalk.folder import load_folder
    from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator

    settings = sampling_settings(options)
    device = _device(options.device)
    audio = load_audio(options.audio, progress=progress)
    progress.report("model", 0.0, "loading")
    model = load_folder(folder)
    generator = DiffPoseTalkGenerator(
        model, settings, _read_shape(options, model), noise, options.precision or "float32", device
    )
    generator.check(request.settings)
    speech = analyse_speech(
        audio,
        transcript=request.transcript,
        language=request.language,
        phones="auto" if model.config.audio.kind == "phonetic" or options.phones_out else "off",
        progress=progress,
    )
    return Performance(
        speech, tuple(generator.generate(speech, request.settings, progress)), request.model or model.name
    )


def sampling_settings(options: argparse.Namespace) -> SamplingSettings:
    """What the arguments say about sampling.

    Raises:
        SettingsError: an unknown name among them.
    """
    from elocute.models.diffposetalk.sampling import SamplingSettings

    _check_name("--audio-context", options.audio_context, ("auto", "clip", "window"))
    _check_name("--precision", options.precision, ("float32", "bfloat16"))
    given: dict[str, Any] = {
        name: getattr(options, name)
        for name in ("steps", "audio_scale", "style_scale", "threshold", "guidance", "audio_context")
        if getattr(options, name) is not None
    }
    if options.guide is not None:
        names = [] if options.guide == "none" else options.guide.split(",")
        given["guide"] = tuple(name.strip() for name in names)
    given["sampler"] = options.sampler or ("dpmpp" if options.noise is None else "ddpm")
    return SamplingSettings(**given)


def _read_shape(options: argparse.Namespace, model: LoadedModel) -> torch.Tensor | None:
    from elocute.models.diffposetalk.styles import load_vector

    if options.shape is None:
        return None
    return load_vector(options.shape, "shape", model.config.denoiser.shape_dim, "shape")


def _device(name: str | None) -> torch.device:
    import torch

    try:
        device = torch.device(name or "cpu")
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise SettingsError(f"There is no device {name!r} to compute on.", "Use cpu or cuda.") from error
    return device


def _check_name(argument: str, value: str | None, names: tuple[str, ...]) -> None:
    if value is not None and value not in names:
        raise SettingsError(f"{argument} {value} is unknown.", f"Choose one of {', '.join(names)}.")
