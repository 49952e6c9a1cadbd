"""How much of the processor's peak the bundled model reaches, in each engine, with 1 and with 2 threads.

    python -m scripts.bench.peak_share [--frames 900] [--repeats 5]

The peak is that of a product of two matrices of 2048 rows in float32, by NumPy and by ONNX Runtime. Measured
are one step of the denoiser in three guidance branches and the speech encoder; operations are counted from
the shapes of PyTorch's convolutions and products. Each engine runs in a process of its own for each number
of threads; the quickest of --repeats counts. Run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np

from scripts.backend_path import ROOT
from scripts.terminal import exit_code

_ENGINES: Final = ("numpy", "onnxruntime", "torch")
_THREADS: Final = (1, 2)
_ROWS: Final = 2048
_BRANCHES: Final = 3


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=900, help="of a stretch with its margins")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--inside", choices=_ENGINES, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    return exit_code(lambda: inside(options) if options.inside else outside(options))


def outside(options: argparse.Namespace) -> None:
    """Start a process for each engine and number of threads, and print what they reach."""
    print(f"{options.frames} frames, load {os.getloadavg()[0]:.1f}\n")
    print(
        "| threads | engine | large product, GFLOP/s | denoiser | encoder |\n"
        "| ---: | --- | ---: | ---: | ---: |"
    )
    for threads in _THREADS:
        found = {engine: _measured(engine, threads, options) for engine in _ENGINES}
        peak = max(each["peak"] for each in found.values())
        work = found["torch"]["work"]
        for engine, each in found.items():
            cells = [f"{each['peak']:.0f}"]
            for part in ("denoiser", "encoder"):
                reached = work[part] / each[part] / 1e9 if part in each else 0.0
                cells.append(f"{reached:.0f} ({reached / peak:.0%})" if reached else "")
            print(f"| {threads} | {engine} | {' | '.join(cells)} |", flush=True)
    print(
        f"\nOperations: {work['denoiser'] / 1e9:.2f} G a step of the denoiser, "
        f"{work['encoder'] / 1e9:.2f} G to hear."
    )


def _measured(engine: str, threads: int, options: argparse.Namespace) -> dict[str, Any]:
    count = str(threads)
    environment = {**os.environ, "OMP_NUM_THREADS": count, "OPENBLAS_NUM_THREADS": count}
    numbers = ["--frames", str(options.frames), "--repeats", str(options.repeats)]
    done = subprocess.run(
        [sys.executable, "-m", "scripts.bench.peak_share", "--inside", engine, *numbers],
        env=environment,
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def inside(options: argparse.Namespace) -> None:
    """Measure one engine; prints its seconds, and operations where they can be counted."""
    found: dict[str, Any] = {"peak": 2 * _ROWS**3 / _best(_product(options.inside), options.repeats) / 1e9}
    if options.inside != "numpy":
        parts = _parts(options.inside, options.frames)
        found |= {name: _best(part, options.repeats) for name, part in parts.items()}
        if options.inside == "torch":
            found["work"] = {name: _operations(part) for name, part in parts.items()}
    print(json.dumps(found))


def _best(call: Callable[[], object], repeats: int) -> float:
    call()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return min(times)


def _product(engine: str) -> Callable[[], object]:
    rng = np.random.default_rng(0)
    one, other = (rng.standard_normal((_ROWS, _ROWS)).astype(np.float32) for _ in range(2))
    if engine == "numpy":
        return lambda: one @ other
    if engine == "torch":
        import torch

        left, right = torch.from_numpy(one), torch.from_numpy(other)
        return lambda: left @ right
    import onnxruntime
    from onnx import TensorProto, helper

    from elocute.processor_threads import bind_session, graph_threads

    kind, sides = TensorProto.FLOAT, [_ROWS, _ROWS]
    told = [helper.make_tensor_value_info(name, kind, sides) for name in ("a", "b")]
    node = helper.make_node("MatMul", ["a", "b"], ["c"])
    graph = helper.make_graph([node], "product", told, [helper.make_tensor_value_info("c", kind, sides)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = onnxruntime.SessionOptions()
    bind_session(options, graph_threads())
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda: session.run(None, {"a": one, "b": other})


def _parts(engine: str, frames: int) -> dict[str, Callable[[], object]]:
    """One step of the denoiser in three branches, and the encoder, on numbers without meaning."""
    from elocute.arrays import joined, like
    from elocute.models.diffposetalk.local_network import LocalStep
    from elocute.speech_encoders.phonetic_input import MOUTH_WIDTH, PHONE_WIDTH, SOUND_WIDTH, PhoneticInput
    from scripts.bench.engine_run import loaded_network

    network, width, style_width, around = loaded_network(engine)
    rng = np.random.default_rng(0)
    sound, mouth = (
        rng.standard_normal((frames, each)).astype(np.float32) for each in (SOUND_WIDTH, MOUTH_WIDTH)
    )
    phones = np.zeros((frames, PHONE_WIDTH), np.float32)
    told = PhoneticInput(sound, phones, mouth, np.array([1, 0, 0], np.float32))
    with around():
        features, _ = network.hear(told)
        people = like(np.zeros((_BRANCHES, style_width), np.float32), features)
        memory, embedded = network.remember(joined([features] * _BRANCHES, 0), people, (500,))
    motion = like(rng.standard_normal((1, frames, width)).astype(np.float32), features)

    def run(call: Callable[[], object]) -> object:
        with around():
            return call()

    return {
        "denoiser": lambda: run(lambda: network.denoise(LocalStep(motion, embedded[0], memory))),
        "encoder": lambda: run(lambda: network.hear(told)),
    }


def _operations(part: Callable[[], object]) -> int:
    from torch.utils.flop_counter import FlopCounterMode

    counter = FlopCounterMode(display=False)
    with counter:
        part()
    return int(counter.get_total_flops())


if __name__ == "__main__":
    raise SystemExit(main())
