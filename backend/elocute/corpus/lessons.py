"""The teacher's motion for a whole corpus: several styles per line, on disk and in memory.

LESSONS/lessons.json      the styles, and how the lessons were made
LESSONS/motion/NAME.npz   K lessons of one line: expression, jaw, head, style, seed
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.corpus.corpus import CorpusEntry, read_corpus
from elocute.corpus.teacher import NAMED, sample_styles, teach
from elocute.corpus.texts import Split
from elocute.errors import InputError, SettingsError
from elocute.models.rules.style import RulesStyle
from elocute.progress import Progress
from elocute.storage.atomic_write import write_atomically
from elocute.storage.guard import guarded
from elocute.storage.json_text import read_json
from elocute.storage.npz import NpzKind, read_arrays
from elocute.worker_processes import worker_pool

FORMAT: Final = 2
INDEX: Final = "lessons.json"
MOTION: Final = "motion"
EXACT: Final = "exact"
_LESSONS_FILE: Final = NpzKind(
    "The lessons {path} are damaged.",
    "bad_dataset",
    "Delete the file and make them again.",
    missing="There are no lessons {path}.",
)
_STYLE_STREAM: Final = 7
_NAMED_SHARE: Final = 0.35
"""Share of the lessons in styles that have a name, so that each preset and emotion is heard on many lines."""


@dataclass(frozen=True)
class LessonPlan:
    """What to teach.

    Attributes:
        styles: number of speaking styles.
        per_line: styles a line K.
        seed: of styles, their spread over lines, and takes.
        listens: vowels open as far as first formant and effort of the sound say; False for as far as the
            phones alone do.
        share: of the split's lines that are taught, spread evenly over it; the others are not trained on.
    """

    styles: int = 480
    per_line: int = 5
    seed: int = 1
    listens: bool = True
    share: float = 1.0

    def __post_init__(self) -> None:
        if not 0.0 < self.share <= 1.0:
            raise SettingsError(
                f"Lessons for {self.share:g} of the lines cannot be made.",
                "Ask for a share above 0, up to 1.",
            )
        if not 1 <= self.per_line <= min(self.styles // 2, len(NAMED)):
            raise SettingsError(
                f"{self.per_line} lessons a line do not fit {self.styles} styles.",
                f"Ask for 1 to {len(NAMED)} a line, and for at least twice as many styles.",
            )

    @property
    def named(self) -> int:
        """How many of the styles have a name; enough are left for a line without any of these."""
        return min(len(NAMED), self.styles - self.per_line)

    def written(self) -> dict[str, Any]:
        """The plan as a folder of lessons tells it: without a share where that is all of the lines, as
        before there was one."""
        told = asdict(self)
        if self.share == 1.0:
            del told["share"]
        return told

    def chosen(self, lines: Sequence[CorpusEntry]) -> list[CorpusEntry]:
        """Those of the lines that are taught, at least one where there are any."""
        count = max(round(self.share * len(lines)), min(len(lines), 1))
        return [lines[number * len(lines) // count] for number in range(count)]


@dataclass(frozen=True)
class LineLessons:
    """K lessons of one line of T frames.

    Attributes:
        expression: (K, T, 43) float16.
        jaw: (K, T) float16 rotation about x in radians.
        head: (K, T, 3) float16 radians.
        styles: (K,) int64 index into the plan's styles.
    """

    expression: NDArray[np.float16]
    jaw: NDArray[np.float16]
    head: NDArray[np.float16]
    styles: NDArray[np.int64]


@dataclass(frozen=True)
class Lessons:
    """A folder of lessons.

    Attributes:
        folder: where it is.
        styles: the speaking styles; the first are those of ``NAMED``, presets and emotions at their
            intensities, and the first of these the presets as they are, in the order of ``PRESETS``.
        names: lines that have lessons.
    """

    folder: Path
    styles: tuple[RulesStyle, ...]
    names: tuple[str, ...]

    def load(self, name: str) -> LineLessons:
        """The lessons of a line.

        Raises:
            InputError: missing or damaged.
        """
        path = self.folder / MOTION / f"{name}.npz"
        data = read_arrays(path, _LESSONS_FILE)
        with guarded(lambda reason: _LESSONS_FILE.error(path, reason)):
            return LineLessons(data["expression"], data["jaw"], data["head"], data["style"].astype(np.int64))


def make_lessons(
    corpus: Path, folder: Path, plan: LessonPlan, split: Split, processes: int, progress: Progress
) -> Lessons:
    """Teach the plan's lines of a split; what is there already is kept.

    Raises:
        InputError: the corpus cannot be read, or the folder holds lessons made by another plan.
        Cancelled: ``progress`` was cancelled.
    """
    (folder / MOTION).mkdir(parents=True, exist_ok=True)
    styles = sample_styles(plan.styles, plan.seed)
    entries = plan.chosen(read_corpus(corpus).utterances(split))
    content = {
        "format": FORMAT,
        "plan": plan.written(),
        "split": split,
        "styles": [asdict(s) for s in styles],
    }
    index = folder / INDEX
    if index.is_file() and _as_written_now(_index(folder)) != json.loads(json.dumps(content)):
        raise InputError(f"{folder} holds lessons of another plan.", "Give a new folder.", code="bad_output")
    with write_atomically(index) as temporary:
        temporary.write_text(json.dumps(content, indent=1), encoding="utf-8")
    missing = [e for e in entries if not (folder / MOTION / f"{e.facts.name}.npz").is_file()]
    work = partial(_teach_line, folder=folder, styles=styles, plan=plan)
    with worker_pool(processes) as pool:
        for done, _ in enumerate(pool.map(work, missing, chunksize=4), start=1):
            progress.report("lessons", done / len(missing), f"line {done} of {len(missing)}")
            progress.check()
    return Lessons(folder, styles, tuple(entry.facts.name for entry in entries))


def read_lessons(folder: Path) -> Lessons:
    """Open what :func:`make_lessons` wrote.

    Raises:
        InputError: it is missing or damaged.
    """
    content = _index(folder)
    with guarded(lambda reason: _no_lessons(folder, reason)):
        styles = tuple(RulesStyle(**item) for item in content["styles"])
    return Lessons(folder, styles, tuple(sorted(path.stem for path in (folder / MOTION).glob("*.npz"))))


def _index(folder: Path) -> Any:
    with guarded(lambda reason: _no_lessons(folder, reason)):
        return read_json(folder / INDEX)


def _as_written_now(content: Any) -> Any:
    """What an index tells; some name a share of 1, which is not written."""
    plan = content.get("plan") if isinstance(content, dict) else None
    if not isinstance(plan, dict) or plan.get("share") != 1.0:
        return content
    return {**content, "plan": {name: value for name, value in plan.items() if name != "share"}}


def _no_lessons(folder: Path, reason: str) -> InputError:
    return InputError(f"There are no lessons in {folder}: {reason}.", code="missing_file")


def _teach_line(entry: CorpusEntry, folder: Path, styles: Sequence[RulesStyle], plan: LessonPlan) -> None:
    speech = entry.load().speech(EXACT, clean=True)
    number = sum(ord(letter) * 31**place for place, letter in enumerate(entry.facts.name)) % 2**31
    rng = np.random.default_rng([plan.seed, _STYLE_STREAM, number])
    chosen = rng.choice(np.arange(plan.named, len(styles)), plan.per_line, replace=False)
    named = rng.uniform(size=plan.per_line) < _NAMED_SHARE
    chosen = np.where(named, rng.permutation(plan.named)[: plan.per_line], chosen)
    seeds = rng.integers(2**31, size=plan.per_line)
    lessons = [
        teach(speech, styles[s], int(seed), listens=plan.listens)
        for s, seed in zip(chosen, seeds, strict=True)
    ]
    with (
        write_atomically(folder / MOTION / f"{entry.facts.name}.npz") as temporary,
        temporary.open("wb") as stream,
    ):
        np.savez(
            stream,
            expression=np.stack([lesson.expression for lesson in lessons]).astype(np.float16),
            jaw=np.stack([lesson.jaw for lesson in lessons]).astype(np.float16),
            head=np.stack([lesson.head for lesson in lessons]).astype(np.float16),
            style=chosen.astype(np.int32),
            seed=seeds.astype(np.int64),
        )
