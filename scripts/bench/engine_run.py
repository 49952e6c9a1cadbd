"""What one engine makes of told lines, in a process of its own: ``python -m scripts.bench.engine_run``.

Arguments: engine (onnxruntime, torch), device, file of what is told, file to write, repeats, seconds. It
needs NumPy, the engine and safetensors alone, so it runs where nothing hears.
"""

from __future__ import annotations

import time

_BEGAN = time.perf_counter(), time.process_time()

import json  # noqa: E402 - what is imported is measured
import sys  # noqa: E402
from dataclasses import dataclass  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any, Final  # noqa: E402

import numpy as np  # noqa: E402

from elocute.arrays import as_numpy, joined, like  # noqa: E402
from elocute.diffusion.noise import SeededArrays  # noqa: E402
from elocute.models.diffposetalk.local_network import LocalStep  # noqa: E402
from elocute.models.diffposetalk.sampling_settings import SamplingSettings  # noqa: E402
from elocute.models.diffposetalk.voice import Voice  # noqa: E402
from elocute.models.family import LoadOptions  # noqa: E402
from elocute.models.registry import bundled_models  # noqa: E402
from elocute.progress import Progress  # noqa: E402
from elocute.speech_encoders.phonetic_input import PhoneticInput  # noqa: E402

_ROWS: Final = ("sound", "phones", "mouth", "source")
_STEPS: Final = (500, 250, 20)
_WAYS: Final = {
    "as it is": SamplingSettings(),
    "guided": SamplingSettings(audio_scale=1.5, style_scale=2.0),
    "guided independently": SamplingSettings(guidance="independent", audio_scale=1.5, style_scale=2.0),
}


@dataclass(frozen=True)
class _Engine:
    """A loaded model and what samples with it."""

    model: Any
    sampler: Any
    device: str

    @classmethod
    def load(cls, name: str, device: str) -> _Engine:
        folder = bundled_models()[0].folder
        if folder is None:
            raise FileNotFoundError("the bundled model")
        options = LoadOptions(device=device)
        if name == "torch":
            from elocute.models.diffposetalk.folder import load_folder

            model: Any = load_folder(folder)
        else:
            from elocute.models.diffposetalk.onnx_folder import load_onnx_folder

            model = load_onnx_folder(folder)
        return cls(model, model.sampler(options), device)

    def sampled(self, told: PhoneticInput, style: np.ndarray, way: SamplingSettings) -> np.ndarray:
        """(1, T, D)."""
        voice = Voice(told, None, style)
        return as_numpy(self.sampler.sample(voice, way, SeededArrays.from_seed(0, 1), Progress()))

    def branches(self, told: PhoneticInput, style: np.ndarray) -> dict[str, np.ndarray]:
        """What the encoder hears, and what the denoiser says in each branch at some steps."""
        network, inference = self._network()
        with inference():
            features, likely = network.hear(told)
            null = network.null_audio
            silent = features * 0 + (0 if null is None else null)
            unstyled = np.asarray(as_numpy(self.model.null_style), np.float32).reshape(-1)
            people = like(np.stack([unstyled, unstyled, style]), features)
            rows = [silent, features, features]
            memory, embedded = network.remember(joined(rows, 0), people, _STEPS)
            width = self.model.config.layout.width
            noise = np.random.default_rng(1).standard_normal((1, told.frames, width)).astype(np.float32)
            said = [
                as_numpy(network.denoise(LocalStep(like(noise, features), embedded[index], memory)))
                for index in range(len(_STEPS))
            ]
        return {"features": as_numpy(features), "likely": likely, "branches": np.stack(said)}

    def _network(self) -> tuple[Any, Any]:
        if hasattr(self.model.network, "hear"):
            from contextlib import nullcontext

            return self.model.network, nullcontext
        import torch

        from elocute.models.diffposetalk.torch_local_network import TorchLocalNetwork

        sampler, network = self.sampler, self.model.network
        local = TorchLocalNetwork(
            network, network.denoising_net, sampler._denoise_alone, torch.device(self.device)
        )
        return local, torch.inference_mode


def loaded_network(name: str) -> tuple[Any, int, int, Any]:
    """The bundled model's network, its numbers a frame, those of a style, and what to compute in."""
    engine = _Engine.load(name, "cpu")
    network, inference = engine._network()
    config = engine.model.config
    return network, config.layout.width, config.denoiser.style_dim, inference


def main() -> int:
    """Load, measure, compare; print what was measured as JSON."""
    name, device, told_file, out, repeats, seconds = sys.argv[1:]
    engine = _Engine.load(name, device)
    loaded = _since(_BEGAN)
    with np.load(told_file) as arrays:
        names = sorted({key.partition("/")[0] for key in arrays})
        lines = {line: PhoneticInput(*(arrays[f"{line}/{row}"] for row in _ROWS)) for line in names}
    style = np.random.default_rng(2).standard_normal(engine.model.config.denoiser.style_dim)
    style = (style / np.linalg.norm(style)).astype(np.float32)
    long = _repeated(lines[names[0]], float(seconds))
    engine.sampled(lines[names[0]], style, SamplingSettings())
    first = _since(_BEGAN)
    times = []
    for _ in range(int(repeats) + 1):
        at = time.perf_counter(), time.process_time()
        engine.sampled(long, style, SamplingSettings())
        times.append(_since(at))
    best = min(times[1:])
    made = {
        f"{line}/{way}": engine.sampled(told, style, settings)
        for line, told in lines.items()
        for way, settings in _WAYS.items()
    }
    for line, told in lines.items():
        made |= {f"{line}/{part}": values for part, values in engine.branches(told, style).items()}
    np.savez(out, **made)  # type: ignore[arg-type]
    measured = {
        "load": loaded,
        "first": first,
        "best": best,
        "seconds": long.frames / 25,
        "megabytes": _most_mb(),
        "device": _device_name(device),
    }
    print(json.dumps(measured))
    return 0


def _since(moment: tuple[float, float]) -> tuple[float, float]:
    """Seconds of the clock and of the processor."""
    return time.perf_counter() - moment[0], time.process_time() - moment[1]


def _repeated(told: PhoneticInput, seconds: float) -> PhoneticInput:
    copies = max(-(-int(seconds * 25) // told.frames), 1)
    sound, phones, mouth = (np.tile(array, (copies, 1)) for array in (told.sound, told.phones, told.mouth))
    return PhoneticInput(sound, phones, mouth, told.source)


def _most_mb() -> float:
    status = Path("/proc/self/status")
    if not status.is_file():
        return float("nan")
    return int(status.read_text().partition("VmHWM:")[2].split()[0]) / 1024


def _device_name(device: str) -> str:
    if not device.startswith("cuda"):
        return "processor"
    import torch

    return torch.cuda.get_device_name(device)


if __name__ == "__main__":
    raise SystemExit(main())
