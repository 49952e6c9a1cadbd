"""Elocute for Python programs."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from elocute.errors import Cancelled, SettingsError
from elocute.generator import GenerationSettings
from elocute.performance import PerformanceRequest
from elocute.progress import Progress
from elocute.studio import Line, Studio

ROOT = Path(__file__).parents[2]
SPEECH = ROOT / "tests" / "data" / "speech"


@pytest.fixture(scope="module")
def studio():
    return Studio()


def line(name="map.flac", **settings):
    request = PerformanceRequest("rules", transcript="A map.", settings=GenerationSettings(**settings))
    return Line(SPEECH / name, request)


def test_many_lines_are_those_made_one_by_one_in_their_order(studio):
    lines = [line(seed=1), line("movie.flac", takes=2), line("waffles.flac", style="lively")]
    for together in (None, 1, 2, 8):
        results = list(studio.generate_many(lines, together=together))
        assert [result.line for result in results] == lines
        for result in results:
            alone = studio.perform(result.line)
            assert result.performance.model == "rules"
            for clip, wanted in zip(result.performance.clips, alone.clips, strict=True):
                np.testing.assert_array_equal(clip.expression, wanted.expression)
                np.testing.assert_array_equal(clip.head, wanted.head)


def test_a_line_that_fails_is_told_and_harms_no_other(studio, tmp_path):
    text = tmp_path / "text.wav"
    text.write_text("no sound")
    lines = [Line(text), line(style="unheard of"), line(), Line(tmp_path / "gone.wav")]
    results = list(studio.generate_many(lines, together=4))
    assert [result.error is None for result in results] == [False, False, True, False]
    assert "unheard of" in str(results[1].error)
    assert results[2].performance.clips[0].frames == 66


def test_lines_are_taken_when_they_are_needed(studio):
    taken = count()

    def lines():
        while True:
            next(taken)
            yield line()

    results = studio.generate_many(lines(), together=2)
    next(results)
    next(results)
    assert next(taken) == 2


def test_cancelling_and_a_wrong_number(studio):
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        next(studio.generate_many([line()], progress=progress))
    with pytest.raises(SettingsError, match="out of range"):
        next(studio.generate_many([line()], together=0))


def test_what_the_documentation_shows_runs(tmp_path, monkeypatch):
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "batch.md").read_text("utf-8"), re.S)
    for name, source in (("line.wav", "map.flac"), ("first.wav", "map.flac"), ("second.wav", "movie.flac")):
        (tmp_path / name).write_bytes((SPEECH / source).read_bytes())
    (tmp_path / "text.wav").write_text("no sound")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "batch.md", "exec"), {})  # noqa: S102 - our own documentation
    assert sorted(path.name for path in tmp_path.glob("*.npz")) == ["first.npz", "line.npz", "second.npz"]
