"""What is made already is known again by everything that it follows from."""

from __future__ import annotations

from elocute.models.family import LoadOptions
from elocute.performance import PerformanceRequest
from elocute.request_key import request_facts


def test_how_a_network_computes_counts_and_what_is_not_compiled_is_as_before():
    ways = (None, *(LoadOptions("cpu", precision) for precision in ("float32", "bfloat16")))
    told = [request_facts(PerformanceRequest(compute=way))["compute"] for way in ways]
    assert told == [None, ["cpu", "float32"], ["cpu", "bfloat16"]]
    compiled = LoadOptions("cpu", "float32", compiled=True)
    assert request_facts(PerformanceRequest(compute=compiled))["compute"] not in told
