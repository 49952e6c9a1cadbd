"""A queue that is fair between clients: it knows nothing of jobs."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")


class FairQueue(Generic[T]):
    """Items of several clients: one of each client in turn, the items of one client in their order.

    A client that comes anew waits for at most one item of every other client, however many these have.
    Items are told apart by identity. Not safe to use from several threads.
    """

    def __init__(self) -> None:
        self._lines: OrderedDict[str, deque[T]] = OrderedDict()  # the client whose turn it is comes first

    def __len__(self) -> int:
        """Items of all clients."""
        return sum(map(len, self._lines.values()))

    def by_client(self) -> list[tuple[str, int]]:
        """The clients that wait, and the number of their items; the client whose turn it is comes first."""
        return [(client, len(line)) for client, line in self._lines.items()]

    def push(self, client: str, item: T) -> None:
        """Put an item at the end of its client's line."""
        self._lines.setdefault(client, deque()).append(item)

    def pop(self) -> T:
        """Take the next item.

        Raises:
            IndexError: there is none.
        """
        if not self._lines:
            raise IndexError("the queue is empty")
        client, line = next(iter(self._lines.items()))
        item = line.popleft()
        if line:
            self._lines.move_to_end(client)
        else:
            del self._lines[client]
        return item

    def remove(self, client: str, item: T) -> None:
        """Take an item out, wherever it stands.

        Raises:
            ValueError: it is not there.
        """
        line = self._lines.get(client, deque())
        place = next((index for index, one in enumerate(line) if one is item), None)
        if place is None:
            raise ValueError("the item does not wait")
        del line[place]
        if not line:
            del self._lines[client]

    def in_order(self) -> list[T]:
        """Every item, in the order in which :meth:`pop` would give them if nothing else came."""
        lines = [list(line) for line in self._lines.values()]
        longest = max(map(len, lines), default=0)
        return [line[turn] for turn in range(longest) for line in lines if turn < len(line)]
