"""Writes the ONNX graphs of a checkpoint folder, from its PyTorch networks.

    python -m scripts.train.export_graphs [FOLDER]

Needed where the networks' code has changed; packing a trained model writes them too. Needs the packages of
requirements/backend-training.txt.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from scripts.terminal import exit_code
from scripts.train.train_default import BUNDLED


def main(arguments: Sequence[str] | None = None) -> int:
    """Export."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, nargs="?", default=BUNDLED, help="default: the bundled model")
    options = parser.parse_args(arguments)
    return exit_code(lambda: run(options.folder))


def run(folder: Path) -> None:
    """Write the graphs and say how large they are."""
    from elocute.models.diffposetalk.files import GRAPHS
    from elocute.models.diffposetalk.folder import load_folder
    from elocute.training.elocute_lite.graphs import write_graphs

    write_graphs(folder, load_folder(folder))
    for path in sorted((folder / GRAPHS).iterdir()):
        print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    raise SystemExit(main())
