"""Convert official DiffPoseTalk checkpoints to model folders, without executing anything in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from elocute.checkpoint.config_fields import LARGEST_SIZE
from elocute.checkpoint.torch_archive import read_torch_archive
from elocute.checkpoint.weights import built_strictly
from elocute.diffusion.schedule import NoiseSchedule
from elocute.errors import InputError, named
from elocute.models.diffposetalk.config import (
    DenoiserConfig,
    DiffPoseTalkConfig,
    MotionLayout,
    StyleEncoderConfig,
)
from elocute.models.diffposetalk.denoiser import alignment
from elocute.models.diffposetalk.folder import LoadedModel, finish, save_folder, style_width
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.positions import sinusoidal_table
from elocute.models.diffposetalk.stats import MotionStats
from elocute.models.diffposetalk.style_encoder import StyleEncoder
from elocute.speech_encoders.transformers_encoder import convert_weight_norm, read_encoder_config
from elocute.storage.safe_pickle import Shell

_SCHEDULE: Final = "diffusion_sched."
_STEP_TABLE: Final = "denoising_net.TE.pe"
_POSITIONS: Final = "denoising_net.PE.pe"
_MASK: Final = "denoising_net.alignment_mask"


class OfficialOptions:
    """The training options in an official file; what is absent reads as the official code reads it."""

    def __init__(self, values: Mapping[str, Any], source: str) -> None:
        self._values = values
        self._source = source

    def get(self, name: str) -> Any:
        """The option, None if absent; three names have older spellings."""
        if name in self._values:
            return self._values[name]
        if name == "align_mask_width":
            return 1 if self._values.get("use_alignment_mask") else 0
        if name == "no_head_pose":
            return not self._values.get("predict_head_pose")
        if name == "no_use_learnable_pe":
            return not self._values.get("use_learnable_pe")
        return None

    def number(self, name: str) -> int:
        """A whole number that must be there."""
        value = self.get(name)
        whole = isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0
        if not whole or abs(value) > LARGEST_SIZE:
            raise InputError(
                f"{self._source} has no usable option {name}: {named(value)}.", code="bad_checkpoint"
            )
        return int(value)

    def text(self, name: str) -> str | None:
        """A text, or None."""
        value = self.get(name)
        if value is not None and not isinstance(value, str):
            raise InputError(
                f"{self._source} has no usable option {name}: {named(value)}.", code="bad_checkpoint"
            )
        return value


def convert_official(
    checkpoint: Path, stats: Path, audio_encoder: str, style_encoder: Path | None, out: Path
) -> DiffPoseTalkConfig:
    """Write the folder ``out`` from official files.

    Args:
        checkpoint: ``iter_*.pt`` of the denoiser.
        stats: ``stats_train.npz``.
        audio_encoder: folder, config.json or hub id of the speech encoder it was trained with; only
            its configuration is read, the weights are in the checkpoint.
        style_encoder: ``iter_*.pt`` of the style encoder, or None.
        out: folder to write.

    Raises:
        InputError: a file is missing, damaged, hostile or does not fit the others.
    """
    model = read_official(checkpoint, stats, audio_encoder, style_encoder)
    save_folder(
        out, replace(model, folder=out, name=out.name), _card(model, checkpoint, stats, style_encoder)
    )
    return model.config


def read_official(
    checkpoint: Path, stats: Path, audio_encoder: str, style_encoder: Path | None = None
) -> LoadedModel:
    """Read official files into a model; arguments and errors of :func:`convert_official`."""
    options, weights = _open(checkpoint, "model", "denoiser")
    config = _read_config(options, audio_encoder, str(checkpoint))
    style: StyleEncoder | None = None
    if style_encoder is not None:
        config, style = _read_style_encoder(config, style_encoder)
    schedule = _take_schedule(weights, config, str(checkpoint))
    _drop_computed(weights, config, str(checkpoint))
    network = built_strictly(lambda: DiffPoseTalk(config), convert_weight_norm(weights), str(checkpoint))
    numbers = MotionStats.load_npz(stats).check(config, str(stats))
    return finish(config, network, schedule, numbers, style)


def _open(path: Path, weights_key: str, what: str) -> tuple[OfficialOptions, dict[str, Tensor]]:
    content = read_torch_archive(path)
    hint = f"Choose the .pt file of the {what}."
    if not isinstance(content, dict) or not isinstance(content.get("args"), Shell):
        raise InputError(f"{path} is not an official DiffPoseTalk checkpoint.", hint, code="bad_checkpoint")
    weights = content.get(weights_key)
    if not isinstance(weights, dict):
        raise InputError(f"{path} holds no {what} (no {weights_key!r}).", hint, code="bad_checkpoint")
    if not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in weights.items()):
        raise InputError(f"{path} holds weights that are not tensors.", hint, code="bad_checkpoint")
    return OfficialOptions(content["args"].attributes, str(path)), dict(weights)


def _read_config(options: OfficialOptions, audio_encoder: str, source: str) -> DiffPoseTalkConfig:
    for name, only in (("architecture", "decoder"), ("rot_repr", "aa")):
        if options.get(name) not in (None, only):
            raise InputError(
                f"{source} has another architecture: {name} is {named(options.get(name))}, not {only!r}.",
                code="bad_checkpoint",
            )
    audio = read_encoder_config(audio_encoder)
    if options.text("audio_model") != audio.kind:
        raise InputError(
            f"{source} was trained with {options.text('audio_model')}, but {audio_encoder} is {audio.kind}.",
            "Give the speech encoder that the checkpoint was trained with.",
            code="bad_audio_encoder",
        )
    has_style = options.get("style_enc_ckpt") is not None
    guiding = tuple(part for part in (options.text("guiding_conditions") or "").split(",") if part)
    layout = MotionLayout(head=0 if options.get("no_head_pose") else 3)
    denoiser = DenoiserConfig(
        feature_dim=options.number("feature_dim"),
        heads=options.number("n_heads"),
        layers=options.number("n_layers"),
        mlp_ratio=options.number("mlp_ratio"),
        motions=options.number("n_motions"),
        previous_motions=options.number("n_prev_motions"),
        alignment_width=max(options.number("align_mask_width"), 0),
        learned_positions=not options.get("no_use_learnable_pe"),
        indicator=bool(options.get("use_indicator")),
        style_dim=options.number("d_style") if has_style else 0,
    )
    choices: dict[str, Any] = {
        "schedule": options.text("diff_schedule"),
        "target": options.text("target"),
        "guidance": options.text("cfg_mode"),
        "padding": options.text("pad_mode"),
    }
    return DiffPoseTalkConfig(
        layout=layout,
        denoiser=denoiser,
        audio=audio,
        fps=float(options.number("fps")),
        steps=options.number("n_diff_steps"),
        guiding=guiding,
        **choices,
    )


def _read_style_encoder(config: DiffPoseTalkConfig, path: Path) -> tuple[DiffPoseTalkConfig, StyleEncoder]:
    options, weights = _open(path, "encoder", "style encoder")
    style = StyleEncoderConfig(
        feature_dim=options.number("feature_dim"),
        heads=options.number("n_heads"),
        layers=options.number("n_layers"),
        mlp_ratio=options.number("mlp_ratio"),
        motions=options.number("n_motions"),
        head=0 if options.get("no_head_pose") else 3,
    )
    if style.feature_dim != config.denoiser.style_dim:
        raise InputError(
            f"The style encoder {path} produces style vectors of size {style.feature_dim}; "
            f"the model takes {config.denoiser.style_dim}.",
            "Give the style encoder that the model was trained with.",
            code="bad_style_encoder",
        )
    config = replace(config, style_encoder=style)
    width = style_width(config)
    return config, built_strictly(lambda: StyleEncoder(style, width), weights, str(path))


def _take_schedule(weights: dict[str, Tensor], config: DiffPoseTalkConfig, source: str) -> NoiseSchedule:
    """Take the diffusion tables, which in the file begin with an entry for t = 0."""
    found = {name: weights.pop(name) for name in [n for n in weights if n.startswith(_SCHEDULE)]}
    needed = [f"{_SCHEDULE}{name}" for name in ("betas", "alpha_bars")]
    if any(name not in found or found[name].shape != (config.steps + 1,) for name in needed):
        raise InputError(
            f"{source} lacks the noise schedule of its {config.steps} steps.", code="bad_checkpoint"
        )
    schedule = NoiseSchedule(found[needed[0]][1:].float())
    if not torch.allclose(schedule.alpha_bars, found[needed[1]][1:].float(), rtol=1e-3, atol=1e-7):
        raise InputError(f"The noise schedule in {source} is inconsistent.", code="bad_checkpoint")
    return schedule


def _drop_computed(weights: dict[str, Tensor], config: DiffPoseTalkConfig, source: str) -> None:
    """Drop tables that we compute ourselves, after comparing the ones that change results."""
    width, frames = config.denoiser.feature_dim, config.denoiser.frames
    computed: dict[str, Callable[[torch.Size], Tensor]] = {}
    if not config.denoiser.learned_positions:
        computed[_POSITIONS] = lambda shape: sinusoidal_table(shape[-2], width)[None]
    if config.denoiser.alignment_width > 0:
        computed[_MASK] = lambda _: ~alignment(frames, config.denoiser.alignment_width)
    axes = {_POSITIONS: (1, None, width), _MASK: (frames + 1, frames)}
    for name, compute in computed.items():
        theirs = weights.pop(name, None)
        # Shapes first: nothing is computed that is larger than what the file holds.
        same = (
            theirs is not None
            and theirs.ndim == len(axes[name])
            and all(size in (None, found) for size, found in zip(axes[name], theirs.shape, strict=True))
        )
        if (
            theirs is None
            or not same
            or not torch.allclose(theirs.float(), compute(theirs.shape).float(), atol=1e-3)
        ):
            raise InputError(f"{source} has a {name} that contradicts its options.", code="bad_checkpoint")
    weights.pop(_STEP_TABLE, None)


def _card(model: LoadedModel, checkpoint: Path, stats: Path, style_encoder: Path | None) -> str:
    config = model.config
    files = [checkpoint.name, stats.name, *([style_encoder.name] if style_encoder else [])]
    guided = ", ".join(config.guiding) or "nothing"
    return (
        "# DiffPoseTalk, converted\n\n"
        f"Made by `elocute convert diffposetalk` from {', '.join(files)}. The weights, their training "
        "data and their licence are those of the original authors; this folder only stores them in another "
        "form.\n\n"
        f"- face basis: {config.basis}, {config.layout.expression} expressions, jaw, "
        f"{'head rotation' if config.layout.head else 'no head rotation'}\n"
        f"- {config.fps:g} frames a second, windows of {config.denoiser.motions} frames\n"
        f"- {config.steps} diffusion steps, {config.schedule} schedule, guided by {guided}\n"
        f"- speech encoder: {config.audio.kind}\n"
    )
