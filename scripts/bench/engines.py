"""What computes the bundled model, compared: time for a second of sound, memory, difference.

    python -m scripts.bench.engines RECORDING [--transcript TEXT] [--seconds 60] [--repeats 3]

Each engine runs in a process of its own, with 1 and with 2 threads; the recording is repeated up to --seconds
long. Processor time says more than the clock's where other programs run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from scripts.backend_path import ROOT
from scripts.terminal import exit_code

_ENGINES: Final = ("onnxruntime", "torch")
_THREADS: Final = (1, 2)
_CHILD: Final = """
import json, resource, sys, time
began = time.perf_counter(), time.process_time()
import numpy as np
from elocute.diffusion.noise import SeededArrays
from elocute.models.diffposetalk.sampling_settings import SamplingSettings
from elocute.models.diffposetalk.voice import Voice
from elocute.models.family import LoadOptions
from elocute.models.registry import bundled_models
from elocute.progress import Progress
from elocute.speech_encoders.phonetic_input import PhoneticInput
engine, told, out, repeats = sys.argv[1:]
folder = bundled_models()[0].folder
if engine == "torch":
    from elocute.models.diffposetalk.folder import load_folder as load
else:
    from elocute.models.diffposetalk.onnx_folder import load_onnx_folder as load
model = load(folder)
sampler = model.sampler(LoadOptions())
loaded = time.perf_counter() - began[0], time.process_time() - began[1]
with np.load(told) as arrays:
    sound = PhoneticInput(*(arrays[name] for name in ("sound", "phones", "mouth", "source")))
voice = Voice(sound, None, np.zeros(model.config.denoiser.style_dim, np.float32))
times = []
for _ in range(int(repeats) + 1):
    at = time.perf_counter(), time.process_time()
    motion = sampler.sample(voice, SamplingSettings(), SeededArrays.from_seed(0, 1), Progress())
    times.append((time.perf_counter() - at[0], time.process_time() - at[1]))
np.save(out, np.asarray(motion))
best = min(times[1:], key=lambda pair: pair[1])
print(json.dumps({
    "load_wall": loaded[0], "load_cpu": loaded[1], "wall": best[0], "cpu": best[1],
    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("recording", type=Path)
    parser.add_argument("--transcript")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--repeats", type=int, default=3)
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Measure every engine and print a table."""
    from elocute.installation import standard_pipeline
    from elocute.progress import Progress
    from elocute.speech_encoders.phonetic_input import phonetic_input

    speech = standard_pipeline().analyse(options.recording, options.transcript, "auto", Progress())
    told = phonetic_input(speech)
    copies = -(-int(options.seconds * 25) // told.frames)
    seconds = copies * told.frames / 25
    rows = {name: np.tile(getattr(told, name), (copies, 1)) for name in ("sound", "phones", "mouth")}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "told.npz"
        np.savez(path, sound=rows["sound"], phones=rows["phones"], mouth=rows["mouth"], source=told.source)
        print(f"{seconds:.0f} s of sound; per second of sound, best of {options.repeats}")
        print("engine        threads  load s (CPU)   s wall  s CPU  peak MB")
        made = {}
        for engine in _ENGINES:
            for threads in _THREADS:
                out = Path(folder) / f"{engine}-{threads}.npy"
                found = measured(engine, path, out, options.repeats, threads)
                made[engine, threads] = np.load(out)
                print(
                    f"{engine:12}  {threads:7}  {found['load_wall']:6.2f} ({found['load_cpu']:4.2f})  "
                    f"{found['wall'] / seconds:7.4f} {found['cpu'] / seconds:6.4f}  {found['megabytes']:7.0f}"
                )
        apart = np.abs(made["torch", 1] - made["onnxruntime", 1]).max()
        print(f"largest difference of the normalised motion: {apart:.1e}")


def measured(engine: str, told: Path, out: Path, repeats: int, threads: int) -> dict[str, float]:
    """What one process tells of itself."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT / "backend"),
        **{f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "OPENBLAS", "MKL")},
    }
    done = subprocess.run(
        [sys.executable, "-c", _CHILD, engine, str(told), str(out), str(repeats)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


if __name__ == "__main__":
    raise SystemExit(main())
