"""Recordings and batches of the rules model, which is quick."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import numpy as np
import pytest
import soundfile

from elocute.batch.result import RowResult
from elocute.batch.row import RefusedRow, Row
from elocute.batch.run import Batch, TaskRunner, run_batch
from elocute.batch.settings import BatchSettings
from elocute.batch.work import Task, do_rows
from elocute.installation import standard_pipeline
from elocute.performance import PerformanceRequest
from elocute.progress import Progress

SPEECH = Path(__file__).parents[2] / "data" / "speech"


@pytest.fixture
def recording(tmp_path: Path) -> Callable[..., Path]:
    """Writes a short recording that differs with its pitch."""

    def write(name: str = "line.wav", pitch: float = 140.0, seconds: float = 0.8) -> Path:
        time = np.arange(int(seconds * 16000)) / 16000
        voice = sum(np.sin(2 * np.pi * pitch * k * time) / k for k in range(1, 9))
        path = tmp_path / name
        soundfile.write(path, 0.1 * voice * (0.6 + 0.4 * np.sin(2 * np.pi * 4 * time)), 16000)
        return path

    return write


@pytest.fixture
def in_process() -> TaskRunner:
    """A runner that does rows here, one after the other."""

    def run(
        waves: Iterator[Iterator[Task]], progress: Progress
    ) -> Generator[tuple[Task, RowResult], None, None]:
        for task in chain.from_iterable(waves):
            progress.check()
            (outcome,) = do_rows((task,))
            yield task, outcome.result

    return run


@pytest.fixture
def run_rows(in_process, tmp_path: Path) -> Callable[..., tuple[RowResult, ...]]:
    """Runs rows with the rules model into the folder ``out``."""

    def run(
        entries: Sequence[Row | RefusedRow],
        settings: BatchSettings | None = None,
        progress: Progress | None = None,
    ) -> tuple[RowResult, ...]:
        settings = settings or BatchSettings()
        usual = replace(settings.request, model=settings.request.model or "rules")
        batch = Batch(entries, tmp_path / "out", replace(settings, request=usual))
        return run_batch(batch, standard_pipeline(), in_process, progress or Progress())

    return run


@pytest.fixture
def rules() -> PerformanceRequest:
    return PerformanceRequest(model="rules")
