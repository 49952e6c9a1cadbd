"""Convert published AToM checkpoints to model folders, without executing anything in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from elocute.checkpoint.torch_archive import read_torch_archive
from elocute.checkpoint.weights import built_strictly
from elocute.errors import InputError
from elocute.face.fit.points import check_has_landmarks
from elocute.face.model import FaceModel
from elocute.face.standin.build import standin_head
from elocute.models.atom.config import AUDIO_RATE, AtomConfig, NetworkConfig
from elocute.models.atom.folder import LoadedModel, save_folder
from elocute.models.atom.layers import rotary_frequencies
from elocute.models.atom.network import Atom
from elocute.models.atom.person import person_of

HEADS: Final = 8
LIVE: Final = "model_state_dict"
AVERAGED: Final = "ema_state_dict"
_CODE: Final = "bad_checkpoint"
_HINT: Final = "Choose atom.pt, or train-*.pt of the official training."

_NAMES: Final = {
    "null_cond_embed": "null_audio",
    "face_null_cond_embed": "null_face",
    "null_cond_hidden": "null_heard",
    "time_mlp.1": "time_hidden",
    "to_time_cond.0": "time_vector",
    "to_time_tokens.0": "time_tokens",
    "norm_cond": "memory_norm",
    "input_projection_lip": "lips_in",
    "input_projection_wo_lip": "rest_in",
    "cond_projection": "audio_in",
    "face_projection": "face_in",
    "cond_encoder": "audio_encoder",
    "face_encoder": "face_encoder",
    "non_attn_cond_projection": "audio_pool",
    "non_attn_face_projection": "face_pool",
    "seqTransDecoder.stack": "layers",
    "final_layer": "out",
}
"""First parts of the published names, and ours."""
_LAYER_NAMES: Final = {"multihead_attn": "cross_attn", "linear3": "split"}
_FILM: Final = re.compile(r"\.(film\d+)\.block\.1\.")
_UNUSED: Final = re.compile(
    r"(face_mlp|to_face_cond|to_face_tokens|input_projection|pos_projection|pos_encoder"
    r"|non_attn_pos_projection)\.|seqTransDecoder\.stack\.\d+\.linear[12]\."
)
"""Modules that published files hold and the published network never uses."""
_FREQUENCIES: Final = re.compile(r"(.*\.)?rotary\.freqs")
_STACKED: Final = re.compile(r"seqTransDecoder\.stack\.(\d{1,4})\.")


def convert_official(
    checkpoint: Path,
    out: Path,
    *,
    heads: int = HEADS,
    averaged: bool = False,
    speech_encoder: str | None = None,
    face: FaceModel | None = None,
    person: Path | None = None,
) -> AtomConfig:
    """Write the folder ``out`` from a published checkpoint.

    Args:
        checkpoint: ``atom.pt`` or ``train-*.pt``.
        out: folder to write.
        heads: attention heads, which the file does not state; all published models have 8.
        averaged: take the moving average of the weights. The published program generates with the weights
            as trained.
        speech_encoder: folder or hub id of the encoder that it was trained with; None for HuBERT large.
        face: the head whose landmarks it is to move; None for the stand-in.
        person: whose face it is, see :func:`~elocute.models.atom.person.person_of`; None for the mean face.

    Raises:
        InputError: the file is missing, damaged, hostile or not such a checkpoint, or the head has no
            landmarks.
    """
    head = face or standin_head()
    check_has_landmarks(head)
    network = read_official(checkpoint, heads=heads, averaged=averaged)
    shown = () if person is None else person_of(person, head)
    config = AtomConfig(network.config, basis=head.basis, person=shown)
    if speech_encoder is not None:
        config = replace(config, speech_encoder=speech_encoder)
    save_folder(out, LoadedModel(config, network, head), _card(config, checkpoint, averaged))
    return config


def read_official(checkpoint: Path, *, heads: int = HEADS, averaged: bool = False) -> Atom:
    """The network of a published checkpoint; arguments and errors of :func:`convert_official`."""
    source = str(checkpoint)
    weights = _weights(read_torch_archive(checkpoint), AVERAGED if averaged else LIVE, source)
    sizes = _sizes(weights, heads, source)
    for name in [name for name in weights if _FREQUENCIES.fullmatch(name)]:
        _check_frequencies(weights.pop(name), sizes.width, f"{name} in {source}")
    used = {ours(name): value for name, value in weights.items() if not _UNUSED.match(name)}
    return built_strictly(lambda: Atom(sizes), used, source).eval().requires_grad_(False)


def ours(name: str) -> str:
    """Our name of a published weight; an unknown name stays as it is, so that it is reported."""
    for theirs, own in _NAMES.items():
        if name == theirs or name.startswith(theirs + "."):
            name = own + name.removeprefix(theirs)
            break
    else:
        return name
    name = _FILM.sub(r".\1.scale_shift.", name)
    return ".".join(_LAYER_NAMES.get(part, part) for part in name.split("."))


def _weights(content: Any, key: str, source: str) -> dict[str, Tensor]:
    if not isinstance(content, dict) or not ({LIVE, AVERAGED} & content.keys()):
        raise InputError(f"{source} is not a published AToM checkpoint.", _HINT, code=_CODE)
    weights = content.get(key)
    if not isinstance(weights, dict):
        raise InputError(
            f"{source} does not hold the weights asked for (no {key!r}).",
            "Ask for the other ones: --weights live or --weights ema.",
            code=_CODE,
        )
    if not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in weights.items()):
        raise InputError(f"{source} holds weights that are not tensors.", _HINT, code=_CODE)
    return dict(weights)


def _sizes(weights: Mapping[str, Tensor], heads: int, source: str) -> NetworkConfig:
    """What the shapes say; whether all shapes agree is checked when they are loaded."""

    def size(name: str, axes: int, axis: int) -> int:
        found = weights.get(name)
        if found is None or found.ndim != axes:
            state = "missing" if found is None else "of the wrong shape"
            raise InputError(
                f"{source} is not a published AToM checkpoint: {name} is {state}.", _HINT, code=_CODE
            )
        return int(found.shape[axis])

    numbers = [int(match[1]) for name in weights if (match := _STACKED.match(name))]
    frames = size("face_null_cond_embed", 3, 1)
    if size("null_cond_embed", 3, 1) != AUDIO_RATE * frames:
        raise InputError(
            f"{source} was trained for another rate of audio features: {size('null_cond_embed', 3, 1)} for "
            f"{frames} frames.",
            code=_CODE,
        )
    return NetworkConfig(
        width=size("cond_projection.weight", 2, 0),
        heads=heads,
        hidden=size("cond_encoder.0.linear1.weight", 2, 0),
        layers=max(numbers, default=-1) + 1,
        frames=frames,
        audio_width=size("cond_projection.weight", 2, 1),
    )


def _check_frequencies(found: Tensor, width: int, source: str) -> None:
    expected = rotary_frequencies(width)
    if found.shape != expected.shape or not torch.allclose(found.float(), expected, rtol=1e-4, atol=0.0):
        raise InputError(f"The rotary frequencies {source} are not those of the network.", code=_CODE)


def _card(config: AtomConfig, checkpoint: Path, averaged: bool) -> str:
    kind = "their moving average" if averaged else "the weights as trained"
    return (
        "# AToM of MoDiTalker, converted\n\n"
        f"Made by `elocute convert atom` from {checkpoint.name} ({kind}). The weights, their training data "
        "and their licence are those of the original authors; this folder only stores them in another "
        "form.\n\n"
        f"- 68 facial landmarks, 25 frames a second, windows of {config.network.frames} frames\n"
        f"- {config.steps} diffusion steps, of which {config.sampling_steps} are taken; guidance "
        f"{config.guidance:g}\n"
        f"- speech encoder: {config.speech_encoder}\n"
        f"- moves the landmarks of the head in face.npz, basis {config.basis}\n"
    )
