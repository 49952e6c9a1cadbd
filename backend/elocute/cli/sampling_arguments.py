"""The arguments for sampling options, and their conversion to settings.

Which of them a model takes, and within what bounds, is the model's to say: nothing is checked here but that
files can be read.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from elocute.behaviour.attention import read_attention
from elocute.cli.argument_types import file_name, number, whole_number
from elocute.errors import SettingsError, one_line
from elocute.generator import GenerationSettings, check_seed_and_takes
from elocute.models.family import LoadOptions
from elocute.number_text import read_number
from elocute.option_curve import OptionCurve, parse_option_curve
from elocute.storage.file_content import file_content
from elocute.storage.style_files import read_style_files

_NUMBERS: Final = ("steps", "audio_scale", "style_scale", "threshold")
_CHOICES: Final = ("sampler", "guidance", "guide", "audio_context")


def add_sampling_arguments(parser: argparse.ArgumentParser) -> None:
    """Add style, settings, takes, and the arguments of learned models."""
    parser.add_argument(
        "--style",
        metavar="STYLE",
        help="style preset of the model; except with rules also a style file (.npz, .npy), or a blend of "
        "presets and files with their weights: calm:0.7,lively:0.3 or calm:0.5,mine.npz:0.5; an intensity "
        "from 0 to 1.5, sad*0.5, or styles with the seconds at which each is reached: sad@0,happy*0.8@2.5 "
        "(models that take these: elocute models). Clips and captures become style files by elocute style "
        "extract",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        type=_name_and_value,
        metavar="NAME=NUMBER",
        help="set a numeric option of the model (see: elocute models), or let it change: values with the "
        "seconds at which each is reached, gaze=0.5@0,1.5@2.5; may be repeated",
    )
    parser.add_argument(
        "--choose",
        action="append",
        default=[],
        type=_name_and_word,
        metavar="NAME=WORD",
        help="set a choice of the model (see: elocute models); may be repeated",
    )
    parser.add_argument("--seed", type=whole_number, default=0, metavar="N", help="random seed (default 0)")
    parser.add_argument("--takes", type=whole_number, metavar="K", help="number of takes (default 1)")
    parser.add_argument(
        "--attention",
        type=file_name,
        metavar="FILE",
        help="whom the face looks at in a dialogue, and where it may nod: a JSON file (docs/lines.md)",
    )
    parser.add_argument("--no-head", action="store_true", help="generate no head rotation")
    parser.add_argument(
        "--no-lip-contacts",
        action="store_true",
        help="do not correct lip contacts of P, B, M, F and V",
    )
    _add_learned(parser.add_argument_group("options of learned models (elocute-lite, or a checkpoint)"))


def _add_learned(group: Any) -> None:
    group.add_argument(
        "--shape",
        type=file_name,
        metavar="FILE",
        help="identity coefficients: .npy, or .npz with an array shape (default: average face)",
    )
    group.add_argument(
        "--sampler",
        metavar="NAME",
        help="dpmpp (default, few steps), ddim, or ddpm (as published; default with --noise); of AToM: auto "
        "(default: as published, few steps without randomness), ddpm, ddim",
    )
    group.add_argument("--steps", type=number, metavar="N", help="denoising steps (default: all for ddpm)")
    group.add_argument(
        "--audio-scale", type=number, metavar="W", help="guidance by audio (default: the model's)"
    )
    group.add_argument(
        "--style-scale", type=number, metavar="W", help="guidance by style (default: the model's)"
    )
    group.add_argument(
        "--threshold", type=number, metavar="Q", help="dynamic threshold, e.g. 0.99 (default 0: off)"
    )
    group.add_argument("--guidance", metavar="MODE", help="incremental or independent (default: the model's)")
    group.add_argument("--guide", metavar="NAMES", help="guiding conditions, e.g. audio,style or none")
    group.add_argument(
        "--audio-context",
        metavar="HOW",
        help="sound that wav2vec2 or HuBERT encodes at once: clip, window, or auto (default clip)",
    )
    group.add_argument("--precision", metavar="TYPE", help="float32 (default) or bfloat16")
    group.add_argument(
        "--compile",
        action="store_true",
        default=None,
        help="compile the network first (models of AToM): half a minute or more, so for many lines at once",
    )
    group.add_argument("--device", metavar="NAME", help="cpu (default), cuda, ...")
    group.add_argument(
        "--noise",
        type=file_name,
        metavar="FILE",
        help="recorded noise (.npz: motion_at_T, z) instead of a seed",
    )


def generation_settings(options: argparse.Namespace) -> GenerationSettings:
    """What the arguments of :func:`add_sampling_arguments` ask for.

    Raises:
        InputError: a file cannot be read.
        SettingsError: a setting is given twice, the seed or the number of takes is out of range, or the
            style's text makes no sense.
    """
    noise = None if options.noise is None else file_content(options.noise)
    takes = options.takes
    if takes is None:
        takes = 1 if noise is None else _recorded_takes(noise, options.noise)
    check_seed_and_takes(options.seed, takes)  # before there are as many names of outputs to look at
    told = _collected(options, _NUMBERS, options.set, "--set")
    return GenerationSettings(
        style=options.style,
        style_files=read_style_files(options.style),
        options={name: value for name, value in told.items() if isinstance(value, float)},
        curves={name: value for name, value in told.items() if not isinstance(value, float)},
        choices=_guide_sorted(_collected(options, _CHOICES, options.choose, "--choose")),
        identity=None if options.shape is None else _identity(options.shape),
        noise=noise,
        seed=options.seed,
        takes=takes,
        head_motion=not options.no_head,
        lip_contacts=not options.no_lip_contacts,
        attention=None if options.attention is None else read_attention(file_content(options.attention)),
    )


def load_options(options: argparse.Namespace) -> LoadOptions | None:
    """How the model is to compute, None where nothing is said of it.

    Raises:
        SettingsError: there is no such precision.
    """
    given = {name: getattr(options, name) for name in ("device", "precision")}
    given["compiled"] = options.compile
    said = {name: value for name, value in given.items() if value is not None}
    return LoadOptions(**said) if said else None


def _collected(
    options: argparse.Namespace, names: Sequence[str], pairs: Sequence[tuple[str, Any]], argument: str
) -> dict[str, Any]:
    """The values of arguments of their own, and of the pairs that ``argument`` was given."""
    own = [(name, getattr(options, name)) for name in names if getattr(options, name) is not None]
    collected: dict[str, Any] = {}
    for name, value in (*own, *pairs):
        if name in collected:
            raise SettingsError(
                f"{name} is given twice.", f"Set it once, for example with {argument} {name}=..."
            )
        collected[name] = value
    return collected


def _guide_sorted(choices: dict[str, str]) -> dict[str, str]:
    """With the names of conditions in the order in which models list them."""
    if "guide" not in choices:
        return choices
    names = sorted(name.strip() for name in choices["guide"].split(","))
    return {**choices, "guide": ",".join(names)}


def _recorded_takes(noise: bytes, path: Path) -> int:
    from elocute.diffusion.noise import RecordedNoise

    return RecordedNoise.load(noise, str(path)).takes


def _identity(path: Path) -> tuple[float, ...]:
    from elocute.checkpoint.vector import read_vector

    return tuple(map(float, read_vector(path, "shape")))


def _name_and_value(text: str) -> tuple[str, float | OptionCurve]:
    name, word = _split_pair(text, "number")
    try:
        return name, parse_option_curve(word) if "@" in word else read_number(word)
    except ValueError as error:
        raise argparse.ArgumentTypeError(one_line(f"{error}, in {text!r}")) from None


def _name_and_word(text: str) -> tuple[str, str]:
    return _split_pair(text, "word")


def _split_pair(text: str, kind: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator or not name.strip():
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form name={kind}")
    return name.strip(), value.strip()
