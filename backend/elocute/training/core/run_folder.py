"""The folder of a training run: its settings, its log, its checkpoints, and what resuming needs.

training.json              all settings
losses.csv                 iteration, learning rate and losses
log/                       the same for TensorBoard, where it is installed
checkpoints/<iteration>/   a model folder, training.json again, and training_state.safetensors
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from elocute.checkpoint.weight_arrays import check_weights
from elocute.checkpoint.weights import load_strictly, read_weights, save_weights
from elocute.errors import InputError, unreadable_file
from elocute.optional_packages import missing_package
from elocute.storage.atomic_write import write_atomically
from elocute.storage.guard import guarded
from elocute.storage.json_text import read_json
from elocute.training.core.averaged import AveragedWeights

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

SETTINGS_FILE: Final = "training.json"
LOSSES_FILE: Final = "losses.csv"
INPUTS_FILE: Final = "inputs.json"
STATE_FILE: Final = "training_state.safetensors"
_FIXED_COLUMNS: Final = ("iteration", "phase", "learning_rate")


def open_run(folder: Path, *, resume: bool) -> None:
    """Make the folder of a new run, or check that there is one to resume.

    Raises:
        InputError: the folder cannot be written, already holds a run, or holds none to resume.
    """
    settings = folder / SETTINGS_FILE
    if resume and not settings.is_file():
        raise InputError(
            f"There is no run to resume in {folder}.", "Start one without --resume.", code="missing_file"
        )
    if not resume and settings.exists():
        raise InputError(
            f"{folder} already holds a run.",
            "Give another folder, or continue it with --resume.",
            code="bad_output",
        )
    try:
        (folder / "checkpoints").mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(
            f"Cannot write the run folder {folder}: {error.strerror}.",
            "Choose a folder that you can write to.",
            code="bad_output",
        ) from error


def keep_inputs(folder: Path, files: Sequence[Path]) -> None:
    """Note what a new run reads; on resuming, make sure that it is still the same.

    Raises:
        InputError: a file is missing, or has changed since the run began.
    """
    found = {str(path): _digest(path) for path in files}
    note = folder / INPUTS_FILE
    if not note.is_file():
        with write_atomically(note) as temporary:
            temporary.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        return
    with guarded(lambda reason: InputError(f"{note} is damaged: {reason}.", code="bad_input")):
        before = dict(read_json(note))
    changed = [path for path, digest in found.items() if before.get(path) != digest]
    if changed:
        raise InputError(
            f"Files have changed since this run began: {', '.join(changed)}.",
            "Restore the old files, or start a new run.",
            code="bad_input",
        )


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise unreadable_file(path, error) from error


def checkpoint_folder(folder: Path, iteration: int) -> Path:
    """Where the checkpoint of an iteration lies."""
    return folder / "checkpoints" / f"{iteration:07d}"


def last_checkpoint(folder: Path) -> tuple[int, Path] | None:
    """The latest complete checkpoint of a run with its iteration, or None."""
    found = [path for path in (folder / "checkpoints").glob("*") if (path / STATE_FILE).is_file()]
    numbered = [(int(path.name), path) for path in found if path.name.isdigit()]
    return max(numbered, default=None)


def save_state(path: Path, network: nn.Module, optimizer: Optimizer, average: AveragedWeights | None) -> None:
    """Write weights, their averages and Adam's moments as safetensors.

    Raises:
        InputError: it cannot be written.
    """
    tensors = {f"weights/{name}": value for name, value in network.state_dict().items()}
    if average is not None:
        tensors |= {f"average/{name}": value for name, value in average.weights.items()}
    for name, parameter in network.named_parameters():
        for key, value in optimizer.state.get(parameter, {}).items():
            tensors[f"adam.{key}/{name}"] = value
    save_weights(path, tensors)


def load_state(path: Path, network: nn.Module, optimizer: Optimizer, average: AveragedWeights | None) -> None:
    """Continue from what :func:`save_state` wrote; the modules keep their device.

    Raises:
        InputError: the file is missing, damaged or of another model.
    """
    groups: dict[str, dict[str, Tensor]] = {}
    for key, value in read_weights(path).items():
        group, _, name = key.partition("/")
        groups.setdefault(group, {})[name] = value
    load_strictly(network, groups.get("weights", {}), str(path))
    if average is not None:
        saved = groups.get("average", {})
        check_weights({name: value.shape for name, value in average.weights.items()}, saved, str(path))
        average.restore(saved)
    content = optimizer.state_dict()
    names = {parameter: name for name, parameter in network.named_parameters()}
    order = [names[parameter] for group in optimizer.param_groups for parameter in group["params"]]
    moments = {key.partition(".")[2]: value for key, value in groups.items() if key.startswith("adam.")}
    content["state"] = {
        index: {field: values[name] for field, values in moments.items()}
        for index, name in enumerate(order)
        if all(name in values for values in moments.values())
    }
    optimizer.load_state_dict(content)


@dataclass
class LossLog:
    """Losses of a run, to ``losses.csv``, and to TensorBoard where it is installed.

    Args:
        folder: the run's folder.
        start: iterations that are done; later rows of an interrupted run are dropped.
    """

    folder: Path
    start: int = 0
    _columns: list[str] = field(default_factory=list)

    def __enter__(self) -> LossLog:
        path = self.folder / LOSSES_FILE
        rows = [row for row in read_losses(self.folder) if int(row["iteration"]) <= self.start]
        self._columns = list(rows[0]) if rows else []
        self._stream = path.open("w", newline="", encoding="utf-8")
        self._writer = _tensorboard(self.folder / "log", self.start)
        if rows:
            table = csv.DictWriter(self._stream, self._columns)
            table.writeheader()
            table.writerows(rows)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stream.close()
        if self._writer is not None:
            self._writer.close()

    def add(self, iteration: int, phase: str, learning_rate: float, losses: Mapping[str, float]) -> None:
        """Add a row: ``phase`` is ``train`` or ``validation``."""
        row = {
            "iteration": str(iteration),
            "phase": phase,
            "learning_rate": repr(learning_rate),
            **{name: repr(value) for name, value in losses.items()},
        }
        header = not self._columns
        if header:
            self._columns = [*_FIXED_COLUMNS, *losses]
        table = csv.DictWriter(self._stream, self._columns)
        if header:
            table.writeheader()
        table.writerow(row)
        self._stream.flush()
        if self._writer is None:
            return
        for name, value in losses.items():
            self._writer.add_scalar(f"{phase}/{name}", value, iteration)
        if phase == "train":
            self._writer.add_scalar("learning_rate", learning_rate, iteration)


def _tensorboard(folder: Path, start: int) -> SummaryWriter | None:
    if missing_package(("tensorboard",)) is not None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder), purge_step=start + 1)


def read_losses(folder: Path) -> list[dict[str, str]]:
    """Rows of a run's ``losses.csv``, numbers as text exactly as written; empty if there is none."""
    try:
        with (folder / LOSSES_FILE).open(newline="", encoding="utf-8") as stream:
            return list(csv.DictReader(stream))
    except FileNotFoundError:
        return []


def check_finite(loss: Tensor, iteration: int) -> None:
    """Stop a run that has gone astray.

    Raises:
        InputError: the loss is NaN or infinite.
    """
    if not bool(torch.isfinite(loss)):
        raise InputError(
            f"The loss is not a number at iteration {iteration}.",
            "Lower the learning rate, or look for extreme values in the dataset.",
            code="diverged",
        )
