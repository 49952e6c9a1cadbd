"""The data of a run: its recordings and their statistics, opened and checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from elocute.dataset.statistics import STATS_FILE, CoefficientStats
from elocute.dataset.store import RecordingStore, read_split
from elocute.errors import SettingsError
from elocute.models.diffposetalk.config import MotionLayout
from elocute.models.diffposetalk.stats import MotionStats
from elocute.motion.basis import OFFICIAL
from elocute.training.core.settings import RunSettings


@dataclass(frozen=True)
class RunData:
    """What a run reads.

    Attributes:
        store: the recordings.
        train: names of those to train on.
        validation: names of those to validate on, or empty.
        stats: normalisation.
        motion_stats: the same for the model.
        basis: face basis of the expression numbers.
        stats_file: where the statistics came from.
    """

    store: RecordingStore
    train: list[str]
    validation: list[str]
    stats: CoefficientStats
    motion_stats: MotionStats
    basis: str
    stats_file: Path

    def layout(self, *, head: bool, jaw: int) -> MotionLayout:
        """The numbers of a frame of a model on this data."""
        return MotionLayout(self.stats.columns("exp"), 3 if head else 0, jaw)


def open_data(settings: RunSettings) -> RunData:
    """Open the dataset that the settings name.

    Raises:
        InputError: dataset, list or statistics are missing or damaged.
        SettingsError: the settings name no dataset.
    """
    if not settings.dataset:
        raise SettingsError("The settings name no dataset.", "Set run.dataset to its folder.")
    folder = Path(settings.dataset)
    store = RecordingStore(folder)
    places = [folder / STATS_FILE, store.folder / STATS_FILE, folder.parent / STATS_FILE]
    path = Path(settings.statistics or next((p for p in places if p.is_file()), places[0]))
    return RunData(
        store=store,
        train=read_split(folder, settings.split),
        validation=read_split(folder, settings.validation) if settings.validation else [],
        stats=CoefficientStats.load(path),
        motion_stats=MotionStats.load_npz(path),
        basis=store.basis or OFFICIAL.name,
        stats_file=path,
    )
