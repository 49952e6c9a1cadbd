"""The denoiser: a post-norm decoder transformer over [person+step, previous motion, noisy motion].

N batch (guidance branches times takes), L window frames, Lp frames before it, F = Lp + L, C width,
D numbers a frame. :meth:`Denoiser.forward` is the plain network (training, reference).
:meth:`Denoiser.remember` and :meth:`Denoiser.denoise` split it into what a window fixes and what a
step changes: keys and values of the audio memory, the embedded context frames, and, where a frame sees
only its own audio frame, its whole cross-attention, which then is one linear map of that audio frame.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from elocute.models.diffposetalk.config import DenoiserConfig
from elocute.models.diffposetalk.positions import constant_row, sinusoidal_table


class Attention(nn.Module):
    """Multi-head attention with torch's parameter names and start values, and its projections apart."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        nn.init.xavier_uniform_(self.in_proj_weight)
        nn.init.zeros_(self.out_proj.bias)

    def project(self, x: Tensor, first: int, last: int) -> Tensor:
        """Parts ``first``..``last`` - 1 of query, key, value (0, 1, 2) of ``x`` (N, T, C), concatenated."""
        width = x.shape[-1]
        rows = slice(first * width, last * width)
        weight = self.in_proj_weight[rows]
        return functional.linear(x.to(weight.dtype), weight, self.in_proj_bias[rows])

    def split(self, x: Tensor) -> Tensor:
        """(N, T, C) -> (N, heads, T, C / heads)."""
        return x.view(*x.shape[:2], self.heads, -1).transpose(1, 2)

    def attend(self, query: Tensor, key: Tensor, value: Tensor, allowed: Tensor | None = None) -> Tensor:
        """Attention of split tensors, merged and projected to (N, T, C)."""
        rate = self.dropout if self.training else 0.0
        out = functional.scaled_dot_product_attention(query, key, value, attn_mask=allowed, dropout_p=rate)
        merged: Tensor = self.out_proj(out.transpose(1, 2).flatten(2))
        return merged


class DecoderLayer(nn.Module):
    """Self-attention, cross-attention to audio, MLP, each followed by a layer norm."""

    def __init__(self, width: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.self_attn = Attention(width, heads, dropout)
        self.multihead_attn = Attention(width, heads, dropout)
        self.linear1 = nn.Linear(width, hidden)
        self.linear2 = nn.Linear(hidden, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.norm3 = nn.LayerNorm(width)
        self.dropout = nn.Dropout(dropout)

    def attend_self(self, x: Tensor) -> Tensor:
        """First third: (N, T, C) -> (N, T, C)."""
        attention = self.self_attn
        query, key, value = attention.project(x, 0, 3).chunk(3, dim=-1)
        seen = attention.attend(attention.split(query), attention.split(key), attention.split(value))
        x = self.norm1(x + self.dropout(seen.to(x.dtype)))
        return x

    def attend_audio(self, x: Tensor, key: Tensor, value: Tensor, allowed: Tensor | None) -> Tensor:
        """What ``x`` (N, T, C) draws from split audio keys and values, before the residual."""
        attention = self.multihead_attn
        return attention.attend(attention.split(attention.project(x, 0, 1)), key, value, allowed)

    def finish(self, x: Tensor, seen: Tensor) -> Tensor:
        """The rest: residual of the cross-attention, norm, MLP."""
        x = self.norm2(x + self.dropout(seen.to(x.dtype)))
        hidden = self.dropout(functional.gelu(self.linear1(x.to(self.linear1.weight.dtype))))
        x = self.norm3(x + self.dropout(self.linear2(hidden).to(x.dtype)))
        return x

    def use_dtype(self, dtype: torch.dtype) -> None:
        """Multiply matrices in ``dtype``; sums and norms stay in float32."""
        for module in (self.self_attn, self.multihead_attn, self.linear1, self.linear2):
            module.to(dtype)


class Decoder(nn.Module):
    """The stack of layers (a module of its own only for the published weight names)."""

    def __init__(self, config: DenoiserConfig) -> None:
        super().__init__()
        hidden = config.mlp_ratio * config.feature_dim
        self.layers = nn.ModuleList(
            DecoderLayer(config.feature_dim, config.heads, hidden, config.dropout)
            for _ in range(config.layers)
        )


@dataclass(frozen=True)
class Memory:
    """What one window fixes for all its steps.

    Attributes:
        person: (N, C) embedded identity and style.
        context: (N, Lp, C) embedded frames of the window before, positions added.
        indicator: (N, L, 1) or None.
        keys: per layer (N, heads, F, C / heads) keys of the audio.
        values: per layer, like ``keys``.
        frame_updates: per layer (N, F, C) finished cross-attention of the motion tokens, or None where
            a frame sees more than its own audio frame.
    """

    person: Tensor
    context: Tensor
    indicator: Tensor | None
    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]
    frame_updates: tuple[Tensor, ...] | None

    def spread(self, *, audio_rows: Tensor, person_rows: Tensor, context_rows: Tensor) -> Memory:
        """Repeat rows for a batch of guidance branches and takes.

        Args:
            audio_rows: (N,) which audio each row of the batch hears.
            person_rows: (N,) which person it is.
            context_rows: (N,) which previous motion it continues.
        """
        updates = self.frame_updates
        return Memory(
            self.person[person_rows],
            self.context[context_rows],
            self.indicator,
            tuple(key[audio_rows] for key in self.keys),
            tuple(value[audio_rows] for value in self.values),
            None if updates is None else tuple(update[audio_rows] for update in updates),
        )


@dataclass(frozen=True)
class Step:
    """One step of one clip's takes, as :meth:`Denoiser.denoise` takes it.

    Attributes:
        motion: (K, L, D) noisy motion.
        embedding: (C,) the embedded step.
        memory: of B * K rows, branch by branch.
    """

    motion: Tensor
    embedding: Tensor
    memory: Memory

    @property
    def branches(self) -> int:
        """B."""
        return len(self.memory.context) // len(self.motion)


class Denoiser(nn.Module):
    """Predicts clean motion or noise from noisy motion.

    Args:
        config: sizes and options.
        width: numbers a frame D.
        steps: diffusion steps T.
    """

    PE: nn.Parameter
    allowed: Tensor | None
    step_table: Tensor
    position_row: Tensor | None

    def __init__(self, config: DenoiserConfig, width: int, steps: int) -> None:
        super().__init__()
        channels = config.feature_dim
        self.config = config
        self.diff_step_map = nn.Sequential(
            nn.Linear(channels, channels), nn.GELU(), nn.Linear(channels, channels)
        )
        self.person_proj = nn.Linear(config.shape_dim + config.style_dim, channels)
        self.feature_proj = nn.Linear(width + int(config.indicator), channels)
        self.transformer = Decoder(config)
        self.motion_dec = nn.Sequential(
            nn.Linear(channels, channels // 2), nn.GELU(), nn.Linear(channels // 2, width)
        )
        tokens = 1 + config.frames
        row = None
        if config.learned_positions:
            self.PE = nn.Parameter(torch.randn(1, tokens, channels))
        else:
            row = constant_row(tokens, channels)
        self.register_buffer("position_row", row, persistent=False)
        self.register_buffer("step_table", sinusoidal_table(steps + 1, channels), persistent=False)
        mask = alignment(config.frames, config.alignment_width) if config.alignment_width > 0 else None
        self.register_buffer("allowed", mask, persistent=False)

    def forward(
        self,
        motion: Tensor,
        audio: Tensor,
        person: Tensor,
        previous_motion: Tensor,
        previous_audio: Tensor,
        step: Tensor,
        indicator: Tensor | None = None,
    ) -> Tensor:
        """Run the network on a batch.

        Args:
            motion: (N, L, D) noisy motion.
            audio: (N, L, C) audio features of the window.
            person: (N, 1, S) shape and style, S = shape_dim + style_dim.
            previous_motion: (N, Lp, D) clean motion before the window.
            previous_audio: (N, Lp, C) audio features before the window.
            step: (N,) int64 diffusion step, 1..T.
            indicator: (N, L) 1 for real frames, 0 for padding; needed if the model has that channel.

        Returns:
            (N, F, D) prediction for previous and new frames.
        """
        memory = self.remember(
            audio, person[:, 0], previous_motion, previous_audio, indicator, shortcut=False
        )
        return self.denoise(motion, self.embed_steps(step), memory, all_frames=True)

    def embed_steps(self, step: Tensor) -> Tensor:
        """(N,) int64 diffusion steps 1..T -> (N, C)."""
        embedded: Tensor = self.diff_step_map(self.step_table[step])
        return embedded

    def remember(
        self,
        audio: Tensor,
        person: Tensor,
        previous_motion: Tensor,
        previous_audio: Tensor,
        indicator: Tensor | None,
        *,
        shortcut: bool = True,
    ) -> Memory:
        """Do what does not depend on the step; arguments as in :meth:`forward`, ``person`` (N, S).

        ``shortcut`` False keeps full cross-attention even where each frame sees one audio frame only
        (needed in training, where dropout acts on attention weights).
        """
        config = self.config
        if config.indicator:
            if indicator is None:
                raise ValueError("this model needs the indicator")
            indicator = indicator[..., None].to(audio.dtype)
            previous_motion = functional.pad(previous_motion, (0, 1))
        else:
            indicator = None
        context = self._place(self.feature_proj(previous_motion), 1)
        sound = torch.cat([previous_audio, audio], dim=1)
        keys, values, updates = [], [], []
        for layer in self.transformer.layers:
            attention: Attention = layer.multihead_attn  # type: ignore[assignment]
            key, value = attention.project(sound, 1, 3).chunk(2, dim=-1)
            keys.append(attention.split(key))
            values.append(attention.split(value))
            if shortcut and config.alignment_width == 1:
                # softmax over one frame is 1: attention is the value itself
                updates.append(attention.out_proj(value))
        return Memory(
            self.person_proj(person), context, indicator, tuple(keys), tuple(values), tuple(updates) or None
        )

    def denoise(
        self, motion: Tensor, step_embedding: Tensor, memory: Memory, *, all_frames: bool = False
    ) -> Tensor:
        """One step.

        Args:
            motion: (N, L, D) noisy motion, or (K, L, D) where N = B * K rows of the memory share it,
                branch by branch.
            step_embedding: (N, C) or (C,) from :meth:`embed_steps`.
            memory: from :meth:`remember`.
            all_frames: also return the prediction for the Lp previous frames.

        Returns:
            (N, L, D) prediction, or (N, F, D).
        """
        if memory.indicator is not None:
            motion = torch.cat([motion, memory.indicator.expand(len(motion), -1, -1)], dim=-1)
        frames = self._place(self.feature_proj(motion), 1 + self.config.previous_motions)
        first = self._place((memory.person + step_embedding)[:, None], 0)
        branches = len(first) // len(frames)
        x = torch.cat([first, memory.context, frames.repeat(branches, 1, 1)], dim=1)
        for index, layer in enumerate(self.transformer.layers):
            x = self._run_layer(layer, x, index, memory)  # type: ignore[arg-type]
        x = x[:, 1:] if all_frames else x[:, 1 + self.config.previous_motions :]
        out: Tensor = self.motion_dec(x)
        return out

    def denoise_together(self, steps: Sequence[Step]) -> list[Tensor]:
        """What :meth:`denoise` gives for several clips' steps; those of as many branches are one batch.

        Matrix products of other sizes round differently: the results differ in the last bits.
        """
        out: dict[int, Tensor] = {}
        for count in sorted({step.branches for step in steps}):
            places = [place for place, step in enumerate(steps) if step.branches == count]
            told = self._denoise_batch([steps[place] for place in places], count)
            out.update(zip(places, told, strict=True))
        return [out[place] for place in range(len(steps))]

    def _denoise_batch(self, steps: Sequence[Step], branches: int) -> list[Tensor]:
        takes = [len(step.motion) for step in steps]
        rows = [step.embedding.expand(len(step.motion), -1) for step in steps]
        told = self.denoise(
            torch.cat([step.motion for step in steps]),
            torch.cat(rows).repeat(branches, 1),
            joined([step.memory for step in steps], branches),
        )
        parts = torch.split(told.view(branches, sum(takes), *told.shape[1:]), takes, dim=1)
        return [part.flatten(0, 1) for part in parts]

    def use_dtype(self, dtype: torch.dtype) -> None:
        """Multiply the layers' matrices in ``dtype``, for example bfloat16; the rest stays in float32."""
        for layer in self.transformer.layers:
            layer.use_dtype(dtype)  # type: ignore[operator]

    def _run_layer(self, layer: DecoderLayer, x: Tensor, index: int, memory: Memory) -> Tensor:
        x = layer.attend_self(x)
        key, value = memory.keys[index], memory.values[index]
        if memory.frame_updates is None:
            seen = layer.attend_audio(x, key, value, self.allowed)
        else:
            first = layer.attend_audio(x[:, :1], key, value, None)
            seen = torch.cat([first, memory.frame_updates[index]], dim=1)
        return layer.finish(x, seen)

    def _place(self, tokens: Tensor, start: int) -> Tensor:
        """Add the positions of tokens ``start``, ``start`` + 1, ..."""
        if self.config.learned_positions:
            return tokens + self.PE[:, start : start + tokens.shape[1]]
        assert self.position_row is not None  # made in __init__  # noqa: S101
        return tokens + self.position_row


def joined(memories: Sequence[Memory], branches: int) -> Memory:
    """The memory of several clips' takes side by side; rows go branch by branch, as in each of them."""

    def rows(parts: Sequence[Tensor]) -> Tensor:
        return torch.cat([part.view(branches, -1, *part.shape[1:]) for part in parts], dim=1).flatten(0, 1)

    def layers(parts: Sequence[Sequence[Tensor]]) -> tuple[Tensor, ...]:
        return tuple(map(rows, zip(*parts, strict=True)))

    indicators = [
        memory.indicator.expand(len(memory.context) // branches, -1, -1)
        for memory in memories
        if memory.indicator is not None
    ]
    updates = [memory.frame_updates for memory in memories if memory.frame_updates is not None]
    return Memory(
        rows([memory.person for memory in memories]),
        rows([memory.context for memory in memories]),
        torch.cat(indicators) if indicators else None,
        layers([memory.keys for memory in memories]),
        layers([memory.values for memory in memories]),
        layers(updates) if updates else None,
    )


def alignment(frames: int, width: int) -> Tensor:
    """(1 + frames, frames) bool, True where a token may see an audio frame.

    Row 0 (person and step) sees all; motion token i sees audio frame j if abs(i - j) < width.
    """
    index = torch.arange(frames)
    near = (index[:, None] - index[None]).abs() < width
    return torch.cat([torch.ones(1, frames, dtype=torch.bool), near])
