"""A checkpoint folder whose networks are also there as ONNX graphs, read without PyTorch.

``graphs`` holds a graph for each network (written by :mod:`elocute.training.elocute_lite.graphs`) and a
manifest: from which configuration they were made and which weights they are filled in with. The weights
themselves are those of the folder's safetensors files.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.checkpoint.folder import CONFIG, WEIGHTS, read_config
from elocute.checkpoint.weight_arrays import check_weights, read_weight_arrays
from elocute.diffusion.schedule import NoiseSchedule
from elocute.errors import InputError, SettingsError
from elocute.models.diffposetalk.config import DiffPoseTalkConfig
from elocute.models.diffposetalk.engine import ClipSampler
from elocute.models.diffposetalk.files import (
    BETAS,
    DENOISER,
    GRAPHS,
    MANIFEST,
    MEMORY,
    OTHERS,
    SPEECH,
    STATS,
    STYLE,
    STYLE_WEIGHTS,
)
from elocute.models.diffposetalk.graph_session import GraphSession
from elocute.models.diffposetalk.local_sampling import LocalSampler
from elocute.models.diffposetalk.onnx_local_network import OnnxLocalNetwork
from elocute.models.diffposetalk.stats import MotionStats, stats_shapes
from elocute.models.family import ONNX_RUNTIME, LoadOptions
from elocute.storage.guard import guarded
from elocute.storage.json_text import read_json

_NULL_AUDIO: Final = "null_audio_feat"
_NULL_STYLE: Final = "null_style_feat"


def built_from(config: DiffPoseTalkConfig) -> dict[str, Any]:
    """What of a configuration the graphs follow from, as JSON has it."""
    told = config.to_json()
    parts = ("audio", "denoiser", "layout", "local", "style_encoder")
    kept: dict[str, Any] = json.loads(json.dumps({name: told[name] for name in parts}))
    return kept


@dataclass(frozen=True)
class OnnxModel:
    """A checkpoint in memory, computed by ONNX Runtime on the processor.

    Attributes:
        config: its configuration.
        network: speech encoder and denoiser.
        schedule: noise schedule, the numbers that the model was trained with.
        stats: normalisation.
        null_style: (style_dim,) the learned "no style", if style guides.
        style_graph: the style encoder, None if the folder has none.
        name: what it is called.
        folder: where it came from, for its styles.
        engine: what computes it.
    """

    config: DiffPoseTalkConfig
    network: OnnxLocalNetwork
    schedule: NoiseSchedule
    stats: MotionStats
    null_style: NDArray[np.float32] | None
    style_graph: GraphSession | None
    name: str
    folder: Path | None
    engine: str = ONNX_RUNTIME

    @property
    def encodes_styles(self) -> bool:
        """Whether it has a style encoder."""
        return self.style_graph is not None

    def encode_style(self, motion: NDArray[np.float32]) -> NDArray[np.float32]:
        """See :meth:`~elocute.models.diffposetalk.engine.ModelParts.encode_style`."""
        if self.style_graph is None:
            raise ValueError(f"the model {self.name} has no style encoder")
        (styles,) = self.style_graph.run(motion[None].astype(np.float32))
        style: NDArray[np.float32] = styles[0]
        return style

    def sampler(self, options: LoadOptions) -> ClipSampler:
        """See :meth:`~elocute.models.diffposetalk.engine.ModelParts.sampler`."""
        if options != LoadOptions():
            raise SettingsError("ONNX Runtime computes in float32 on the processor.", "Leave the device out.")
        return LocalSampler(self, self.network)


def load_onnx_folder(folder: Path, name: str | None = None) -> OnnxModel:
    """Load a checkpoint folder that has graphs; strict about every weight.

    Args:
        folder: where it is.
        name: what the model is called; None for the folder's name.

    Raises:
        InputError: anything missing, damaged or contradictory.
        ImportError: onnxruntime is not installed.
    """
    config = DiffPoseTalkConfig.from_json(read_config(folder), str(folder / CONFIG))
    manifest = _read_manifest(folder / GRAPHS / MANIFEST, config)
    path = folder / WEIGHTS
    weights = read_weight_arrays(path)
    own = [name for name in manifest if name != STYLE]
    check_weights({name: shape for part in own for name, shape in manifest[part].items()}, weights, str(path))

    def session(graph: str, values: Mapping[str, NDArray[np.float32]]) -> GraphSession:
        return GraphSession(folder / GRAPHS / graph, {name: values[name] for name in manifest[graph]})

    style_graph = None
    if config.style_encoder is not None:
        path = folder / STYLE_WEIGHTS
        style_weights = read_weight_arrays(path)
        check_weights(manifest[STYLE], style_weights, str(path))
        style_graph = session(STYLE, style_weights)
    null = weights.get(_NULL_STYLE)
    stats, schedule = _read_stats(folder / STATS, config)
    return OnnxModel(
        config=config,
        network=OnnxLocalNetwork(
            session(SPEECH, weights),
            session(MEMORY, weights),
            session(DENOISER, weights),
            weights.get(_NULL_AUDIO),
        ),
        schedule=schedule,
        stats=stats,
        null_style=None if null is None else null[0, 0],
        style_graph=style_graph,
        name=name or folder.resolve().name,
        folder=folder,
    )


def _read_manifest(path: Path, config: DiffPoseTalkConfig) -> dict[str, dict[str, tuple[int, ...]]]:
    """For each graph, and for the weights that stand in none, names and shapes.

    Raises:
        InputError: missing, damaged, or of another configuration.
    """
    with guarded(
        lambda reason: InputError(
            f"{path} is damaged: {reason}.", "Download or copy it again.", code="bad_checkpoint"
        )
    ):
        content = read_json(path)
        if content["of"] != built_from(config):
            raise InputError(
                f"{path.parent} holds the graphs of another model than {path.parents[1] / CONFIG} describes.",
                "Remove that folder, to have PyTorch compute the model, or copy the model again.",
                code="bad_checkpoint",
            )
        parts = {
            part: {str(name): tuple(map(int, shape)) for name, shape in weights.items()}
            for part, weights in content["weights"].items()
        }
        needed = {SPEECH, MEMORY, DENOISER, OTHERS} | ({STYLE} if config.style_encoder is not None else set())
        if parts.keys() != needed:
            raise ValueError(f"it should list {', '.join(sorted(needed))}")
        return parts


def _read_stats(path: Path, config: DiffPoseTalkConfig) -> tuple[MotionStats, NoiseSchedule]:
    numbers = read_weight_arrays(path)
    check_weights(stats_shapes(config), numbers, str(path))
    schedule = NoiseSchedule(numbers.pop(BETAS))
    return MotionStats(**numbers).check(config, str(path)), schedule
