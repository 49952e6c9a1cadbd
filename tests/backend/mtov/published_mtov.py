"""Published checkpoints with made-up weights, and the published steps written out plainly.

The plain versions take the published names and loop over places, frames, planes and heads one by one, so that
they share no code with the networks under test.
"""

from __future__ import annotations

import math
import zlib

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

SIZE, FRAMES, PATCH, WIDTH, LAYERS, HEADS, HEAD_WIDTH = 32, 4, 8, 16, 2, 8, 4
CELLS = SIZE // PATCH
POOL_LAYERS, POOL_HEADS, POOL_WIDTH, POOL_HIDDEN, LATENT = 1, 4, 3, 10, 4
BASE, MULTIPLIERS, BLOCKS, ATTENDED = 32, (1, 2), 1, (0,)
PREFIX = "diffusion_model."
Shapes = dict[str, tuple[int, ...]]


def autoencoder_shapes() -> Shapes:
    """Names and shapes of an autoencoder's weights."""
    inner, pooled = HEADS * HEAD_WIDTH, POOL_HEADS * POOL_WIDTH
    found: Shapes = {"encoder.to_patch_embedding.weight": (WIDTH, 3 * PATCH**2)}
    found["encoder.to_patch_embedding.bias"] = (WIDTH,)

    def norm(name: str) -> None:
        found[f"{name}.norm.weight"] = found[f"{name}.norm.bias"] = (WIDTH,)

    def linear(name: str, rows: int, columns: int) -> None:
        found[f"{name}.weight"], found[f"{name}.bias"] = (rows, columns), (rows,)

    for plane, tokens in (("xy", FRAMES), ("xt", CELLS), ("yt", CELLS)):
        found[f"{plane}_token"] = (1, 1, WIDTH)
        found[f"{plane}_pos_embedding"] = (1, tokens + 1, WIDTH)
        for i in range(POOL_LAYERS):
            part = f"{plane}_quant_attn.layers.{i}"
            norm(f"{part}.0")
            found[f"{part}.0.fn.to_qkv.weight"] = (3 * pooled, WIDTH)
            linear(f"{part}.0.fn.to_out.0", WIDTH, pooled)
            norm(f"{part}.1")
            linear(f"{part}.1.fn.net.0", POOL_HIDDEN, WIDTH)
            linear(f"{part}.1.fn.net.3", WIDTH, POOL_HIDDEN)
        found[f"pre_{plane}.weight"], found[f"pre_{plane}.bias"] = (LATENT, WIDTH, 1, 1), (LATENT,)
        found[f"post_{plane}.weight"], found[f"post_{plane}.bias"] = (WIDTH, LATENT, 1, 1), (WIDTH,)
    for side in ("encoder", "decoder"):
        for i in range(LAYERS):
            for k in (0, 1):
                part = f"{side}.layers.{i}.{k}"
                norm(part)
                found[f"{part}.fn.to_qkv.weight"] = (3 * inner, WIDTH)
                linear(f"{part}.fn.to_out.0", WIDTH, inner)
            norm(f"{side}.layers.{i}.2")
            linear(f"{side}.layers.{i}.2.fn.net.0", 8 * WIDTH, WIDTH)
            linear(f"{side}.layers.{i}.2.fn.net.3", WIDTH, 4 * WIDTH)
    found["to_pixel.1.weight"], found["to_pixel.1.bias"] = (WIDTH, 3, PATCH, PATCH), (3,)
    return found


class _UnetShapes:
    """Collects names and shapes of the denoising network, without the prefix, dead ones included."""

    def __init__(self) -> None:
        self.found: Shapes = {}
        self.channels, self.kept = BASE, [BASE]
        self.conv("time_embed.0", 4 * BASE, BASE)
        self.conv("time_embed.2", 4 * BASE, 4 * BASE)
        self.conv("input_blocks.0.0", BASE, 4 * LATENT, 3, 3)
        self.down()
        self.block("middle_block.0", self.channels, self.channels)
        self.attention("middle_block.1", self.channels)
        self.block("middle_block.2", self.channels, self.channels)
        self.attention("mid_attn", self.channels)
        levels = [level for level in reversed(range(len(MULTIPLIERS))) for _ in range(BLOCKS + 1)]
        for number, level in enumerate(levels):
            self.up(number, level, last=number % (BLOCKS + 1) == BLOCKS)
        self.norm("out.0", BASE)
        self.conv("out.2", LATENT, BASE, 3, 3)

    def down(self) -> None:
        number = 0
        for level, multiplier in enumerate(MULTIPLIERS):
            stages = [BASE * multiplier] * BLOCKS + [0] * (level + 1 < len(MULTIPLIERS))
            for out in stages:
                number += 1
                self.block(f"input_blocks.{number}.0", self.channels, out or self.channels)
                self.channels = out or self.channels
                if out and level in ATTENDED:
                    self.attention(f"input_blocks.{number}.1", out)
                self.attention(f"input_attns.{number}", self.channels)
                self.kept.append(self.channels)

    def up(self, number: int, level: int, *, last: bool) -> None:
        out, channels = BASE * MULTIPLIERS[level], self.channels + self.kept.pop()
        for side in ("output", "output_bg"):
            part = f"{side}_blocks.{number}"
            self.block(f"{part}.0", channels, out)
            if level in ATTENDED:
                self.attention(f"{part}.1", out)
            if level and last:
                self.block(f"{part}.{2 if level in ATTENDED else 1}", out, out)
            self.attention(f"{side}_attns.{number}", out)
        self.channels = out

    def norm(self, name: str, channels: int) -> None:
        self.found[f"{name}.weight"] = self.found[f"{name}.bias"] = (channels,)

    def conv(self, name: str, out: int, channels: int, *kernel: int) -> None:
        self.found[f"{name}.weight"], self.found[f"{name}.bias"] = (out, channels, *kernel), (out,)

    def attention(self, name: str, channels: int) -> None:
        self.norm(f"{name}.norm", channels)
        self.conv(f"{name}.qkv", 3 * channels, channels, 1)
        self.conv(f"{name}.proj_out", channels, channels, 1)

    def block(self, name: str, channels: int, out: int) -> None:
        self.norm(f"{name}.in_layers.0", channels)
        self.conv(f"{name}.in_layers.2", out, channels, 3, 3)
        self.conv(f"{name}.emb_layers.1", 2 * out, 4 * BASE)
        self.norm(f"{name}.out_layers.0", out)
        self.conv(f"{name}.out_layers.3", out, out, 3, 3)
        if channels != out:
            self.conv(f"{name}.skip_connection", out, channels, 1, 1)


def unet_shapes() -> Shapes:
    """Names and shapes of the denoising network's weights, without the prefix, dead ones included."""
    return _UnetShapes().found


def filled(shapes: Shapes, seed: str = "") -> dict[str, Tensor]:
    """Weights that depend on their names and ``seed`` alone."""
    made: dict[str, Tensor] = {}
    for name, shape in shapes.items():
        r = np.random.RandomState(zlib.crc32((seed + name).encode())).standard_normal(shape)
        if len(shape) >= 2 and name.endswith("weight"):
            r = r / math.sqrt(math.prod(shape[1:]))
        elif name.endswith("weight"):
            r = 1 + 0.1 * r
        elif name.endswith("bias"):
            r = 0.1 * r
        made[name] = torch.from_numpy(np.float32(r))
    return made


def autoencoder_state(seed: str = "") -> dict[str, Tensor]:
    """What the official training saves of an autoencoder."""
    made = filled(autoencoder_shapes(), seed)
    made["coords"] = torch.linspace(-1, 1, FRAMES)[:, None]
    for side in ("encoder", "decoder"):
        frequencies = 10_000.0 ** (-2 * torch.arange(HEAD_WIDTH // 2) / HEAD_WIDTH)
        made[f"{side}.frame_rot_emb.inv_freqs"] = frequencies
        made[f"{side}.image_rot_emb.scales"] = torch.logspace(0, math.log2(5), HEAD_WIDTH // 4, base=2)
    return made


def unet_state() -> dict[str, Tensor]:
    """What the official training saves of the denoising network."""
    return {PREFIX + name: value for name, value in filled(unet_shapes()).items()}


class PlainAutoencoder:
    """The published encoding and decoding, one token at a time where it matters."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        self.w = {name: value.double() for name, value in weights.items()}

    def encode(self, video: Tensor) -> Tensor:
        """(4, cells) of (3, T, S, S)."""
        tokens = torch.zeros(FRAMES, CELLS, CELLS, WIDTH, dtype=torch.float64)
        for t in range(FRAMES):
            for r in range(CELLS):
                for c in range(CELLS):
                    patch = video[:, t, r * PATCH : (r + 1) * PATCH, c * PATCH : (c + 1) * PATCH].double()
                    flat = torch.stack([patch[:, y, x] for y in range(PATCH) for x in range(PATCH)]).flatten()
                    tokens[t, r, c] = self.linear("encoder.to_patch_embedding", flat)
        grid = self.transformer("encoder", tokens)
        xy = self.plane("xy", [[grid[:, r, c] for c in range(CELLS)] for r in range(CELLS)])
        yt = self.plane("yt", [[grid[t, :, c] for c in range(CELLS)] for t in range(FRAMES)])
        xt = self.plane("xt", [[grid[t, r, :] for r in range(CELLS)] for t in range(FRAMES)])
        return torch.cat([xy, yt, xt], dim=1)

    def decode(self, latent: Tensor) -> Tensor:
        """(T, 3, S, S) of (4, cells)."""
        z = latent.double()
        xy = z[:, : CELLS**2].reshape(LATENT, CELLS, CELLS)
        yt = z[:, CELLS**2 : CELLS**2 + FRAMES * CELLS].reshape(LATENT, FRAMES, CELLS)
        xt = z[:, CELLS**2 + FRAMES * CELLS :].reshape(LATENT, FRAMES, CELLS)
        grid = torch.zeros(FRAMES, CELLS, CELLS, WIDTH, dtype=torch.float64)
        for t in range(FRAMES):
            for r in range(CELLS):
                for c in range(CELLS):
                    grid[t, r, c] = (
                        self.pointwise("post_xy", xy[:, r, c])
                        + self.pointwise("post_yt", yt[:, t, c])
                        + self.pointwise("post_xt", xt[:, t, r])
                    )
        grid = self.transformer("decoder", grid)
        images = functional.conv_transpose2d(
            grid.permute(0, 3, 1, 2), self.w["to_pixel.1.weight"], self.w["to_pixel.1.bias"], stride=PATCH
        )
        return 2 * torch.sigmoid(images) - 1

    def plane(self, name: str, rows: list[list[Tensor]]) -> Tensor:
        return torch.stack(
            [
                torch.stack([torch.tanh(self.pointwise(f"pre_{name}", self.pooled(name, s))) for s in row], 1)
                for row in rows
            ],
            1,
        ).flatten(1)

    def pooled(self, name: str, sequence: Tensor) -> Tensor:
        x = torch.cat([sequence, self.w[f"{name}_token"][0]]) + self.w[f"{name}_pos_embedding"][0]
        for i in range(POOL_LAYERS):
            part = f"{name}_quant_attn.layers.{i}"
            x = x + self.attention(f"{part}.0", x, POOL_HEADS, None)
            hidden = functional.gelu(self.linear(f"{part}.1.fn.net.0", self.norm(f"{part}.1", x)))
            x = x + self.linear(f"{part}.1.fn.net.3", hidden)
        return x[0]

    def transformer(self, side: str, grid: Tensor) -> Tensor:
        for i in range(LAYERS):
            part = f"{side}.layers.{i}"
            times = self.time_angles()
            new = grid.clone()
            for r in range(CELLS):
                for c in range(CELLS):
                    new[:, r, c] += self.attention(f"{part}.0", grid[:, r, c], HEADS, times)
            grid, places = new, self.space_angles()
            new = grid.clone()
            for t in range(FRAMES):
                seen = self.attention(f"{part}.1", grid[t].flatten(0, 1), HEADS, places)
                new[t] += seen.reshape(CELLS, CELLS, WIDTH)
            grid = new
            both = self.linear(f"{part}.2.fn.net.0", self.norm(f"{part}.2", grid))
            value, gate = both[..., : 4 * WIDTH], both[..., 4 * WIDTH :]
            grid = grid + self.linear(f"{part}.2.fn.net.3", value * functional.gelu(gate))
        return grid

    def attention(self, name: str, x: Tensor, heads: int, angles: Tensor | None) -> Tensor:
        qkv = self.norm(name, x) @ self.w[f"{name}.fn.to_qkv.weight"].T
        inner = qkv.shape[1] // 3
        width = inner // heads
        out = []
        for h in range(heads):
            q, k, v = (qkv[:, part * inner + h * width : part * inner + (h + 1) * width] for part in range(3))
            q = q / math.sqrt(width)
            if angles is not None:
                q, k = self.turned(q, angles), self.turned(k, angles)
            out.append(torch.softmax(q @ k.T, dim=1) @ v)
        return self.linear(f"{name}.fn.to_out.0", torch.cat(out, 1))

    def turned(self, x: Tensor, angles: Tensor) -> Tensor:
        result = x.clone()
        for j in range(0, x.shape[1], 2):
            even, odd = x[:, j], x[:, j + 1]
            result[:, j] = even * angles[:, j].cos() - odd * angles[:, j].sin()
            result[:, j + 1] = odd * angles[:, j + 1].cos() + even * angles[:, j + 1].sin()
        return result

    def time_angles(self) -> Tensor:
        half = HEAD_WIDTH // 2
        return torch.tensor(
            [
                [n * 10_000.0 ** (-2 * (c % half) / HEAD_WIDTH) for c in range(HEAD_WIDTH)]
                for n in range(FRAMES)
            ],
            dtype=torch.float64,
        )

    def space_angles(self) -> Tensor:
        scales = [2 ** (math.log2(5) * k / max(HEAD_WIDTH // 4 - 1, 1)) for k in range(HEAD_WIDTH // 4)]
        along = [-1 + 2 * n / (CELLS - 1) for n in range(CELLS)]
        rows = []
        for r in along:
            for c in along:
                angles = [r * s * math.pi for s in scales] + [c * s * math.pi for s in scales]
                rows.append([angle for angle in angles for _ in range(2)])
        return torch.tensor(rows, dtype=torch.float64)

    def linear(self, name: str, x: Tensor) -> Tensor:
        return x @ self.w[f"{name}.weight"].T + self.w[f"{name}.bias"]

    def pointwise(self, name: str, x: Tensor) -> Tensor:
        return self.w[f"{name}.weight"][:, :, 0, 0] @ x + self.w[f"{name}.bias"]

    def norm(self, name: str, x: Tensor) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        scaled = centred / torch.sqrt((centred**2).mean(-1, keepdim=True) + 1e-5)
        return scaled * self.w[f"{name}.norm.weight"] + self.w[f"{name}.norm.bias"]


class PlainUnet:
    """The published prediction of the noise, plane by plane and head by head."""

    def __init__(self, weights: dict[str, Tensor]) -> None:
        self.w = {name.removeprefix(PREFIX): value.double() for name, value in weights.items()}

    def __call__(self, x: Tensor, t: int, condition: Tensor, face_xy: Tensor) -> Tensor:
        """(4, cells) of x (4, cells), condition (8, cells) and the face's plane xy (4, cells of xy)."""
        face = torch.zeros_like(x)
        face[:, : CELLS**2] = face_xy
        both = torch.cat([x, condition, face]).double()
        planes = self.split(both, CELLS, FRAMES)
        emb = self.time(t)
        planes = [self.conv("input_blocks.0.0", p) for p in planes]
        kept, number = [planes], 1
        for level in range(len(MULTIPLIERS)):
            for _ in range(BLOCKS):
                planes = [self.block(f"input_blocks.{number}.0", p, emb) for p in planes]
                if level in ATTENDED:
                    planes = [self.attend(f"input_blocks.{number}.1", p) for p in planes]
                planes = self.joint(f"input_attns.{number}", planes)
                kept.append(planes)
                number += 1
            if level + 1 < len(MULTIPLIERS):
                planes = [self.block(f"input_blocks.{number}.0", p, emb, "down") for p in planes]
                planes = self.joint(f"input_attns.{number}", planes)
                kept.append(planes)
                number += 1
        planes = [self.block("middle_block.0", p, emb) for p in planes]
        planes = [self.attend("middle_block.1", p) for p in planes]
        planes = [self.block("middle_block.2", p, emb) for p in planes]
        planes = self.joint("mid_attn", planes)
        number = 0
        for level in reversed(range(len(MULTIPLIERS))):
            for i in range(BLOCKS + 1):
                skips = kept.pop()
                planes = [torch.cat(pair) for pair in zip(planes, skips, strict=True)]
                planes = [self.block(f"output_blocks.{number}.0", p, emb) for p in planes]
                place = 1
                if level in ATTENDED:
                    planes = [self.attend(f"output_blocks.{number}.1", p) for p in planes]
                    place = 2
                if level and i == BLOCKS:
                    name = f"output_blocks.{number}.{place}"
                    planes = [self.block(name, p, emb, "up") for p in planes]
                planes = self.joint(f"output_attns.{number}", planes)
                number += 1
        return torch.cat(
            [self.conv("out.2", functional.silu(self.group_norm("out.0", p))).flatten(1) for p in planes], 1
        )

    def split(self, row: Tensor, cells: int, frames: int) -> list[Tensor]:
        a, b = cells * cells, frames * cells
        shapes = ((cells, cells), (frames, cells), (frames, cells))
        parts = (row[:, :a], row[:, a : a + b], row[:, a + b :])
        return [part.reshape(-1, *shape) for part, shape in zip(parts, shapes, strict=True)]

    def time(self, t: int) -> Tensor:
        half = BASE // 2
        angles = torch.tensor([t * 10_000.0 ** (-k / half) for k in range(half)], dtype=torch.float64)
        x = torch.cat([angles.cos(), angles.sin()])
        x = self.w["time_embed.0.weight"] @ x + self.w["time_embed.0.bias"]
        return self.w["time_embed.2.weight"] @ functional.silu(x) + self.w["time_embed.2.bias"]

    def block(self, name: str, x: Tensor, emb: Tensor, change: str = "") -> Tensor:
        h = functional.silu(self.group_norm(f"{name}.in_layers.0", x))
        if change == "down":
            h, x = (functional.avg_pool2d(one[None], 2)[0] for one in (h, x))
        if change == "up":
            h, x = (one.repeat_interleave(2, 1).repeat_interleave(2, 2) for one in (h, x))
        h = self.conv(f"{name}.in_layers.2", h)
        both = (
            self.w[f"{name}.emb_layers.1.weight"] @ functional.silu(emb) + self.w[f"{name}.emb_layers.1.bias"]
        )
        scale, shift = both[: len(h), None, None], both[len(h) :, None, None]
        h = self.group_norm(f"{name}.out_layers.0", h) * (1 + scale) + shift
        h = self.conv(f"{name}.out_layers.3", functional.silu(h))
        skip = f"{name}.skip_connection"
        return h + (self.conv(skip, x) if f"{skip}.weight" in self.w else x)

    def joint(self, name: str, planes: list[Tensor]) -> list[Tensor]:
        row = self.attend(name, torch.cat([plane.flatten(1) for plane in planes], 1))
        parts = row.split([plane[0].numel() for plane in planes], 1)
        return [part.reshape(plane.shape) for part, plane in zip(parts, planes, strict=True)]

    def attend(self, name: str, x: Tensor) -> Tensor:
        row = self.group_norm(f"{name}.norm", x).flatten(1)
        qkv = self.w[f"{name}.qkv.weight"][..., 0] @ row + self.w[f"{name}.qkv.bias"][:, None]
        width = len(row) // HEADS
        out = []
        for h in range(HEADS):
            q, k, v = qkv[3 * width * h : 3 * width * (h + 1)].split(width)
            out.append(v @ torch.softmax(q.T @ k / math.sqrt(width), dim=1).T)
        weight, bias = self.w[f"{name}.proj_out.weight"][..., 0], self.w[f"{name}.proj_out.bias"]
        return x + (weight @ torch.cat(out) + bias[:, None]).reshape(x.shape)

    def conv(self, name: str, x: Tensor) -> Tensor:
        weight = self.w[f"{name}.weight"]
        return functional.conv2d(x[None], weight, self.w[f"{name}.bias"], padding=weight.shape[-1] // 2)[0]

    def group_norm(self, name: str, x: Tensor) -> Tensor:
        grouped = x.reshape(32, -1)
        centred = grouped - grouped.mean(1, keepdim=True)
        scaled = (centred / torch.sqrt((centred**2).mean(1, keepdim=True) + 1e-5)).reshape(x.shape)
        ends = (-1, *(1,) * (x.ndim - 1))
        return scaled * self.w[f"{name}.weight"].reshape(ends) + self.w[f"{name}.bias"].reshape(ends)
