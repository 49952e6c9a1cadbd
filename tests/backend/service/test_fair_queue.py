"""The queue between clients: everyone has a turn, everyone's own order stays."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from elocute.service.fair_queue import FairQueue

CLIENTS = st.sampled_from(["ann", "ben", "cid", "dee"])


class Item:
    """Told apart by identity only."""

    def __init__(self, client: str) -> None:
        self.client = client


class FairQueueMachine(RuleBasedStateMachine):
    """Beside the queue: each client's line, and how often every other was served since its own last turn."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: FairQueue[Item] = FairQueue()
        self.lines: dict[str, list[Item]] = {}
        self.passed: dict[str, dict[str, int]] = {}

    @rule(client=CLIENTS)
    def push(self, client: str) -> None:
        item = Item(client)
        self.queue.push(client, item)
        if not self.lines.get(client):
            self.passed[client] = {}
        self.lines.setdefault(client, []).append(item)

    @precondition(lambda self: any(self.lines.values()))
    @rule()
    def pop(self) -> None:
        expected = self.queue.in_order()[0]
        item = self.queue.pop()
        assert item is expected
        assert item is self.lines[item.client].pop(0)
        self.passed[item.client] = {}
        for client, line in self.lines.items():
            if line and client != item.client:
                times = self.passed[client].get(item.client, 0) + 1
                assert times <= 1, f"{item.client} was served twice while {client} waited"
                self.passed[client][item.client] = times

    @precondition(lambda self: any(self.lines.values()))
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from([one for line in self.lines.values() for one in line]))
        self.queue.remove(item.client, item)
        self.lines[item.client].remove(item)

    @invariant()
    def all_are_there(self) -> None:
        expected = {client: len(line) for client, line in self.lines.items() if line}
        assert dict(self.queue.by_client()) == expected
        assert len(self.queue) == sum(expected.values())
        order = self.queue.in_order()
        for client, line in self.lines.items():
            assert [one for one in order if one.client == client] == line


FairQueueMachine.TestCase.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestFairQueue = FairQueueMachine.TestCase


def test_one_client_cannot_keep_another_waiting() -> None:
    queue: FairQueue[str] = FairQueue()
    for number in range(50):
        queue.push("busy", f"busy {number}")
    queue.push("new", "new 0")
    queue.push("new", "new 1")
    assert [queue.pop() for _ in range(5)] == ["busy 0", "new 0", "busy 1", "new 1", "busy 2"]


def test_what_does_not_wait_is_no_silent_matter() -> None:
    queue: FairQueue[str] = FairQueue()
    with pytest.raises(IndexError):
        queue.pop()
    queue.push("a", "x")
    with pytest.raises(ValueError, match="does not wait"):
        queue.remove("a", "y")
    with pytest.raises(ValueError, match="does not wait"):
        queue.remove("b", "x")
    assert queue.pop() == "x"
