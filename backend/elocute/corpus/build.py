"""Builds a corpus in several processes; existing utterances are kept."""

from __future__ import annotations

import multiprocessing
import queue
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import soundfile

from elocute.audio.speech_features import SAMPLE_RATE
from elocute.corpus.corpus import (
    Corpus,
    UtteranceFacts,
    audio_path,
    read_corpus,
    read_facts,
    utterance_path,
    write_list,
    write_utterance,
)
from elocute.corpus.plan import UtterancePlan, planned
from elocute.corpus.studio import Recorded, Studio
from elocute.errors import InputError, SettingsError, UserError
from elocute.storage.atomic_write import write_atomically
from elocute.worker_processes import SPAWN, worker

_LIST_EVERY_SECONDS = 15.0
_REPORT_EVERY_SECONDS = 10.0
_POLL_SECONDS = 1.0


@dataclass(frozen=True)
class CorpusSettings:
    """What a corpus is made of.

    Attributes:
        hours: of speech in the train split.
        seed: everything is drawn from it.
        tests: utterances of the test split.
        share_recognised: of the English utterances of human voices, how many are recognised without a
            transcript.

    Raises:
        SettingsError: a number that makes no corpus.
    """

    hours: float
    seed: int = 1
    tests: int = 40
    share_recognised: float = 0.12

    def __post_init__(self) -> None:
        if not 0.0 <= self.hours <= 1000.0 or self.tests < 0 or self.seed < 0:
            raise SettingsError("Hours, seed and tests must be 0 or more, and hours at most 1000.")
        if not 0.0 <= self.share_recognised <= 1.0:
            raise SettingsError("The share of recognised utterances must be between 0 and 1.")


@dataclass(frozen=True)
class _Made:
    """A worker's message: an utterance that is on disk, or why there is none."""

    name: str
    facts: UtteranceFacts | None
    costs: dict[str, float]
    problem: str = ""
    fatal: bool = False


def build_corpus(
    folder: Path,
    settings: CorpusSettings,
    processes: int = 2,
    resume: bool = False,
    report: Callable[[str], None] = lambda line: None,
) -> Corpus:
    """Make the utterances that are missing.

    Args:
        folder: where the corpus is or will be.
        settings: what it is made of.
        processes: how many work at the same time.
        resume: go on with a corpus that is there.
        report: called with a line about every ten seconds.

    Raises:
        SettingsError: there is a corpus but ``resume`` is not set, or it was made with other settings.
        UserError: a synthesizer is missing, or a process ended.
    """
    plans = planned(settings.seed, settings.hours, settings.tests)
    _prepare(folder, settings, resume)
    facts = _already_there(folder, plans)
    missing = [plan for plan in plans if plan.name not in facts]
    report(f"{len(plans)} utterances, {len(facts)} of them already exist")
    builder = _Builder(folder, settings, plans, facts, report)
    builder.run(missing, processes)
    return read_corpus(folder)


class _Builder:
    """The main process: starts the others, keeps the list and tells how far they are."""

    def __init__(
        self,
        folder: Path,
        settings: CorpusSettings,
        plans: Sequence[UtterancePlan],
        facts: dict[str, UtteranceFacts],
        report: Callable[[str], None],
    ) -> None:
        self._folder, self._settings, self._plans = folder, settings, plans
        self._facts, self._report = facts, report
        self._costs: Counter[str] = Counter()
        self._fresh = 0
        self._fresh_seconds = 0.0
        self._failed = 0

    def run(self, missing: Sequence[UtterancePlan], processes: int) -> None:
        self._write_list()
        if not missing:
            return
        results: multiprocessing.Queue[_Made] = SPAWN.Queue()
        workers = [
            worker(_work, self._folder, self._settings, list(missing[number::processes]), results)
            for number in range(min(processes, len(missing)))
        ]
        for one in workers:
            one.start()
        try:
            self._collect(results, workers, len(missing))
        finally:
            for one in workers:
                one.terminate()
                one.join()
            self._write_list()
        self._report(self._state(0, 0.0))

    def _collect(
        self, results: multiprocessing.Queue[_Made], workers: Sequence[BaseProcess], count: int
    ) -> None:
        began = listed = reported = time.monotonic()
        left = count
        while left:
            try:
                made = results.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                if not any(one.is_alive() for one in workers) and results.empty():
                    raise UserError(
                        f"The processes ended before {left} utterances were made.",
                        "Run the command again with --resume.",
                        code="engine_failed",
                    ) from None
                continue
            if made.fatal:
                raise UserError(made.problem, code="engine_failed")
            left -= 1
            self._take(made)
            now = time.monotonic()
            if now - listed > _LIST_EVERY_SECONDS:
                self._write_list()
                listed = now
            if now - reported > _REPORT_EVERY_SECONDS:
                self._report(self._state(left, (now - began) / (count - left) * left))
                reported = now

    def _take(self, made: _Made) -> None:
        if made.facts is None:
            self._failed += 1
            self._report(f"{made.name} left out: {made.problem}")
            return
        self._facts[made.name] = made.facts
        self._fresh += 1
        self._fresh_seconds += made.facts.seconds
        self._costs.update(made.costs)

    def _state(self, left: int, seconds_left: float) -> str:
        hours = sum(each.seconds for each in self._facts.values()) / 3600.0
        costs = ", ".join(
            f"{stage} {total / max(self._fresh, 1):.2f}" for stage, total in self._costs.items()
        )
        return (
            f"{len(self._facts)} utterances ({hours:.2f} h) made, {left} to go, {self._failed} left out, "
            f"about {seconds_left / 60.0:.0f} min; seconds for each: {costs}"
        )

    def _write_list(self) -> None:
        ordered = [self._facts[plan.name] for plan in self._plans if plan.name in self._facts]
        write_list(self._folder, asdict(self._settings), ordered)


def _prepare(folder: Path, settings: CorpusSettings, resume: bool) -> None:
    """Make the folders, or check that what is there can be added to."""
    if (folder / "corpus.json").exists():
        if not resume:
            raise SettingsError(
                f"{folder} already contains a corpus.", "Choose another folder, or add --resume."
            )
        before = read_corpus(folder).settings
        if before.get("seed") != settings.seed:
            raise SettingsError(
                f"The corpus in {folder} was made with seed {before.get('seed')}.", "Use the same seed."
            )
    try:
        for part in ("utterances", "audio"):
            (folder / part).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"Cannot make the folder {folder}: {error.strerror}.", code="bad_output") from error


def _already_there(folder: Path, plans: Sequence[UtterancePlan]) -> dict[str, UtteranceFacts]:
    return {
        plan.name: read_facts(path) for plan in plans if (path := utterance_path(folder, plan.name)).exists()
    }


def _work(folder: Path, settings: CorpusSettings, plans: Sequence[UtterancePlan], results: Any) -> None:
    """What each process does: its share of the utterances, one after the other."""
    try:
        with Studio(settings.share_recognised) as studio:
            for plan in plans:
                try:
                    recorded = studio.make(plan)
                except UserError as error:
                    results.put(_Made(plan.name, None, {}, str(error)))
                    continue
                _store(folder, recorded)
                results.put(_Made(plan.name, recorded.utterance.facts, recorded.costs))
    except UserError as error:
        results.put(_Made("", None, {}, str(error), fatal=True))


def _store(folder: Path, recorded: Recorded) -> None:
    facts = recorded.utterance.facts
    if facts.split == "test":
        with write_atomically(audio_path(folder, facts.name)) as temporary:
            soundfile.write(temporary, recorded.samples, SAMPLE_RATE, subtype="PCM_16")
    # last, since an utterance whose features are there counts as made
    write_utterance(utterance_path(folder, facts.name), recorded.utterance)
