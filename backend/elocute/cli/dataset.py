"""``elocute dataset``: pack recordings for training, measure them, show what a dataset contains."""

from __future__ import annotations

import argparse

from elocute.cli.argument_types import file_name, whole_number
from elocute.cli.arguments import (
    MakePipeline,
    Subparsers,
    add_json_argument,
    check_output,
    refuse_reading_and_writing,
)
from elocute.cli.console import Console
from elocute.errors import SettingsError


def add_parser(commands: Subparsers) -> None:
    """Add this subcommand."""
    parser = commands.add_parser(
        "dataset",
        help="pack training data and compute its statistics",
        description="Pack recordings for training, compute their statistics, show what a dataset contains.",
    )
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    pack = actions.add_parser("pack", help="pack a folder of <person>/<video>.wav and .npz pairs")
    pack.add_argument(
        "source",
        type=file_name,
        metavar="FOLDER",
        help="one folder per person with pairs of sound and motion files",
    )
    pack.add_argument("--out", type=file_name, required=True, metavar="DIR", help="folder of the dataset")
    pack.add_argument(
        "--val", type=whole_number, default=0, metavar="N", help="people for validation (default 0)"
    )
    pack.add_argument(
        "--test", type=whole_number, default=0, metavar="N", help="people for testing (default 0)"
    )
    pack.add_argument("--seed", type=whole_number, default=0, metavar="N", help="random seed of the split")
    pack.add_argument(
        "--shape-columns",
        type=whole_number,
        default=100,
        metavar="N",
        help="identity coefficients per frame (default 100)",
    )
    add_json_argument(pack)
    pack.set_defaults(run=run_pack)
    stats = actions.add_parser("stats", help="compute mean and standard deviation of the training recordings")
    stats.add_argument("dataset", type=file_name, metavar="DIR", help="folder of the dataset")
    stats.add_argument("--split", default="train", help="list of recordings (default train)")
    stats.add_argument(
        "--rounds", type=whole_number, default=1000, metavar="N", help="crops per recording (default 1000)"
    )
    stats.add_argument(
        "--crop", type=whole_number, default=100, metavar="N", help="frames per crop (default 100)"
    )
    stats.add_argument("--seed", type=whole_number, default=0, metavar="N", help="random seed of the crops")
    stats.add_argument(
        "--out", type=file_name, metavar="FILE", help="default: stats_train.npz in the dataset"
    )
    add_json_argument(stats)
    stats.set_defaults(run=run_stats)
    info = actions.add_parser("info", help="show what a dataset contains")
    info.add_argument("dataset", type=file_name, metavar="DIR", help="folder of the dataset")
    add_json_argument(info)
    info.set_defaults(run=run_info)


def run_pack(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Pack a dataset.

    Raises:
        InputError: a recording or the folder cannot be used.
        SettingsError: more people are set apart than there are.
    """
    from elocute.dataset.pack import PackSettings, find_sources, pack

    refuse_reading_and_writing(options.out, options)
    sources = find_sources(options.source)
    progress, done = console.progress(), 0

    def tell(name: str) -> None:
        nonlocal done
        done += 1
        progress.report("pack", done / len(sources), name)

    settings = PackSettings(options.val, options.test, options.shape_columns, options.seed)
    result = pack(sources, options.out, settings, tell)
    counts = {split: len(names) for split, names in result.splits.items()}
    listed = ", ".join(f"{count} {split}" for split, count in counts.items())
    console.say(f"{options.out}: {listed} recordings, {result.frames} frames")
    console.result({"dataset": str(options.out), "recordings": counts, "frames": result.frames})


def run_stats(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Measure a dataset.

    Raises:
        InputError: the dataset is missing or damaged, or the file cannot be written.
        SettingsError: no rounds or no frames.
    """
    from elocute.dataset.statistics import STATS_FILE, measure
    from elocute.dataset.store import RecordingStore, read_split

    if options.rounds < 1 or options.crop < 1:
        raise SettingsError("--rounds and --crop must be 1 or more.")
    if options.out is not None:
        check_output(options.out, (".npz",), options)
    store = RecordingStore(options.dataset)
    names = read_split(options.dataset, options.split)
    progress, done = console.progress(), 0

    def tell(name: str) -> None:
        nonlocal done
        done += 1
        progress.report("measure", done / len(names), name)

    stats = measure(
        store, names, rounds=options.rounds, crop_frames=options.crop, seed=options.seed, on_recording=tell
    )
    path = options.out or options.dataset / STATS_FILE
    stats.save(path)
    console.say(f"{path}: statistics of {len(names)} recordings")
    console.result({"statistics": str(path), "recordings": len(names)})


def run_info(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Say what a dataset holds.

    Raises:
        InputError: the dataset is missing or damaged.
    """
    from elocute.dataset.store import FPS, RecordingStore

    store = RecordingStore(options.dataset)
    names = store.names()
    frames = sum(store.frames(name) for name in names)
    people = len({name.split("/")[0] for name in names})
    minutes = frames / FPS / 60
    console.say(f"{store.folder}: {len(names)} recordings of {people} people, {minutes:.1f} minutes")
    console.say(f"  basis: {store.basis or 'not stated'}")
    console.result(
        {
            "dataset": str(store.folder),
            "recordings": len(names),
            "people": people,
            "frames": frames,
            "basis": store.basis,
        }
    )
