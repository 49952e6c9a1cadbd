"""Work in steps: a generator that yields after each step the share that is done, and returns its result.

What is closed early must leave everything as it was before its first step.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator
from typing import Final, TypeAlias, TypeVar

T = TypeVar("T")
Steps: TypeAlias = Generator[float, None, T]
"""Yields the share that is done, 0..1."""
LOOK_SECONDS: Final = 0.005
"""A step that waits for a thread takes so long at most."""


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


def aside(work: Callable[[], T]) -> Steps[T]:
    """Do work on a thread while the steps only wait for it; what it raises is raised here.

    Closed early, the thread goes on to its end and its result is dropped: the work must neither touch Blender
    nor change anything that others see.
    """
    results: list[T] = []
    errors: list[BaseException] = []

    def kept() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001 - raised where the steps are taken
            errors.append(error)

    thread = threading.Thread(target=kept, name="elocute-aside", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(LOOK_SECONDS)
        if thread.is_alive():
            yield 0.0
    if errors:
        raise errors[0]
    return results[0]
