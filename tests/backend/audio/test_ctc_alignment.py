from __future__ import annotations

import numpy as np
import pytest

from elocute.audio.phones import ctc_alignment
from elocute.audio.phones.ctc_alignment import Emissions, Liberties, align

NONE = Liberties()
LIBERTIES = [
    NONE,
    Liberties(jump=3.0),
    Liberties(filler=1.0),
    Liberties(jump=2.0, filler=0.5),
    Liberties(jump=4.0, filler=1.0, short_jump=(0.5, 1.1)),
]


def random_case(seed: int):
    rng = np.random.default_rng(seed)
    frames, count = int(rng.integers(4, 30)), int(rng.integers(1, 7))
    emissions = Emissions(
        np.log(rng.dirichlet(np.full(4, 0.3), frames) + 1e-6).astype(np.float32),
        np.log(rng.random(frames) * 0.5 + 1e-3).astype(np.float32),
        np.log(rng.random(frames) + 1e-3).astype(np.float32),
    )
    phones = rng.integers(0, 4, count)
    return emissions, phones, np.unique(np.concatenate([[0], rng.integers(0, count, 2)]))


def best_score(emissions: Emissions, phones, word_starts, liberties: Liberties) -> float:  # noqa: C901
    """The same by the definition: every state, every way into it, one after the other."""
    states = 2 * len(phones) + 1
    gaps = [2 * int(start) for start in word_starts] + [states - 1]

    def price(left_out: int) -> float:
        fixed, each = liberties.short_jump or (np.inf, 0.0)
        return min(liberties.jump, fixed + each * left_out) if left_out else 0.0

    def emitted(frame: int, state: int) -> float:
        if state % 2:
            return float(emissions.kinds[frame, phones[state // 2]])
        blank = float(emissions.blank[frame])
        if state in gaps and liberties.filler is not None:
            return max(blank, float(emissions.anything[frame]) - liberties.filler)
        return blank

    def ways_in(values: list[float], state: int) -> list[float]:
        ways = [values[state]]
        if state:
            ways.append(values[state - 1])
        if state % 2 and state >= 3 and phones[state // 2] != phones[state // 2 - 1]:
            ways.append(values[state - 2])
        if liberties.jump is not None and state in gaps:
            for gap in gaps:
                if gap < state:
                    ways += [
                        values[other] - price((state - gap) // 2) for other in (gap, gap - 1) if other >= 0
                    ]
        return ways

    values = [0.0 if state < 2 else -1e30 for state in range(states)]
    if liberties.jump is not None:
        for gap in gaps:
            for state in (gap, gap + 1):
                if 2 <= state < states:
                    values[state] = -price(gap // 2)
    values = [value + emitted(0, state) for state, value in enumerate(values)]
    for frame in range(1, len(emissions.blank)):
        values = [max(ways_in(values, state)) + emitted(frame, state) for state in range(states)]
    ends = values[-2:]
    if liberties.jump is not None:
        ends += [
            values[other] - price((states - 1 - gap) // 2)
            for gap in gaps
            for other in (gap, gap - 1)
            if other >= 0
        ]
    return max(ends)


@pytest.mark.parametrize("liberties", LIBERTIES)
def test_the_path_is_the_best_there_is(liberties):
    for seed in range(60):
        case = random_case(seed)
        path = align(*case, liberties)
        if path is None:
            assert len(case[0].blank) < 2 * len(case[1])
            continue
        assert path.score == pytest.approx(best_score(*case, liberties), abs=1e-3)


@pytest.mark.parametrize("liberties", LIBERTIES)
def test_linear_memory_changes_nothing(liberties, monkeypatch):
    for seed in range(60):
        case = random_case(seed)
        path = align(*case, liberties)
        monkeypatch.setattr(ctc_alignment, "_TABLE_CELLS", 8)
        frugal = align(*case, liberties)
        monkeypatch.undo()
        if path is None:
            assert frugal is None
            continue
        assert frugal.score == pytest.approx(path.score, abs=1e-3)
        np.testing.assert_array_equal(frugal.first, path.first)
        np.testing.assert_array_equal(frugal.last, path.last)


def test_two_equal_phones_have_a_blank_between_them():
    kinds = np.log(np.full((3, 1), 0.9, np.float32))
    blank = np.log(np.full(3, 0.1, np.float32))
    path = align(Emissions(kinds, blank, blank), np.array([0, 0]), np.array([0]))
    assert list(path.first) == [0, 2]
    assert align(Emissions(kinds[:2], blank[:2], blank[:2]), np.array([0, 0]), np.array([0])) is None


def test_words_that_are_not_said_are_left_out():
    # frames say 0 1 2 3; the text says 0 1, 5 6 7, 2 3
    said = [0, 1, 2, 3]
    kinds = np.full((8, 8), -9.0, np.float32)
    for place, kind in enumerate(said):
        kinds[2 * place, kind] = -0.1
    blank = np.where(np.arange(8) % 2, -0.1, -9.0).astype(np.float32)
    phones, starts = np.array([0, 1, 5, 6, 7, 2, 3]), np.array([0, 2, 5])
    free = align(Emissions(kinds, blank, kinds.max(axis=1)), phones, starts, Liberties(jump=5.0))
    assert list(free.kept) == [True, True, False, False, False, True, True]
    assert list(free.first[free.kept]) == [0, 2, 4, 6]
