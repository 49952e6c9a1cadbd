"""``elocute dataset``: pack recordings for training, measure them, show what a dataset contains."""

from __future__ import annotations

import argparse
import re

from elocute.cli.argument_types import file_name, whole_number
from elocute.cli.arguments import (
    MakePipeline,
    Subparsers,
    add_json_argument,
    check_output,
    refuse_reading_and_writing,
)
from elocute.cli.console import Console
from elocute.errors import SettingsError, counted
from elocute.storage.atomic_write import refuse_unwritable, refuse_unwritable_folder


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
    taken = actions.add_parser(
        "import", help="take an actor's recordings with motion for elocute train actor"
    )
    taken.add_argument(
        "source",
        type=file_name,
        metavar="FOLDER",
        help="pairs of a sound and a motion of the same name: what elocute import reads, clips, official "
        "motion files; words in NAME.txt beside them",
    )
    taken.add_argument("--out", type=file_name, required=True, metavar="DIR", help="new folder")
    taken.add_argument("--name", metavar="NAME", help="of the actor (default: the name of DIR)")
    taken.add_argument(
        "--face", type=file_name, metavar="FACE.npz", help="head of motions that are not of elocute-head-1"
    )
    taken.add_argument("--language", default="auto", help="of what is said, ISO 639 (default auto)")
    add_json_argument(taken)
    taken.set_defaults(run=run_import)
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
    refuse_unwritable_folder(options.out)
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
    console.say(f"{options.out}: {listed} recordings, {counted(result.frames, 'frame')}")
    console.result({"dataset": str(options.out), "recordings": counts, "frames": result.frames})


def run_import(options: argparse.Namespace, console: Console, make_pipeline: MakePipeline) -> None:
    """Take an actor's recordings.

    Raises:
        InputError: nothing could be taken, or a folder cannot be used.
        SettingsError: the name is none of a folder.
    """
    from elocute.dataset.actor.importing import import_takes
    from elocute.dataset.actor.train_settings import write_train_settings
    from elocute.face.model import FaceModel

    refuse_reading_and_writing(options.out, options)
    name = options.name or options.out.resolve().name
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}", name):
        raise SettingsError(
            f"{name!r} is no name for a model and its style.",
            "Give --name of letters, digits, - and _.",
        )
    refuse_unwritable_folder(options.out)
    report = import_takes(
        options.source,
        options.out,
        name,
        face=None if options.face is None else FaceModel.load(options.face),
        language=options.language,
        finish=lambda folder, _: write_train_settings(folder, options.out),
        progress=console.progress(),
    )
    for sentence in report.sentences():
        console.say(sentence)
    minutes = sum(one.facts.seconds for one in report.taken) / 60
    console.say(f"{options.out}: {counted(len(report.taken), 'take')}, {minutes:.1f} minutes. Next:")
    console.say(f"  elocute train actor --config {options.out / 'train.json'} --out RUN")
    console.result(
        {
            "actor": str(options.out),
            "name": name,
            "taken": [one.facts.take for one in report.taken],
            "refused": {one.name: one.reason for one in report.refused},
            "seconds": minutes * 60,
        }
    )


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
    path = options.out or options.dataset / STATS_FILE
    refuse_unwritable(path)
    progress, done = console.progress(), 0

    def tell(name: str) -> None:
        nonlocal done
        done += 1
        progress.report("measure", done / len(names), name)

    stats = measure(
        store, names, rounds=options.rounds, crop_frames=options.crop, seed=options.seed, on_recording=tell
    )
    stats.save(path)
    console.say(f"{path}: statistics of {counted(len(names), 'recording')}")
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
    console.say(
        f"{store.folder}: {counted(len(names), 'recording')} of "
        f"{'one person' if people == 1 else f'{people} people'}, {minutes:.1f} minutes"
    )
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
