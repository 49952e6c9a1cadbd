"""What has to go: oldest first, within every bound, and the newest stays."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from elocute.service.retention import KeepingLimits, Kept, too_many

KEPT = st.lists(
    st.builds(Kept, st.uuids().map(str), st.integers(0, 1000).map(float), st.integers(0, 100)),
    max_size=12,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(KEPT, st.integers(0, 300), st.integers(0, 400), st.integers(0, 6))
def test_every_bound_holds_and_no_more_goes_than_must(
    kept: list[Kept], seconds: int, size: int, count: int
) -> None:
    now = 1000.0
    kept.sort(key=lambda one: one.since)
    whole = sum(one.size for one in kept)
    gone = too_many(iter(kept), len(kept), whole, KeepingLimits(seconds, size, count), now)
    left = [one for one in kept if one.name not in gone]
    assert all(now - one.since <= seconds for one in left)
    assert len(left) <= max(count, 1)
    assert sum(one.size for one in left) <= size or len(left) <= 1
    going = [one for one in kept if one.name in gone]
    assert all(a.since <= b.since for a in going for b in left)
    if going:  # the last that went would have broken a bound
        last = next(one for one in kept if one.name == gone[-1])
        back = [*left, last]
        over = len(back) > count or sum(one.size for one in back) > size
        assert now - last.since > seconds or (over and len(back) > 1)


def test_the_newest_stays_whatever_its_size_until_it_is_too_old() -> None:
    newest = [Kept("big", 990.0, 10**9)]
    assert too_many(newest, 1, 10**9, KeepingLimits(20.0, 1, 0), 1000.0) == []
    assert too_many(newest, 1, 10**9, KeepingLimits(5.0, 1, 0), 1000.0) == ["big"]
