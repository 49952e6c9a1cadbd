"""What one training step of a model with a phonetic speech encoder and a local denoiser minimises.

Noise is added to a crop of the teacher's motion and the model finds the motion again, given sound, phones and
a style from other lines of the same manner. Beside the error of the numbers themselves count where the lips
are and how fast, how far they are apart, brows and lids, and the head. The encoder also learns to name the
phones that it hears, which teaches it to listen much sooner than motion alone does.

N batch, L frames, D numbers a frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from elocute.diffusion.schedule import NoiseSchedule
from elocute.face.lips import LOWER_CONTACT_MASK, UPPER_CONTACT_MASK, right_to_left
from elocute.face.model import FaceModel
from elocute.face.torch_model import TorchFaceModel
from elocute.models.diffposetalk.local_denoiser import LocalDenoiser
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.stats import MotionStats
from elocute.motion.head1_basis import UPPER_FACE
from elocute.training.core.losses import distance, kept_mean, track_losses
from elocute.training.diffposetalk.stats_buffers import StatsBuffers
from elocute.training.elocute_lite.resident import PhoneticBatch

_MILLIMETRES: Final = 1e3
_NEAR_METRES: Final = 0.0015
"""Gaps smaller than this are what the eye judges closures by."""


@dataclass(frozen=True)
class PhoneticDraws:
    """The random choices of a step.

    Attributes:
        steps: (N,) int64 diffusion steps 1..T.
        noise: (N, L, D) standard normal.
        conditions: (N,) uniform in 0..1: who loses which condition.
    """

    steps: Tensor
    noise: Tensor
    conditions: Tensor


@dataclass(frozen=True)
class PhoneticOptions:
    """Weights of the losses.

    Attributes:
        sample: of the normalised numbers.
        vertex: of the lips' vertices, in mm².
        velocity: of their change from frame to frame, in mm².
        gap: of the distance between the lips, in mm; near contact it counts three times.
        upper_face: of brows and lids, in addition to their share of ``sample``. The sound says little of
            them and of the head, so without weights of their own they drown among the lips.
        head_angle: of the head, in addition likewise.
        head_velocity: of its change from frame to frame.
        phones: of naming the phones that are heard.
        drop_style: share of the samples without style.
        drop_all: share of the samples without sound, phones and style.
    """

    sample: float = 1.0
    vertex: float = 1.0
    velocity: float = 4.0
    gap: float = 0.3
    upper_face: float = 1.0
    head_angle: float = 1.0
    head_velocity: float = 10.0
    phones: float = 0.3
    drop_style: float = 0.10
    drop_all: float = 0.06


def draw_phonetic(
    generator: torch.Generator, *, batch: int, frames: int, width: int, steps: int
) -> PhoneticDraws:
    """Draw the choices of one step, on the generator's device."""
    device = generator.device
    return PhoneticDraws(
        steps=torch.randint(1, steps + 1, (batch,), generator=generator, device=device),
        noise=torch.randn(batch, frames, width, generator=generator, device=device),
        conditions=torch.rand(batch, generator=generator, device=device),
    )


class LipVertices(nn.Module):
    """Lip vertices of a head that looks ahead: (..., E), (..., 3) -> (..., V, 3) metres.

    Attributes:
        upper, lower: which of them are the contact lines, from right to left.
    """

    upper: Tensor
    lower: Tensor

    def __init__(self, face: FaceModel, every: int = 3) -> None:
        super().__init__()
        lines = [right_to_left(face, mask).tolist() for mask in (UPPER_CONTACT_MASK, LOWER_CONTACT_MASK)]
        chosen: Sequence[int] = sorted({*lines[0], *lines[1], *map(int, face.masks["lips"][::every])})
        self.face = TorchFaceModel(face, only=chosen)
        place = {vertex: index for index, vertex in enumerate(chosen)}
        for name, line in zip(("upper", "lower"), lines, strict=True):
            self.register_buffer(name, torch.tensor([place[v] for v in line]), persistent=False)

    def forward(self, expression: Tensor, jaw: Tensor) -> Tensor:
        vertices: Tensor = self.face(expression, jaw)
        return vertices

    def gap(self, vertices: Tensor) -> Tensor:
        """(..., V, 3) -> (..., columns) height of the upper contact line over the lower one, metres."""
        return vertices[..., self.upper, 1] - vertices[..., self.lower, 1]


class PhoneticObjective(nn.Module):
    """Computes the losses of a batch; the trainable network is :attr:`model`."""

    def __init__(
        self,
        model: DiffPoseTalk,
        schedule: NoiseSchedule,
        stats: MotionStats,
        lips: LipVertices,
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
        audio, style, logits = self.conditions(batch, draws.conditions)
        network = self.model.denoising_net
        assert isinstance(network, LocalDenoiser)  # noqa: S101 - the settings say so
        noisy = self.schedule.add_noise(batch.motion, draws.noise, draws.steps)
        inside = batch.inside[..., None].to(audio.dtype)
        memory = network.remember(audio, style)
        predicted = network.denoise(noisy, network.embed_steps(draws.steps), memory, inside)
        with torch.autocast(audio.device.type, enabled=False):
            losses = self.losses(predicted.float(), batch.motion, batch.inside)
            losses["phones"] = functional.cross_entropy(
                logits.float().flatten(0, 1), batch.spoken.flatten(), ignore_index=-1
            )
            parts = [value * float(getattr(self.options, name)) for name, value in losses.items()]
            total = torch.stack(parts).sum()
        return {"total": total, **{name: value.detach() for name, value in losses.items()}}

    def conditions(self, batch: PhoneticBatch, chance: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Audio features (N, L, C), styles (N, S), some of them null, and the logits of the phones heard."""
        model, options = self.model, self.options
        audio, logits = model.encode_phonetic(
            batch.sound, batch.phones, batch.mouth, batch.source, batch.heard, batch.inside
        )
        style = batch.style
        all_gone = chance < options.drop_all
        if model.null_audio_feat is not None:
            audio = torch.where(all_gone[:, None, None], model.null_audio_feat.to(audio.dtype), audio)
        if model.null_style_feat is not None:
            gone = chance < options.drop_all + options.drop_style
            style = torch.where(gone[:, None], model.null_style_feat[:, 0], style)
        return audio, style, logits

    def losses(self, predicted: Tensor, truth: Tensor, inside: Tensor) -> dict[str, Tensor]:
        """Losses of motion (N, L, D) by name; frames after a clip's end do not count."""
        layout = self.model.config.layout
        upper = list(UPPER_FACE)
        head = slice(layout.expression, layout.expression + layout.head)
        tracks = [self._vertices(motion) for motion in (predicted, truth)]
        vertex, velocity, _ = track_losses(tracks[0], tracks[1], inside, "l2")
        angle, turn, _ = track_losses(predicted[..., head], truth[..., head], inside, "l2")
        gaps = [self.lips.gap(track.view(*track.shape[:-1], -1, 3)) for track in tracks]
        near = 1.0 + 2.0 * (gaps[1] < _NEAR_METRES)
        return {
            "sample": distance(predicted, truth, inside, "l2"),
            "vertex": vertex * _MILLIMETRES**2,
            "velocity": velocity * _MILLIMETRES**2,
            "gap": kept_mean((gaps[0] - gaps[1]).abs() * near, inside) * _MILLIMETRES,
            "upper_face": distance(predicted[..., upper], truth[..., upper], inside, "l2"),
            "head_angle": angle,
            "head_velocity": turn,
        }

    def _vertices(self, motion: Tensor) -> Tensor:
        """(N, L, D) -> (N, L, 3 V) metres."""
        expression, pose = self.scale.stats.restore_motion(motion, self.model.config.layout)
        vertices: Tensor = self.lips(expression, pose[..., 3:])
        return vertices.flatten(-2)
