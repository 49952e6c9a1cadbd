"""Work in steps: a generator that yields after each step the share that is done, and returns its result.

What is closed early must leave everything as it was before its first step.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Steps: TypeAlias = Generator[float, None, T]
"""Yields the share that is done, 0..1."""


def run(steps: Steps[T]) -> T:
    """Do all steps at once and return the result."""
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            result: T = ended.value
            return result


def part_of(steps: Steps[T], begin: float, end: float) -> Steps[T]:
    """The same steps as a part of larger work, from the share ``begin`` to ``end`` of it."""
    try:
        while True:
            yield begin + (end - begin) * next(steps)
    except StopIteration as ended:
        result: T = ended.value
        return result
    finally:
        steps.close()
