"""What one denoiser training step minimises: the two-window training of DiffPoseTalk.

N batch, L frames a window, Lp frames of context, D numbers a frame, C feature width, S shape numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import torch
from torch import Tensor, nn

from elocute.diffusion.schedule import NoiseSchedule
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.stats import MotionStats
from elocute.models.diffposetalk.style_encoder import StyleEncoder
from elocute.training.core.losses import Criterion, distance, track_losses
from elocute.training.diffposetalk.draws import StepDraws, dropped_conditions
from elocute.training.diffposetalk.losses import (
    SEAM_FRAMES,
    LossWeights,
    VertexFunction,
    WindowLosses,
    transition_loss,
)
from elocute.training.diffposetalk.stats_buffers import StatsBuffers

AudioContext = Literal["window", "clip"]


@dataclass(frozen=True)
class Batch:
    """Samples of two consecutive windows.

    Attributes:
        audio: (N, 2, n) normalised samples.
        motion: (N, 2, L, D) normalised motion.
        shape: (N, S) normalised identity.
    """

    audio: Tensor
    motion: Tensor
    shape: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on a device."""
        return Batch(self.audio.to(device), self.motion.to(device), self.shape.to(device))


@dataclass(frozen=True)
class ObjectiveOptions:
    """How the step is computed.

    Attributes:
        weights: of the losses.
        criterion: squared or absolute differences.
        constrain_previous: the second window's prediction of its context frames is held to the truth;
            otherwise the truth takes its place and does not count.
        audio_context: each window's sound is encoded alone, or both windows' together.
    """

    weights: LossWeights = field(default_factory=LossWeights)
    criterion: Criterion = "l2"
    constrain_previous: bool = True
    audio_context: AudioContext = "window"


class DenoiserObjective(nn.Module):
    """Computes the losses of a batch; the trainable network is :attr:`model`.

    The style of each window is taken from the **other** window by the frozen style encoder. The second
    window continues the first one's true, uncut motion and sound.
    """

    def __init__(
        self,
        model: DiffPoseTalk,
        schedule: NoiseSchedule,
        stats: MotionStats,
        style_encoder: StyleEncoder | None,
        vertices: VertexFunction | None,
        options: ObjectiveOptions = ObjectiveOptions(),
    ) -> None:
        super().__init__()
        self.model = model
        self.style_encoder = style_encoder
        self.vertices = vertices
        self.options = options
        self.scale = StatsBuffers(stats)
        self.schedule = schedule
        if style_encoder is not None:
            style_encoder.requires_grad_(False)
            style_encoder.eval()

    def train(self, mode: bool = True) -> DenoiserObjective:
        """Switch dropout of the model; the style encoder stays as it is."""
        super().train(mode)
        if self.style_encoder is not None:
            self.style_encoder.eval()
        return self

    def forward(self, batch: Batch, draws: StepDraws) -> dict[str, Tensor]:
        """``total``, which is to be minimised, and the unweighted losses as ``<name>/<window>``."""
        losses = self.window_losses(batch, draws)
        total = torch.stack([loss.total(self.options.weights) for loss in losses]).sum()
        named = {
            f"{name}/{window}": value.detach()
            for window, loss in enumerate(losses, start=1)
            for name, value in loss.by_name().items()
        }
        return {"total": total, **named}

    def window_losses(self, batch: Batch, draws: StepDraws) -> tuple[WindowLosses, WindowLosses]:
        """Losses of the first and the second window."""
        styles = self._styles(batch.motion)
        first, second = self._sound(batch, draws)
        context = self.model.config.denoiser.previous_motions
        count = len(batch.motion)
        start_motion, start_audio = self.model.start_motion_feat, self.model.start_audio_feat
        assert start_motion is not None  # noqa: S101 - windows have it
        assert start_audio is not None  # noqa: S101
        whole = start_motion.expand(count, -1, -1), start_audio.expand(count, -1, -1)
        follows = batch.motion[:, 0, -context:], first.uncut[:, -context:].detach()
        return (
            self._window(batch, draws, 0, first.heard, styles, whole),
            self._window(batch, draws, 1, second.heard, styles, follows),
        )

    def _styles(self, motion: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Style for each window, from the other one: (N, style_dim)."""
        if self.style_encoder is None:
            return None, None
        with torch.no_grad():
            encoded = [self.style_encoder(motion[:, window]) for window in range(2)]
        return encoded[1], encoded[0]

    def _window(
        self,
        batch: Batch,
        draws: StepDraws,
        window: int,
        heard: Tensor,
        styles: tuple[Tensor | None, Tensor | None],
        before: tuple[Tensor, Tensor],
    ) -> WindowLosses:
        config = self.model.config
        frames = config.denoiser.motions
        ends = draws.ends[window]
        kept = torch.arange(frames, device=ends.device) < ends[:, None]
        truth = hold_after(batch.motion[:, window], kept, replicate=config.padding == "replicate")
        audio, style = self._drop_conditions(draws.conditions[window], heard, styles[window])
        noise = draws.noise[window]
        noisy = self.schedule.add_noise(truth, noise, draws.steps[window])
        person = batch.shape if style is None else torch.cat([batch.shape, style], dim=-1)
        predicted = self.model.denoising_net(
            noisy,
            audio,
            person[:, None],
            before[0],
            before[1],
            draws.steps[window],
            kept.to(noisy.dtype) if config.denoiser.indicator else None,
        )
        with torch.autocast(noisy.device.type, enabled=False):  # vertices need all of float32
            return self._losses(
                batch.shape, predicted.float(), truth, noise, kept, before[0] if window else None
            )

    def _sound(self, batch: Batch, draws: StepDraws) -> tuple[_WindowSound, _WindowSound]:
        """Audio features of both windows."""
        frames = self.model.config.denoiser.motions
        samples = batch.audio.shape[-1] // frames
        replicate = self.model.config.padding == "replicate"
        index = torch.arange(batch.audio.shape[-1], device=batch.audio.device)
        cut = [
            hold_after(
                batch.audio[:, window], index < samples * draws.ends[window][:, None], replicate=replicate
            )
            for window in range(2)
        ]
        if self.options.audio_context == "window":
            heard = [self.model.encode_audio(cut[window], frames) for window in range(2)]
            if not draws.truncated[0]:
                return _WindowSound(heard[0], heard[0]), _WindowSound(heard[1], heard[1])
            with torch.no_grad():
                uncut = self.model.encode_audio(batch.audio[:, 0], frames)
            return _WindowSound(heard[0], uncut), _WindowSound(heard[1], heard[1])
        whole = self.model.encode_audio(batch.audio.flatten(1), 2 * frames)
        first, second = whole[:, :frames], whole[:, frames:]
        heard = [first, second]
        # A clip that ends in its first window has no second one; the second still follows the first.
        if draws.truncated[0]:
            heard[0] = self.model.encode_audio(cut[0], frames)
        if draws.truncated[1]:
            both = torch.cat([batch.audio[:, 0], cut[1]], dim=1)
            heard[1] = self.model.encode_audio(both, 2 * frames)[:, frames:]
        return _WindowSound(heard[0], first), _WindowSound(heard[1], second)

    def _drop_conditions(
        self, draws: Tensor, audio: Tensor, style: Tensor | None
    ) -> tuple[Tensor, Tensor | None]:
        """Insert the learned null features where a condition is dropped."""
        config = self.model.config
        dropped = dropped_conditions(draws, config.guiding, config.guidance)
        if "audio" in dropped and self.model.null_audio_feat is not None:
            audio = torch.where(dropped["audio"][:, None, None], self.model.null_audio_feat, audio)
        if style is not None and "style" in dropped and self.model.null_style_feat is not None:
            style = torch.where(dropped["style"][:, None], self.model.null_style_feat[:, 0], style)
        return audio, style

    def _losses(
        self,
        shape: Tensor,
        predicted: Tensor,
        truth: Tensor,
        noise: Tensor,
        kept: Tensor,
        before: Tensor | None,
    ) -> WindowLosses:
        """Losses of a prediction (N, Lp + L, D); ``before`` is the true context of a second window."""
        options, config = self.options, self.model.config
        context = config.denoiser.previous_motions
        if config.target == "noise":
            return WindowLosses(distance(predicted[:, context:], noise, kept, options.criterion))
        if before is None:
            predicted = predicted[:, context:]
        else:
            counts = torch.full_like(kept[:, :1], options.constrain_previous).expand(-1, context)
            kept = torch.cat([counts, kept], dim=1)
            truth = torch.cat([before, truth], dim=1)
            if not options.constrain_previous:
                predicted = torch.cat([before, predicted[:, context:]], dim=1)
        losses: dict[str, Tensor] = {"sample": distance(predicted, truth, kept, options.criterion)}
        if options.weights.needs_vertices and self.vertices is not None:
            tracks = [self._vertices(shape, motion) for motion in (predicted, truth)]
            names = ("vertex", "velocity", "smooth")
            losses |= zip(names, track_losses(tracks[0], tracks[1], kept, options.criterion), strict=True)
        if config.layout.head:
            columns = slice(config.layout.expression, config.layout.expression + config.layout.head)
            heads = predicted[..., columns], truth[..., columns]
            names = ("head_angle", "head_velocity", "head_smooth")
            losses |= zip(names, track_losses(*heads, kept, options.criterion), strict=True)
            if before is not None and min(context, config.denoiser.motions) >= SEAM_FRAMES:
                losses["head_transition"] = transition_loss(
                    before[..., columns], heads[0][:, context:], kept[:, context:], options.criterion
                )
        return WindowLosses(**losses)

    def _vertices(self, shape: Tensor, motion: Tensor) -> Tensor:
        """Vertices (N, F, V, 3) of a head that looks ahead."""
        assert self.vertices is not None  # noqa: S101 - asked by the caller
        stats = self.scale.stats
        expression, pose = stats.restore_motion(motion, self.model.config.layout)
        return self.vertices(shape * stats.shape_std + stats.shape_mean, expression, pose[..., 3:])


@dataclass(frozen=True)
class _WindowSound:
    """Audio features (N, L, C) of a window as the model hears it, and of the whole window."""

    heard: Tensor
    uncut: Tensor


def hold_after(values: Tensor, kept: Tensor, *, replicate: bool) -> Tensor:
    """Replace what is not kept: by 0, or by the last value that is kept.

    Args:
        values: (N, F) or (N, F, D).
        kept: (N, F) bool, True up to each sample's end, at least one.
        replicate: hold the last kept value.
    """
    mask = kept if values.ndim == 2 else kept[..., None]
    if not replicate:
        return torch.where(mask, values, torch.zeros_like(values))
    last = kept.sum(dim=1) - 1
    held = values[torch.arange(len(values), device=values.device), last]
    return torch.where(mask, values, held[:, None])
