"""Convert published MToV checkpoints to a renderer folder, without executing anything in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from elocute.checkpoint.torch_archive import read_torch_archive
from elocute.checkpoint.weights import built_strictly
from elocute.errors import InputError
from elocute.renderers.mtov.attention_layers import space_scales, time_frequencies
from elocute.renderers.mtov.autoencoder import TriplaneAutoencoder
from elocute.renderers.mtov.config import AutoencoderConfig, MtovConfig, UnetConfig
from elocute.renderers.mtov.folder import LoadedRenderer, save_folder
from elocute.renderers.mtov.unet import LatentUnet

HEADS: Final = 8
"""Attention heads of all published networks; the files do not state them."""
POOL_HEADS: Final = 4
_CODE: Final = "bad_checkpoint"
_HINT: Final = "Choose the .pth file that the official training wrote."
_PREFIX: Final = "diffusion_model."
_DEAD: Final = re.compile(r"output_bg_(blocks|attns)\.|zeros$")
"""Modules that published denoising networks hold and never use."""

_AUTOENCODER_NAMES: Final = (
    (r"encoder\.to_patch_embedding\.", "patches."),
    (r"(xy|yt|xt)_token$", r"pool_\1.token"),
    (r"(xy|yt|xt)_pos_embedding$", r"pool_\1.position"),
    (r"(xy|yt|xt)_quant_attn\.", r"pool_\1."),
    (r"to_pixel\.1\.", "pixels."),
)
_AUTOENCODER_PARTS: Final = (
    (r"^((?:en|de)coder\.layers\.\d+)\.0\.", r"\1.time."),
    (r"^((?:en|de)coder\.layers\.\d+)\.1\.", r"\1.space."),
    (r"^((?:en|de)coder\.layers\.\d+)\.2\.", r"\1.feed."),
    (r"\.fn\.to_qkv\.", ".qkv."),
    (r"\.fn\.to_out\.0\.", ".out."),
    (r"\.fn\.net\.0\.", ".expand."),
    (r"\.fn\.net\.3\.", ".out."),
)
_BLOCK_PARTS: Final = (
    ("in_layers.0.", "norm_in."),
    ("in_layers.2.", "conv_in."),
    ("emb_layers.1.", "time."),
    ("out_layers.0.", "norm_out."),
    ("out_layers.3.", "conv_out."),
    ("skip_connection.", "skip."),
)
_UNET_NAMES: Final = {
    "time_embed.0.": "time_in.",
    "time_embed.2.": "time_out.",
    "input_blocks.0.0.": "begin.",
    "out.0.": "end_norm.",
    "out.2.": "end.",
    "mid_attn.": "middle.across.",
    "middle_block.0.": "middle.first.",
    "middle_block.1.": "middle.within.",
    "middle_block.2.": "middle.second.",
}
_ROTARY: Final = re.compile(r"(?:en|de)coder\.(frame_rot_emb\.inv_freqs|image_rot_emb\.scales)")


def convert_official(film: Path, landmarks: Path, unet: Path, out: Path, *, heads: int = HEADS) -> MtovConfig:
    """Write the folder ``out`` from three published checkpoints.

    Args:
        film: the autoencoder of films.
        landmarks: the autoencoder of drawn landmarks.
        unet: the denoising network, ``ema_model_*.pth``.
        out: folder to write.
        heads: attention heads of autoencoders and network.

    Raises:
        InputError: a file is missing, damaged, hostile or not such a checkpoint, or they do not go together.
    """
    film_weights, film_sizes = _read_autoencoder(film, heads)
    dot_weights, dot_sizes = _read_autoencoder(landmarks, heads)
    if film_sizes != dot_sizes:
        raise InputError(
            f"The autoencoders {film} and {landmarks} have different sizes.",
            "Choose the two of one training.",
            code=_CODE,
        )
    unet_weights, unet_sizes = _read_unet(unet, heads)
    config = MtovConfig(film_sizes, unet_sizes)
    renderer = LoadedRenderer(
        config,
        built_strictly(lambda: TriplaneAutoencoder(film_sizes), film_weights, str(film)),
        built_strictly(lambda: TriplaneAutoencoder(film_sizes), dot_weights, str(landmarks)),
        built_strictly(lambda: LatentUnet(config), unet_weights, str(unet)),
    )
    save_folder(out, renderer, _card(config, (film, landmarks, unet)))
    return config


def read_official_autoencoder(path: Path, *, heads: int = HEADS) -> TriplaneAutoencoder:
    """The autoencoder of a published checkpoint; errors of :func:`convert_official`."""
    weights, sizes = _read_autoencoder(path, heads)
    network = built_strictly(lambda: TriplaneAutoencoder(sizes), weights, str(path))
    return network.eval().requires_grad_(False)


def read_official_unet(path: Path, autoencoder: AutoencoderConfig, *, heads: int = HEADS) -> LatentUnet:
    """The denoising network of a published checkpoint; errors of :func:`convert_official`."""
    weights, sizes = _read_unet(path, heads)
    network = built_strictly(lambda: LatentUnet(MtovConfig(autoencoder, sizes)), weights, str(path))
    return network.eval().requires_grad_(False)


def our_autoencoder_name(name: str) -> str:
    """Our name of a published autoencoder weight; an unknown name stays as it is, so that it is reported."""
    for pattern, own in _AUTOENCODER_NAMES:
        found = re.match(pattern, name)
        if found:
            name = re.sub(f"^{pattern}", own, name)
            break
    if name.startswith("pool_"):
        name = re.sub(r"^(pool_\w\w\.layers\.\d+\.[01])\.", r"\1.", name)
    for pattern, own in _AUTOENCODER_PARTS:
        name = re.sub(pattern, own, name)
    return name


def our_unet_name(name: str, ups: Mapping[int, int]) -> str:
    """Our name of a published weight of the denoising network, without its prefix.

    Args:
        name: the published name.
        ups: published place of the block that raises the resolution, of the stages on the way up that do.
    """
    for theirs, own in _UNET_NAMES.items():
        if name.startswith(theirs):
            return _own_part(own + name.removeprefix(theirs))
    found = re.match(r"(input|output)_(blocks|attns)\.(\d{1,4})\.(?:(\d)\.)?(.*)", name)
    if found is None:
        return name
    side, kind, number, place, rest = found.groups()
    stage = f"down.{int(number) - 1}" if side == "input" else f"up.{number}"
    if kind == "attns":
        return _own_part(f"{stage}.across.{place + '.' if place else ''}{rest}")
    if place == "0":
        part = "block"
    else:
        part = "then" if side == "output" and ups.get(int(number)) == int(place or 0) else "within"
    return _own_part(f"{stage}.{part}.{rest}")


def _own_part(name: str) -> str:
    for theirs, own in _BLOCK_PARTS:
        if f".{theirs}" in name:
            return name.replace(f".{theirs}", f".{own}")
    return name.replace(".proj_out.", ".out.")


def _bare(path: Path) -> dict[str, Tensor]:
    content: Any = read_torch_archive(path)
    if not isinstance(content, dict) or not content:
        raise InputError(f"{path} is not a published MToV checkpoint.", _HINT, code=_CODE)
    if not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in content.items()):
        raise InputError(f"{path} holds weights that are not tensors.", _HINT, code=_CODE)
    return dict(content)


def _read_autoencoder(path: Path, heads: int) -> tuple[dict[str, Tensor], AutoencoderConfig]:
    published = _bare(path)
    sizes = _autoencoder_sizes(published, heads, str(path))
    _drop_tables(published, sizes, str(path))
    return {our_autoencoder_name(name): value for name, value in published.items()}, sizes


def _read_unet(path: Path, heads: int) -> tuple[dict[str, Tensor], UnetConfig]:
    published = {name.removeprefix(_PREFIX): value for name, value in _bare(path).items()}
    live = {name: value for name, value in published.items() if not _DEAD.match(name)}
    sizes = _unet_sizes(live, heads, str(path))
    ups = {
        int(match[1]): int(match[2])
        for name in live
        if (match := re.match(r"output_blocks\.(\d{1,4})\.([12])\.in_layers\.0\.weight", name))
    }
    return {our_unet_name(name, ups): value for name, value in live.items()}, sizes


def _size(weights: Mapping[str, Tensor], source: str, name: str, axes: int, axis: int) -> int:
    found = weights.get(name)
    if found is None or found.ndim != axes:
        state = "missing" if found is None else "of the wrong shape"
        raise InputError(
            f"{source} is not a published MToV checkpoint: {name} is {state}.", _HINT, code=_CODE
        )
    return int(found.shape[axis])


def _count(weights: Mapping[str, Tensor], pattern: str) -> int:
    numbers = [int(match[1]) for name in weights if (match := re.match(pattern, name))]
    return max(numbers, default=-1) + 1


def _autoencoder_sizes(weights: Mapping[str, Tensor], heads: int, source: str) -> AutoencoderConfig:
    """What the shapes say; whether all shapes agree is checked when they are loaded."""

    def size(name: str, axes: int, axis: int) -> int:
        return _size(weights, source, name, axes, axis)

    patch = size("to_pixel.1.weight", 4, 2)
    cells = size("xt_pos_embedding", 3, 1) - 1
    frames = size("xy_pos_embedding", 3, 1) - 1
    inner = size("encoder.layers.0.0.fn.to_out.0.weight", 2, 1)
    pool_inner = size("xy_quant_attn.layers.0.0.fn.to_out.0.weight", 2, 1)
    if heads < 1 or inner % heads or pool_inner % POOL_HEADS:
        raise InputError(
            f"{source}: {inner} channels of attention cannot be shared by {heads} heads.",
            "Give the number of heads that it was trained with.",
            code=_CODE,
        )
    return AutoencoderConfig(
        size=cells * patch,
        frames=frames,
        patch=patch,
        width=size("encoder.to_patch_embedding.weight", 2, 0),
        layers=_count(weights, r"encoder\.layers\.(\d{1,4})\."),
        heads=heads,
        head_width=inner // heads,
        pool_layers=_count(weights, r"xy_quant_attn\.layers\.(\d{1,4})\."),
        pool_heads=POOL_HEADS,
        pool_head_width=pool_inner // POOL_HEADS,
        pool_hidden=size("xy_quant_attn.layers.0.1.fn.net.0.weight", 2, 0),
        latent=size("pre_xy.weight", 4, 0),
    )


def _drop_tables(weights: dict[str, Tensor], sizes: AutoencoderConfig, source: str) -> None:
    """Remove what is computed here; that it is what we compute is checked."""
    weights.pop("coords", None)  # never used
    expected = {
        "frame_rot_emb.inv_freqs": time_frequencies(sizes.head_width),
        "image_rot_emb.scales": space_scales(sizes.head_width),
    }
    for name in [name for name in weights if _ROTARY.fullmatch(name)]:
        found, wanted = weights.pop(name).float().flatten(), expected[name.split(".", 1)[1]]
        if found.shape != wanted.shape or not torch.allclose(found, wanted, rtol=1e-4, atol=0.0):
            raise InputError(
                f"The rotary frequencies {name} in {source} are not those of the network.", code=_CODE
            )


def _unet_sizes(weights: Mapping[str, Tensor], heads: int, source: str) -> UnetConfig:
    """What the shapes say, from the stages on the way down."""

    def size(name: str, axes: int, axis: int) -> int:
        return _size(weights, source, name, axes, axis)

    base = size("input_blocks.0.0.weight", 4, 0)
    stages = _count(weights, r"input_blocks\.(\d{1,4})\.")
    # A stage that changes the resolution keeps its channels and has no attention within planes; of a level's
    # other stages the last ones may look the same, so the levels are read from the way up, where they end.
    rises = sorted(
        int(match[1])
        for name in weights
        if (match := re.match(r"output_blocks\.(\d{1,4})\.[12]\.in_layers\.0\.weight", name))
    )
    levels = len(rises) + 1
    blocks, left = divmod(stages - levels, levels)
    if left or blocks < 1 or base < 1:
        raise InputError(
            f"{source} is not a published MToV checkpoint: its stages do not add up.", _HINT, code=_CODE
        )
    multipliers, attended = [], []
    for level in range(levels):
        first = 1 + level * (blocks + 1)
        multipliers.append(size(f"input_blocks.{first}.0.in_layers.2.weight", 4, 0) // base)
        if f"input_blocks.{first}.1.qkv.weight" in weights:
            attended.append(level)
    return UnetConfig(base, tuple(multipliers), blocks, tuple(attended), heads)


def _card(config: MtovConfig, sources: tuple[Path, Path, Path]) -> str:
    film, landmarks, unet = (path.name for path in sources)
    return (
        "# MToV of MoDiTalker, converted\n\n"
        f"Made by `elocute convert mtov` from {film} (films), {landmarks} (landmarks) and {unet} (denoising "
        "network). The weights, their training data and their licence are those of the original authors; "
        "this folder only stores them in another form.\n\n"
        f"- films of {config.autoencoder.size} x {config.autoencoder.size} pixels, {config.fps:g} frames a "
        f"second, made in chunks of {config.autoencoder.frames}\n"
        f"- {config.steps} diffusion steps, of which {config.sampling_steps} are taken from noise alone\n"
    )
