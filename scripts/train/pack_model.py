"""Packs a trained checkpoint of the bundled model as the folder that ships.

    python -m scripts.train.pack_model --checkpoint RUN/model/checkpoints/0006000 \\
        --presets RUN/preset_styles.safetensors --out out/elocute-lite

For a training that another machine stopped after the model (``train_default --stop-after model``). The
settings are those in the checkpoint; how it samples is what ``--config`` says, if given.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from scripts.terminal import exit_code
from scripts.train.train_default import FACE


def main(arguments: Sequence[str] | None = None) -> int:
    """Pack it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkpoint", type=Path, required=True, help="folder of the checkpoint")
    parser.add_argument("--presets", type=Path, required=True, help="styles of the presets, of the same run")
    parser.add_argument("--config", type=Path, help="settings whose sampling counts (default the run's)")
    parser.add_argument("--out", type=Path, required=True, help="folder to write")
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options))


def run(options: argparse.Namespace) -> None:
    """Read settings, styles and head, and write the folder."""
    from elocute.checkpoint.weights import read_weights
    from elocute.face.model import FaceModel
    from elocute.training.core.run_folder import SETTINGS_FILE
    from elocute.training.core.settings import read_settings
    from elocute.training.elocute_lite.package import package_model
    from elocute.training.elocute_lite.settings import PhoneticSettings

    settings = read_settings(options.checkpoint / SETTINGS_FILE, PhoneticSettings)
    if options.config is not None:
        settings = replace(settings, sampling=read_settings(options.config, PhoneticSettings).sampling)
    presets = read_weights(options.presets)
    package_model(options.checkpoint, options.out, presets, FaceModel.load(FACE), settings)
    print(f"{len(presets)} styles, weights and graphs in {options.out}")


if __name__ == "__main__":
    raise SystemExit(main())
