"""Makes harder versions of recordings with phones: telephones, noise, rooms, tapes, other voices and manners.

    python -m scripts.bench.hard_conditions RECORDINGS --out out/hard
    elocute measure speech out/hard/telephone --face flame_assets/elocute-head-1.npz
    python -m scripts.bench.hard_conditions RECORDINGS --out out/hard --lips

The last one measures the lips of the models in all of them, and tells halves of the recordings apart. See
:mod:`elocute.bench.hard_conditions` for what the conditions are and are not.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

from elocute.bench.hard_conditions import CONDITIONS, write_conditions
from elocute.bench.hard_lips import COLUMNS, HardLips
from elocute.bench.recordings import WAYS, recordings_in
from elocute.bench.tables import markdown_table
from elocute.bench.variants import Variant, load_generator
from elocute.face.model import FaceModel
from elocute.models.catalogue import DEFAULT_MODEL, FALLBACK_MODEL
from scripts.bench.data import HEAD, SPEECH

MODELS = (DEFAULT_MODEL, FALLBACK_MODEL)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the folders."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", type=Path, nargs="*", default=SPEECH, help="recordings with phones")
    parser.add_argument("--conditions", nargs="+", choices=list(CONDITIONS), default=list(CONDITIONS))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True, help="folder, one below it for each condition")
    parser.add_argument("--lips", action="store_true", help="also measure the lips of the models")
    parser.add_argument("--models", nargs="+", default=MODELS, metavar="ID", help="whose lips")
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS[:2], help="how phones are found")
    parser.add_argument("--json", type=Path, help="also write the numbers of the lips here")
    options = parser.parse_args(arguments)
    recordings = [one for folder in options.folders for one in recordings_in(folder)]
    write_conditions(recordings, options.out, options.conditions, options.seed)
    if options.lips:
        variants = [Variant(name, load_generator(name)) for name in options.models]
        lips = HardLips(options.out, options.conditions, variants, FaceModel.load(HEAD))
        rows = {}
        for name, scores in lips.rows(options.ways):
            rows[name] = scores
            print(markdown_table(name, COLUMNS, {name: scores}).splitlines()[-1], flush=True)
        print(markdown_table("condition: phones from: lips of", COLUMNS, rows))
        if options.json is not None:
            options.json.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
