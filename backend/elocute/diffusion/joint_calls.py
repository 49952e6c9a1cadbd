"""What several threads ask for at the same time, answered at once: as one batch of a network.

Clips that are sampled side by side, each on a thread of its own, meet here at every step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Condition
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class JointCalls(Generic[Asked, Answer]):
    """Waits until every member has asked, and then answers all of them.

    Args:
        members: how many threads take part; each is numbered, and leaves when it has nothing more to ask.
        answer: the answers to what was asked, in its order, which is that of the members' numbers.
    """

    def __init__(self, members: int, answer: Callable[[Sequence[Asked]], Sequence[Answer]]) -> None:
        self._answer = answer
        self._members = members
        self._changed = Condition()
        self._asked: dict[int, Asked] = {}
        self._answered: dict[int, Answer] = {}
        self._failed: dict[int, BaseException] = {}

    def ask(self, member: int, asked: Asked) -> Answer:
        """The answer for a member; waits for the others.

        Raises:
            BaseException: what the joint answer raised, for every member.
        """
        with self._changed:
            self._asked[member] = asked
            self._answer_when_complete()
            self._changed.wait_for(lambda: member in self._answered or member in self._failed)
            if member in self._failed:
                raise self._failed.pop(member)
            return self._answered.pop(member)

    def leave(self) -> None:
        """A member has nothing more to ask; the others wait for it no longer."""
        with self._changed:
            self._members -= 1
            self._answer_when_complete()

    def _answer_when_complete(self) -> None:
        if not self._asked or len(self._asked) < self._members:
            return
        order = sorted(self._asked)
        asked = [self._asked[member] for member in order]
        self._asked.clear()
        try:
            self._answered.update(zip(order, self._answer(asked), strict=True))
        except BaseException as error:  # noqa: BLE001 - every member is told
            self._failed.update(dict.fromkeys(order, error))
        self._changed.notify_all()
