"""Give damaged, lying and hostile files to every reader of both sides and count what must not happen.

    python -m scripts.bench.fuzz                                   # 2,000 inputs for every reader
    python -m scripts.bench.fuzz --reader "FLAME .pkl" --inputs 200
    python -m scripts.bench.fuzz --seed 7 --first 1500             # go on where a run was stopped

Inputs are read in child processes. Nothing but a value or the project's own error may come out of a reader,
within 10 s and 1 GB, and nothing in an input may run. Input n of a reader is the same for the same seed,
whatever was tried before; what failed is kept in a folder under its reader, seed and number. Linux only:
processes are forked and limited.

Columns: what was returned and what was refused; then what must be 0: tracebacks (any other error, or a
refusal that is no sentence), hangs, over 1 GB, crashes of the process, executions; then the slowest and
the largest input.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.fuzzing.readers import READERS, Reader, made_input, reader_named
from scripts.fuzzing.runner import FAILURES, Result, results

_SHOWN = 3


def try_reader(reader: Reader, seed: int, numbers: range, keep: Path) -> dict[str, object]:
    """The row of one reader; failures are printed and kept."""
    counts: Counter[str] = Counter()
    slowest, largest, shown = 0.0, 0, 0
    for result in results(reader, seed, numbers):
        counts[result.outcome] += 1
        slowest, largest = max(slowest, result.seconds), max(largest, result.memory)
        if result.outcome in FAILURES:
            kept = _keep(reader, seed, result, keep)
            if shown < _SHOWN:
                print(
                    f"{reader.name}, input {result.number}: {result.outcome}; {kept}\n{result.text}\n",
                    flush=True,
                )
            shown += 1
    return {
        "reader": reader.name,
        "inputs": len(numbers),
        "read": counts["value"],
        "refused": counts["refused"],
        "tracebacks": counts["traceback"],
        "hangs": counts["hang"],
        "over 1 GB": counts["memory"],
        "crashes": counts["crash"],
        "executions": counts["executed"],
        "slowest (s)": f"{slowest:.2f}",
        "largest (MB)": f"{largest / 1e6:.0f}",
    }


def _keep(reader: Reader, seed: int, result: Result, folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"{re.sub('[^a-z0-9]+', '-', reader.name.lower())}-{seed}-{result.number}"
    (folder / f"{stem}.txt").write_text(
        f"{result.outcome}\n{result.text}\n", encoding="utf-8", errors="replace"
    )
    path = folder / f"{stem}{Path(reader.file).suffix}"
    path.write_bytes(made_input(reader, seed, result.number))
    return path


def _table(rows: Sequence[Mapping[str, object]]) -> str:
    lines = [list(rows[0]), ["---"] * len(rows[0]), *([str(value) for value in row.values()] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns 1 if anything happened that must not."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--inputs", type=int, default=2000, help="inputs for each reader")
    parser.add_argument("--first", type=int, default=0, help="number of the first input")
    parser.add_argument("--seed", type=int, default=None, help="default: a new one, which is printed")
    parser.add_argument(
        "--reader", action="append", choices=[reader.name for reader in READERS], metavar="NAME"
    )
    parser.add_argument(
        "--keep", type=Path, default=Path("fuzz-failures"), help="folder for inputs that failed"
    )
    options = parser.parse_args(arguments)
    seed = int.from_bytes(os.urandom(4), "little") if options.seed is None else options.seed
    print(f"seed {seed}, inputs {options.first} to {options.inputs - 1}", flush=True)
    chosen = [reader_named(name) for name in options.reader] if options.reader else READERS
    rows = []
    for reader in chosen:
        rows.append(try_reader(reader, seed, range(options.first, options.inputs), options.keep))
        print(", ".join(f"{name} {value}" for name, value in rows[-1].items()), flush=True)
    print("\n" + _table(rows))
    bad = ("tracebacks", "hangs", "over 1 GB", "crashes", "executions")
    return int(any(row[name] for row in rows for name in bad))


if __name__ == "__main__":
    sys.exit(main())
