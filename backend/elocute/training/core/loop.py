"""The training loop that all trainings share: one device or several, resume, averages, logs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedDataParallelKwargs, set_seed
from torch import Tensor, nn
from torch.optim import Optimizer

from elocute.progress import Progress
from elocute.training.core.arithmetic import training_precision
from elocute.training.core.averaged import AveragedWeights
from elocute.training.core.batches import BatchSource, load_batches, random_stream
from elocute.training.core.learning_rate import learning_rate_schedule
from elocute.training.core.run_folder import (
    STATE_FILE,
    LossLog,
    check_finite,
    checkpoint_folder,
    keep_inputs,
    last_checkpoint,
    load_state,
    open_run,
    save_state,
)
from elocute.training.core.settings import RunSettings

_DROPOUT: Final = 3
_VALIDATION_SEED: Final = 1_000_003


def adam(parameters: list[nn.Parameter], rate: float) -> Optimizer:
    """The optimiser of most trainings."""
    fused = all(value.device.type == "cuda" for value in parameters)
    return torch.optim.Adam(parameters, lr=rate, fused=fused)


@dataclass(frozen=True)
class Training:
    """What is trained, on what.

    Attributes:
        objective: computes losses; called as ``objective(*arguments)``, returns ``total`` and others.
        network: the part of it whose weights are trained and saved.
        batches: training data.
        validation: validation data, or None.
        arguments: (batch, numbers that seed its random choices, device) -> arguments of the objective.
        save: writes a model folder: (folder, weights of the network, iteration).
        describe: writes the run's settings into its folder.
        inputs: small files that shape the run and must not change before it is resumed.
        optimizer: makes the optimiser of parameters with a learning rate.
        average: makes the average of a network's weights with a decay.
    """

    objective: nn.Module
    network: nn.Module
    batches: BatchSource[Any]
    validation: BatchSource[Any] | None
    arguments: Callable[[Any, tuple[int, ...], torch.device], tuple[Any, ...]]
    save: Callable[[Path, Mapping[str, Tensor], int], None]
    describe: Callable[[Path], None]
    inputs: Sequence[Path]
    optimizer: Callable[[list[nn.Parameter], float], Optimizer] = adam
    average: Callable[[nn.Module, float], AveragedWeights] = AveragedWeights


def training_device(device: str) -> torch.device:
    """The device of this process that ``start_run`` will use."""
    if device == "cpu" or not torch.cuda.is_available():
        return torch.device("cpu")
    return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))


@contextmanager
def start_run(folder: Path, settings: RunSettings, *, resume: bool, device: str) -> Iterator[Accelerator]:
    """Make or check the run's folder and set up its devices: one, or several under ``accelerate launch``.

    Args:
        folder: the run's folder.
        settings: for the precision.
        resume: go on with a run instead of starting one.
        device: ``auto``, or ``cpu`` to leave other devices alone.

    Raises:
        InputError: the folder cannot be written, already holds a run, or holds none to resume.
    """
    precision = training_precision(settings.precision, training_device(device))
    accelerator = Accelerator(
        mixed_precision="bf16" if precision == "bfloat16" else "no",
        cpu=device == "cpu",
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    try:
        if accelerator.is_main_process:
            open_run(folder, resume=resume)
        accelerator.wait_for_everyone()
        yield accelerator
        accelerator.end_training()
    finally:
        # Accelerate keeps the first run's precision for the whole process otherwise.
        AcceleratorState._reset_state(reset_partial_state=True)


def train(
    training: Training,
    settings: RunSettings,
    folder: Path,
    accelerator: Accelerator,
    progress: Progress,
) -> Path:
    """Run to ``settings.iterations``, going on after the last checkpoint in ``folder`` if there is one.

    All random choices follow from the seed and the iteration's number, so a resumed run gives the same
    losses to the bit on the same machine. With several processes each takes its own batches and
    gradients are averaged over processes.

    Returns:
        The folder of the last checkpoint.

    Raises:
        InputError: the loss diverged, data is damaged, or files cannot be written or read.
        Cancelled: ``progress`` was cancelled; checkpoints so far stay.
    """
    if accelerator.is_main_process:
        keep_inputs(folder, training.inputs)
        training.describe(folder)
    return _Loop(training, settings, folder, accelerator).run(progress)


class _Loop:
    def __init__(
        self, training: Training, settings: RunSettings, folder: Path, accelerator: Accelerator
    ) -> None:
        self._training, self._settings, self._folder = training, settings, folder
        self._accelerator = accelerator
        training.objective.to(accelerator.device)
        parameters = [value for value in training.network.parameters() if value.requires_grad]
        optimizer = training.optimizer(parameters, settings.learning_rate)
        self._average = training.average(training.network, settings.ema) if settings.ema else None
        self._done = 0
        if (last := last_checkpoint(folder)) is not None:
            self._done = last[0]
            load_state(last[1] / STATE_FILE, training.network, optimizer, self._average)
        self._schedule = learning_rate_schedule(optimizer, settings, self._done)
        self._plain_optimizer = optimizer
        self._objective, self._optimizer = accelerator.prepare(training.objective, optimizer)

    def run(self, progress: Progress) -> Path:
        settings, accelerator = self._settings, self._accelerator
        share = [
            (update * settings.accumulate + part) * accelerator.num_processes + accelerator.process_index
            for update in range(self._done, settings.iterations)
            for part in range(settings.accumulate)
        ]
        batches = iter(load_batches(self._training.batches, share, settings.workers))
        main, message = accelerator.is_main_process, ""
        with LossLog(self._folder, self._done) if main else nullcontext() as log:
            for iteration in range(self._done + 1, settings.iterations + 1):
                rate = float(self._schedule.get_last_lr()[0])
                last = iteration == settings.iterations
                sums = self._update(iteration, batches)
                if iteration % settings.log_every == 0 or last:
                    # Numbers are asked for here alone: asking waits until the device has done all before.
                    losses = self._means(sums, settings.accumulate)
                    message = f"loss {losses['total']:.4g}"
                    if log is not None:
                        log.add(iteration, "train", rate, losses)
                progress.report("train", iteration / settings.iterations, message)
                if self._training.validation is not None and (
                    iteration % settings.validate_every == 0 or last
                ):
                    validated = self._validate(progress)
                    if log is not None:
                        log.add(iteration, "validation", rate, validated)
                if main and (iteration % settings.save_every == 0 or last):
                    self._save(iteration)
        return checkpoint_folder(self._folder, max(self._done, settings.iterations))

    def _update(self, iteration: int, batches: Iterator[Any]) -> dict[str, Tensor]:
        """One update of the weights; the losses of its batches, added up."""
        settings, accelerator = self._settings, self._accelerator
        self._objective.train()
        self._optimizer.zero_grad()
        sums: dict[str, Tensor] = {}
        for part in range(settings.accumulate):
            numbers = (settings.seed, iteration, part, accelerator.process_index)
            more = part < settings.accumulate - 1
            with accelerator.no_sync(self._objective) if more else nullcontext():
                losses = self._losses(next(batches), numbers)
                looked_at = iteration % settings.log_every == 0 or iteration % settings.save_every == 0
                if looked_at or accelerator.device.type == "cpu":
                    check_finite(losses["total"].detach(), iteration)
                accelerator.backward(losses["total"])
            for name, value in losses.items():
                sums[name] = sums.get(name, torch.zeros_like(value.detach())) + value.detach()
        self._optimizer.step()
        self._schedule.step()
        if self._average is not None:
            self._average.update(iteration)
        return sums

    def _losses(self, batch: Any, numbers: tuple[int, ...]) -> dict[str, Tensor]:
        # Dropout and the speech encoder's masking draw from the global streams.
        set_seed(int(random_stream(*numbers, _DROPOUT).integers(2**31)))
        arguments = self._training.arguments(batch, numbers, self._accelerator.device)
        losses: dict[str, Tensor] = self._objective(*arguments)
        return losses

    def _validate(self, progress: Progress) -> dict[str, float]:
        """Mean losses over the same validation batches, with the same random choices, every time."""
        settings, source = self._settings, self._training.validation
        assert source is not None  # noqa: S101 - asked by the caller
        self._objective.eval()
        sums: dict[str, Tensor] = {}
        with torch.no_grad():
            loader = load_batches(source, range(settings.validation_batches), settings.workers)
            for number, batch in enumerate(loader):
                for name, value in self._losses(batch, (_VALIDATION_SEED, number)).items():
                    sums[name] = sums.get(name, torch.zeros_like(value)) + value
                progress.report("validate", (number + 1) / settings.validation_batches)
        return self._means(sums, settings.validation_batches)

    def _means(self, sums: Mapping[str, Tensor], count: int) -> dict[str, float]:
        """Divide by ``count`` and average over processes."""
        names = sorted(sums, key=lambda name: (name != "total", name))
        values = torch.stack([sums[name].float() for name in names]) / count
        reduced = self._accelerator.reduce(values, "mean").tolist()
        return dict(zip(names, reduced, strict=True))

    def _save(self, iteration: int) -> None:
        network = self._training.network
        folder = checkpoint_folder(self._folder, iteration)
        weights = network.state_dict() if self._average is None else self._average.weights
        self._training.save(folder, weights, iteration)
        # Last, because it marks the checkpoint as complete.
        save_state(folder / STATE_FILE, network, self._plain_optimizer, self._average)
