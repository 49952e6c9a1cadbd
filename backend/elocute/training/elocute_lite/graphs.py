"""Write a checkpoint's networks as ONNX graphs, from the PyTorch modules that were trained.

The graphs say what is computed and hold no weights: each initializer has the name of a weight in the folder's
safetensors files, from which :mod:`elocute.models.diffposetalk.onnx_folder` fills it in. So weights are
stored once, and a model of the same sizes that is trained again keeps its graphs.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from onnx import ModelProto, TensorProto
from torch import Tensor, nn

from elocute.checkpoint.folder import WEIGHTS
from elocute.errors import SettingsError
from elocute.models.diffposetalk.files import DENOISER, GRAPHS, MANIFEST, MEMORY, OTHERS, SPEECH, STYLE
from elocute.models.diffposetalk.folder import LoadedModel, style_width
from elocute.models.diffposetalk.local_denoiser import STEP_WIDTH, LocalDenoiser
from elocute.models.diffposetalk.local_network import LocalMemory
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.onnx_folder import built_from
from elocute.models.diffposetalk.style_encoder import StyleEncoder
from elocute.speech_encoders.phonetic_encoder import PhoneticEncoder
from elocute.speech_encoders.phonetic_input import MOUTH_WIDTH, PHONE_WIDTH, SOUND_WIDTH, SOURCES
from elocute.storage.atomic_write import write_atomically

_OPSET: Final = 20
"""The first with Gelu."""
_FRAMES: Final = 40
_STEPS: Final = 3


class _Speech(nn.Module):
    """What :meth:`DiffPoseTalk.encode_phonetic` gives, with likelihoods instead of logits."""

    def __init__(self, network: DiffPoseTalk) -> None:
        super().__init__()
        self.audio_encoder = network.audio_encoder
        self.audio_feature_map = network.audio_feature_map
        self._encode = network.encode_phonetic

    def forward(
        self, sound: Tensor, phones: Tensor, mouth: Tensor, source: Tensor, heard: Tensor
    ) -> tuple[Tensor, Tensor]:
        features, logits = self._encode(sound, phones, mouth, source, heard)
        return features, logits.softmax(dim=-1)


class _Memory(nn.Module):
    """What does not depend on x_t: :meth:`LocalDenoiser.remember`, and the embedding of steps from their rows
    of the sinusoidal table."""

    def __init__(self, denoiser: LocalDenoiser) -> None:
        super().__init__()
        self.denoising_net = denoiser

    def forward(self, audio: Tensor, people: Tensor, sines: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        memory = self.denoising_net.remember(audio, people)
        return memory.person, memory.sound, memory.asked, self.denoising_net.step_map(sines)


class _Denoiser(nn.Module):
    """:meth:`LocalDenoiser.denoise` of one take in several branches."""

    def __init__(self, denoiser: LocalDenoiser) -> None:
        super().__init__()
        self.denoising_net = denoiser

    def forward(
        self, motion: Tensor, embedding: Tensor, person: Tensor, sound: Tensor, asked: Tensor
    ) -> Tensor:
        return self.denoising_net.denoise(motion, embedding, LocalMemory(person, sound, asked))


@dataclass(frozen=True)
class _Graph:
    """A module and how it is traced.

    Attributes:
        module: computes it; its parameters have the names of the checkpoint's weights.
        example: inputs.
        free: for each input the axes of any length, by number.
        outputs: names.
    """

    module: nn.Module
    example: tuple[Tensor, ...]
    free: Sequence[Mapping[int, Any]]
    outputs: Sequence[str]


def write_graphs(folder: Path, model: LoadedModel) -> None:
    """Write the graphs of ``model`` into its checkpoint folder.

    Raises:
        SettingsError: the model has no local denoiser, or hears something else than phones and sound.
        OSError: they cannot be written.
    """
    graphs = _graphs(model)
    manifest: dict[str, Any] = {"of": built_from(model.config), "weights": {}}
    (folder / GRAPHS).mkdir(parents=True, exist_ok=True)
    for name, one in graphs.items():
        graph = _exported(one)
        manifest["weights"][name] = _hollowed(graph, set(one.module.state_dict()))
        with write_atomically(folder / GRAPHS / name) as temporary:
            temporary.write_bytes(graph.SerializeToString(deterministic=True))
    filled = {weight for part in manifest["weights"].values() for weight in part}
    manifest["weights"][OTHERS] = {
        weight: list(value.shape)
        for weight, value in model.network.state_dict().items()
        if weight not in filled
    }
    with write_atomically(folder / GRAPHS / MANIFEST) as temporary:
        temporary.write_text(json.dumps(manifest, indent=1, sort_keys=True) + "\n", encoding="utf-8")


def _graphs(model: LoadedModel) -> dict[str, _Graph]:
    encoder, denoiser = model.network.audio_encoder, model.network.denoising_net
    if not isinstance(denoiser, LocalDenoiser) or not isinstance(encoder, PhoneticEncoder):
        raise SettingsError(f"The model {model.name} has no graphs: its denoiser makes windows.")
    config = model.config
    width, person = config.layout.width, config.denoiser.shape_dim + config.denoiser.style_dim
    features = torch.zeros(2, _FRAMES, config.denoiser.feature_dim + denoiser.asked)
    batch, frames = torch.export.Dim("batch"), torch.export.Dim("frames")
    clip, clips, people = {1: frames}, {0: batch, 1: frames}, {0: batch}
    memory = denoiser.remember(features, torch.zeros(2, person))
    told = [torch.zeros(1, _FRAMES, size) for size in (SOUND_WIDTH, PHONE_WIDTH, MOUTH_WIDTH)]
    graphs = {
        SPEECH: _Graph(
            _Speech(model.network),
            (*told, torch.zeros(1, len(SOURCES)), torch.ones(1, dtype=torch.bool)),
            (clip, clip, clip, {}, {}),
            ("features", "likely"),
        ),
        MEMORY: _Graph(
            _Memory(denoiser),
            (features, torch.zeros(2, 1, person), torch.zeros(_STEPS, STEP_WIDTH)),
            (clips, people, {0: torch.export.Dim("steps")}),
            ("person", "sound", "asked", "embedded"),
        ),
        DENOISER: _Graph(
            _Denoiser(denoiser),
            (
                torch.zeros(1, _FRAMES, width),
                torch.zeros(memory.person.shape[-1]),
                memory.person,
                memory.sound,
                memory.asked,
            ),
            (clip, {}, people, clips, clips),
            ("prediction",),
        ),
    }
    if model.style_encoder is not None:
        motion = torch.zeros(1, _FRAMES, style_width(config))
        window = torch.export.Dim("frames", min=2, max=StyleEncoder.LONGEST)
        graphs[STYLE] = _Graph(model.style_encoder, (motion,), ({1: window},), ("style",))
    return graphs


def _exported(one: _Graph) -> ModelProto:
    with torch.no_grad(), _attention_as_written():
        program = torch.onnx.export(
            one.module.eval(),
            one.example,
            dynamo=True,
            opset_version=_OPSET,
            dynamic_shapes=tuple(one.free),
            output_names=list(one.outputs),
            optimize=False,
            verbose=False,
        )
    assert program is not None  # nothing is written by itself  # noqa: S101
    return program.model_proto


@contextmanager
def _attention_as_written() -> Iterator[None]:
    """PyTorch's transformer layers as the operators they are made of, which ONNX has."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def _hollowed(graph: ModelProto, weights: set[str]) -> dict[str, list[int]]:
    """Take the weights out of a graph and what only describes it; returns each weight's shape."""
    shapes = {}
    for tensor in graph.graph.initializer:
        if tensor.name in weights:
            shapes[tensor.name] = list(tensor.dims)
            _make_external(tensor)
    del graph.graph.value_info[:]
    for described in (graph, graph.graph, *graph.graph.node, *graph.graph.initializer, *graph.graph.input):
        del described.metadata_props[:]
        described.doc_string = ""
    for value in graph.graph.input:
        # One row of a person stands for all frames or for one: every operator takes either.
        if value.name in {"person", "people"}:
            value.type.tensor_type.shape.dim[1].dim_param = "rows"
    return shapes


def _make_external(tensor: TensorProto) -> None:
    size = 4
    for length in tensor.dims:
        size *= length
    kept = TensorProto(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims)
    kept.data_location = TensorProto.EXTERNAL
    for key, value in (("location", WEIGHTS), ("offset", "0"), ("length", str(size))):
        kept.external_data.add(key=key, value=value)
    tensor.CopyFrom(kept)
