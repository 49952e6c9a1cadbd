"""What one training step of a model with a phonetic speech encoder minimises.

As in :mod:`elocute.training.diffposetalk.objective` two consecutive windows train together and the
second continues the true motion of the first, with the losses of the paper's section 3.2.2. Different
are: both windows run as one batch; a clip may end anywhere in them; the style comes from other lines of
the same speaker; and the encoder also learns to name the phones that it hears, which teaches it to
listen much sooner than motion alone does.

N batch, L frames a window, Lp of context, D numbers a frame, C feature width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.attention import SDPBackend, sdpa_kernel

from elocute.diffusion.schedule import NoiseSchedule
from elocute.face.model import FaceModel
from elocute.face.torch_model import TorchFaceModel
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.stats import MotionStats
from elocute.motion.head1_basis import UPPER_FACE
from elocute.training.core.losses import distance, track_losses
from elocute.training.diffposetalk.draws import dropped_conditions
from elocute.training.diffposetalk.losses import SEAM_FRAMES, LossWeights, WindowLosses
from elocute.training.diffposetalk.stats_buffers import StatsBuffers
from elocute.training.elocute_lite.data import PhoneticBatch


@dataclass(frozen=True)
class PhoneticDraws:
    """The random choices of a step.

    Attributes:
        steps: (N, 2) int64 diffusion steps 1..T.
        noise: (N, 2, L, D) standard normal.
        conditions: (N, 2) uniform in 0..1: who loses which condition; the same for both windows.
        context: (N, Lp, D) standard normal, disturbs the motion that the second window continues.
    """

    steps: Tensor
    noise: Tensor
    conditions: Tensor
    context: Tensor

    def to(self, device: torch.device) -> PhoneticDraws:
        """The same choices on a device."""
        return PhoneticDraws(**{name: value.to(device) for name, value in vars(self).items()})


@dataclass(frozen=True)
class PhoneticOptions:
    """How the step is computed.

    Attributes:
        weights: of the losses; those on vertices look at the lips only.
        upper_face: weight of brows and lids, in addition to their share of the sample loss. The sound says
            little of them and of the head, so without weights of their own they drown among the lips.
        phones: weight of naming the phones that are heard.
        context_noise: standard deviation of what disturbs the context in training, in normalised
            numbers: at run time the context is a sample, not the truth.
    """

    weights: LossWeights = field(
        default_factory=lambda: LossWeights(
            vertex=1e6,
            velocity=4e6,
            smooth=0.0,
            head_angle=1.0,
            head_velocity=10.0,
            head_smooth=0.0,
            head_transition=0.0,
        )
    )
    upper_face: float = 1.0
    phones: float = 0.3
    context_noise: float = 0.08


def draw_phonetic(
    generator: torch.Generator, *, batch: int, frames: int, context: int, width: int, steps: int
) -> PhoneticDraws:
    """Draw the choices of one step."""
    return PhoneticDraws(
        steps=torch.randint(1, steps + 1, (batch, 2), generator=generator),
        noise=torch.randn(batch, 2, frames, width, generator=generator),
        conditions=torch.rand(batch, 2, generator=generator),
        context=torch.randn(batch, context, width, generator=generator),
    )


class LipVertices(nn.Module):
    """Lip vertices of a head that looks ahead: (..., E), (..., 3) -> (..., V, 3) metres."""

    def __init__(self, face: FaceModel, every: int = 3) -> None:
        super().__init__()
        contact = [*face.masks["lip_contact_upper"], *face.masks["lip_contact_lower"]]
        chosen: Sequence[int] = sorted({*map(int, contact), *map(int, face.masks["lips"][::every])})
        self.face = TorchFaceModel(face, only=chosen)

    def forward(self, expression: Tensor, jaw: Tensor) -> Tensor:
        vertices: Tensor = self.face(expression, jaw)
        return vertices


class PhoneticObjective(nn.Module):
    """Computes the losses of a batch; the trainable network is :attr:`model`."""

    def __init__(
        self,
        model: DiffPoseTalk,
        schedule: NoiseSchedule,
        stats: MotionStats,
        lips: LipVertices | None,
        options: PhoneticOptions = PhoneticOptions(),
    ) -> None:
        super().__init__()
        self.model = model
        self.lips = lips
        self.options = options
        self.scale = StatsBuffers(stats)
        self.schedule = schedule

    def forward(self, batch: PhoneticBatch, draws: PhoneticDraws) -> dict[str, Tensor]:
        """``total``, which is to be minimised, and the unweighted losses by name."""
        config = self.model.config
        frames, context = config.denoiser.motions, config.denoiser.previous_motions
        count, reach = len(batch.motion), (batch.sound.shape[1] - 2 * frames) // 2
        features, logits = self.model.encode_phonetic(batch.sound, batch.phones, batch.source, batch.heard)
        inside = features[:, reach : reach + 2 * frames]
        audio = inside.reshape(count, 2, frames, -1)
        kept = (torch.arange(2 * frames, device=audio.device) < batch.ends[:, None]).view(count, 2, frames)
        style = batch.style
        dropped = dropped_conditions(draws.conditions, config.guiding, config.guidance)
        before_audio = torch.stack(
            [self.model.start_audio_feat[0].expand(count, -1, -1), audio[:, 0, -context:]], dim=1
        )
        if "audio" in dropped and self.model.null_audio_feat is not None:
            gone = dropped["audio"][:, None, None, None]
            # What lies before a window is heard in any case, as when motion is generated.
            audio = torch.where(gone, self.model.null_audio_feat[:, None].to(audio.dtype), audio)
        if "style" in dropped and self.model.null_style_feat is not None:
            style = torch.where(dropped["style"][:, None], self.model.null_style_feat[:, 0], style)
        follows = batch.motion[:, 0, -context:] + self.options.context_noise * draws.context
        before = torch.stack([self.model.start_motion_feat[0].expand(count, -1, -1), follows], dim=1)
        noisy = self.schedule.add_noise(batch.motion, draws.noise, draws.steps)
        predicted = self._denoise(noisy, audio, style, before, before_audio, draws.steps, kept)
        with torch.autocast(audio.device.type, enabled=False):
            motion = predicted.float().view_as(batch.motion)
            losses = self._losses(motion, batch.motion, kept)
            columns = list(UPPER_FACE)
            upper = distance(
                motion[..., columns].flatten(0, 1),
                batch.motion[..., columns].flatten(0, 1),
                kept.flatten(0, 1),
                "l2",
            )
            named = losses.by_name()
            spoken = functional.cross_entropy(
                logits.float().flatten(0, 1), batch.spoken.flatten(), ignore_index=-1
            )
            weights = self.options.weights
            total = torch.stack([value * getattr(weights, name) for name, value in named.items()]).sum()
            total = total + self.options.upper_face * upper + self.options.phones * spoken
        extra = {"phones": spoken.detach(), "upper_face": upper.detach()}
        return {"total": total, **extra, **{k: v.detach() for k, v in named.items()}}

    def _denoise(
        self,
        noisy: Tensor,
        audio: Tensor,
        style: Tensor,
        before: Tensor,
        before_audio: Tensor,
        steps: Tensor,
        kept: Tensor,
    ) -> Tensor:
        """Both windows as one batch of 2N: (2N, L, D)."""
        network = self.model.denoising_net
        indicator = kept.flatten(0, 1).to(audio.dtype) if self.model.config.denoiser.indicator else None
        # With dropout off, each frame's cross-attention is exactly the value it sees, so the shortcut trains
        # the same weights for less.
        shortcut = network.config.dropout == 0
        # For sequences this short the plain kernel's backward pass is the faster one on processors.
        with sdpa_kernel(SDPBackend.MATH):
            memory = network.remember(
                audio.flatten(0, 1),
                style.repeat_interleave(2, dim=0),
                before.flatten(0, 1),
                before_audio.flatten(0, 1),
                indicator,
                shortcut=shortcut,
            )
            out: Tensor = network.denoise(noisy.flatten(0, 1), network.embed_steps(steps.flatten()), memory)
        return out

    def _losses(self, predicted: Tensor, truth: Tensor, kept: Tensor) -> WindowLosses:
        """Losses of (N, 2, L, D); velocities are also measured across the seam to the true first window."""
        config, weights = self.model.config, self.options.weights
        tail = truth[:, :1, -SEAM_FRAMES:]
        # The first window is led in by itself, so that both have the same length.
        lead = torch.cat([predicted[:, :1, :1].detach().expand(-1, -1, SEAM_FRAMES, -1), tail], dim=1)
        true_lead = torch.cat([truth[:, :1, :1].expand(-1, -1, SEAM_FRAMES, -1), tail], dim=1)
        flat = predicted.flatten(0, 1), truth.flatten(0, 1), kept.flatten(0, 1)
        losses: dict[str, Tensor] = {"sample": distance(*flat, "l2")}
        seam = torch.zeros_like(kept[:, :, :SEAM_FRAMES])
        counts = torch.cat([seam, kept], dim=2).flatten(0, 1)
        long = torch.cat([lead, predicted], dim=2).flatten(0, 1)
        true_long = torch.cat([true_lead, truth], dim=2).flatten(0, 1)
        # Of the first window the led-in change to its first frame means nothing.
        counts[0::2, SEAM_FRAMES] = False
        if weights.needs_vertices and self.lips is not None:
            tracks = [self._vertices(motion) for motion in (long, true_long)]
            names = ("vertex", "velocity", "smooth")
            losses |= zip(names, track_losses(tracks[0], tracks[1], counts, "l2"), strict=True)
        if config.layout.head:
            columns = slice(config.layout.expression, config.layout.expression + config.layout.head)
            names = ("head_angle", "head_velocity", "head_smooth")
            heads = track_losses(long[..., columns], true_long[..., columns], counts, "l2")
            losses |= zip(names, heads, strict=True)
        return WindowLosses(**losses)

    def _vertices(self, motion: Tensor) -> Tensor:
        assert self.lips is not None  # noqa: S101 - asked by the caller
        expression, pose = self.scale.stats.restore_motion(motion, self.model.config.layout)
        vertices: Tensor = self.lips(expression, pose[..., 3:])
        return vertices
