"""A published checkpoint with made-up weights, and the published steps written out plainly.

The plain version takes the published names, caches nothing, and uses torch's own multi-head attention, so
that it shares no code with the network under test.
"""

from __future__ import annotations

import math
import zlib

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

WIDTH, HEADS, HIDDEN, LAYERS, FRAMES, AUDIO = 16, 4, 24, 2, 12, 10


def shapes() -> dict[str, tuple[int, ...]]:
    """Names and shapes of every weight that such a file holds, used or not."""
    w, h, t, a = WIDTH, HIDDEN, FRAMES, AUDIO
    found: dict[str, tuple[int, ...]] = {
        "null_cond_embed": (1, 2 * t, w),
        "null_cond_hidden": (1, w),
        "face_null_cond_embed": (1, t, w),
    }

    def linear(name: str, rows: int, columns: int) -> None:
        found[f"{name}.weight"], found[f"{name}.bias"] = (rows, columns), (rows,)

    def norm(name: str) -> None:
        found[f"{name}.weight"] = found[f"{name}.bias"] = (w,)

    def attention(name: str) -> None:
        found[f"{name}.in_proj_weight"], found[f"{name}.in_proj_bias"] = (3 * w, w), (3 * w,)
        linear(f"{name}.out_proj", w, w)

    linear("time_mlp.1", 4 * w, w)
    linear("to_time_cond.0", w, 4 * w)
    linear("to_time_tokens.0", 2 * w, 4 * w)
    linear("face_mlp.0", 4 * w, 96)
    linear("to_face_cond.0", w, 4 * w)
    linear("to_face_tokens.0", 2 * w, 4 * w)
    norm("norm_cond")
    linear("input_projection", w, 204)
    linear("input_projection_lip", w, 111)
    linear("input_projection_wo_lip", w, 93)
    linear("cond_projection", w, a)
    linear("face_projection", w, 204)
    linear("pos_projection", w, 198)
    for encoder in ("cond", "face", "pos"):
        for i in range(2):
            part = f"{encoder}_encoder.{i}"
            attention(f"{part}.self_attn")
            linear(f"{part}.linear1", h, w)
            linear(f"{part}.linear2", w, h)
            norm(f"{part}.norm1")
            norm(f"{part}.norm2")
        norm(f"non_attn_{encoder}_projection.0")
        linear(f"non_attn_{encoder}_projection.1", w, w)
        linear(f"non_attn_{encoder}_projection.3", w, w)
    for i in range(LAYERS):
        part = f"seqTransDecoder.stack.{i}"
        attention(f"{part}.self_attn")
        attention(f"{part}.multihead_attn")
        linear(f"{part}.linear1", h, w)
        linear(f"{part}.linear2", w, h)
        linear(f"{part}.linear3", 2 * w, w)
        for k in (1, 2, 3):
            norm(f"{part}.norm{k}")
            linear(f"{part}.film{k}.block.1", 2 * w, w)
    linear("final_layer", 204, 2 * w)
    return found


def state_dict(seed: str = "") -> dict[str, Tensor]:
    """Weights that depend on their names and ``seed`` alone, with the buffers that are saved."""
    made: dict[str, Tensor] = {}
    for name, shape in shapes().items():
        r = np.random.RandomState(zlib.crc32((seed + name).encode())).standard_normal(shape)
        if len(shape) >= 2 and name.endswith("weight"):
            r = r / math.sqrt(math.prod(shape[1:]))
        elif name.endswith("weight"):
            r = 1 + 0.1 * r
        elif name.endswith("bias"):
            r = 0.1 * r
        made[name] = torch.from_numpy(np.float32(r))
    frequencies = 1.0 / 10_000.0 ** (torch.arange(0, WIDTH, 2).float() / WIDTH)
    places = ["", *(f"{e}_encoder.{i}." for e in ("cond", "face", "pos") for i in range(2))]
    places += [f"seqTransDecoder.stack.{i}." for i in range(LAYERS)]
    made.update({f"{place}rotary.freqs": frequencies for place in places})
    return made


def checkpoint() -> dict[str, object]:
    """What the official training saves."""
    return {
        "ema_state_dict": state_dict("averaged "),
        "model_state_dict": state_dict(),
        "optimizer_state_dict": {"state": {}, "param_groups": [{"lr": 4e-4, "betas": (0.02, 0.08, 0.01)}]},
    }


class PlainAtom:
    """The published forward pass."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        self.w = {name: value.double() for name, value in weights.items()}

    def __call__(self, x: Tensor, first: Tensor, audio: Tensor, index: int, *, keep: bool) -> Tensor:
        """(T, 204) for one sample: x (T, 204), first (204,), audio (2T, A)."""
        x, first, audio = x.double(), first.double(), audio.double()
        a = self.encode("cond", self.linear("cond_projection", audio))
        f = self.encode("face", self.linear("face_projection", first.expand(FRAMES, 204)))
        if not keep:
            a, f = self.w["null_cond_embed"][0], self.w["face_null_cond_embed"][0]
        pooled_a, pooled_f = self.pool("cond", a.mean(0)), self.pool("face", f.mean(0))
        if not keep:
            pooled_a = self.w["null_cond_hidden"][0]
        half = WIDTH // 2
        rates = torch.tensor([math.exp(-k * math.log(10_000) / (half - 1)) for k in range(half)]).double()
        embedded = torch.cat([(index * rates).sin(), (index * rates).cos()])
        hidden = functional.mish(self.linear("time_mlp.1", embedded))
        vector = self.linear("to_time_cond.0", hidden) + 2 * pooled_f + pooled_a
        tokens = self.linear("to_time_tokens.0", hidden).view(2, WIDTH)
        everything = self.norm("norm_cond", torch.cat([a, tokens, f]))
        merged = self.norm("norm_cond", torch.cat([tokens, f]))
        points = x.view(-1, 68, 3)
        lips = torch.cat([points[:, :17], points[:, 48:]], dim=1).flatten(1)
        z = torch.cat(
            [
                self.linear("input_projection_lip", lips),
                self.linear("input_projection_wo_lip", points[:, 17:48].flatten(1)),
            ],
            dim=1,
        )
        for i in range(LAYERS):
            z = self.layer(f"seqTransDecoder.stack.{i}", z, everything, merged, vector)
        return self.linear("final_layer", z)

    def layer(self, name: str, z: Tensor, everything: Tensor, merged: Tensor, vector: Tensor) -> Tensor:
        def film(k: int, y: Tensor) -> Tensor:
            scale, shift = self.linear(f"{name}.film{k}.block.1", functional.mish(vector)).chunk(2)
            return (1 + scale) * y + shift

        def itself(y: Tensor) -> Tensor:
            return self.attention(f"{name}.self_attn", y, y)

        def across(y: Tensor, memory: Tensor) -> Tensor:
            return self.attention(f"{name}.multihead_attn", y, memory)

        lips, rest = z[:, :WIDTH], z[:, WIDTH:]
        lips = lips + film(1, itself(self.norm(f"{name}.norm1", lips)))
        rest = rest + film(1, itself(self.norm(f"{name}.norm1", rest)))
        lips = lips + film(2, across(self.norm(f"{name}.norm2", lips), everything))
        rest = rest + film(2, itself(self.norm(f"{name}.norm2", rest)))
        both = across(self.norm(f"{name}.norm3", lips + rest), merged)
        return self.linear(f"{name}.linear3", both + film(3, both))

    def encode(self, name: str, x: Tensor) -> Tensor:
        for i in range(2):
            part = f"{name}_encoder.{i}"
            y = self.norm(f"{part}.norm1", x)
            x = x + self.attention(f"{part}.self_attn", y, y)
            y = self.linear(f"{part}.linear1", self.norm(f"{part}.norm2", x))
            x = x + self.linear(f"{part}.linear2", functional.gelu(y))
        return x

    def pool(self, name: str, x: Tensor) -> Tensor:
        part = f"non_attn_{name}_projection"
        y = self.linear(f"{part}.1", self.norm(f"{part}.0", x))
        return self.linear(f"{part}.3", functional.silu(y))

    def attention(self, name: str, y: Tensor, memory: Tensor) -> Tensor:
        """Queries and keys turned by their positions, values not."""
        w = self.w
        out, _ = functional.multi_head_attention_forward(
            turned(y)[:, None],
            turned(memory)[:, None],
            memory[:, None],
            WIDTH,
            HEADS,
            w[f"{name}.in_proj_weight"],
            w[f"{name}.in_proj_bias"],
            None,
            None,
            False,
            0.0,
            w[f"{name}.out_proj.weight"],
            w[f"{name}.out_proj.bias"],
            training=False,
        )
        return out[:, 0]

    def linear(self, name: str, x: Tensor) -> Tensor:
        return functional.linear(x, self.w[f"{name}.weight"], self.w[f"{name}.bias"])

    def norm(self, name: str, x: Tensor) -> Tensor:
        return functional.layer_norm(x, (WIDTH,), self.w[f"{name}.weight"], self.w[f"{name}.bias"])


def turned(y: Tensor) -> Tensor:
    """Pairs of channels as complex numbers, multiplied by exp(i position frequency)."""
    position = torch.arange(len(y)).double()[:, None]
    angle = position * 10_000.0 ** (-torch.arange(0, WIDTH, 2).double() / WIDTH)
    pairs = torch.view_as_complex(y.reshape(len(y), WIDTH // 2, 2).contiguous())
    return torch.view_as_real(pairs * torch.polar(torch.ones_like(angle), angle)).flatten(1)
