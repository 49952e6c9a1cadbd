"""Every language of the measurement is read."""

from __future__ import annotations

from elocute.bench.transcript_speed import LINES, reading_times


def test_each_language_has_words(monkeypatch):
    monkeypatch.setattr(
        "elocute.bench.transcript_speed.LINES", {code: LINES[code] for code in ("en", "de", "zh")}
    )
    times = reading_times()
    assert [each.language for each in times] == ["en", "de", "zh"]
    assert all(each.words > 600 and each.long > 0 for each in times)
