"""Styles that no lesson had, and how much of their way a model goes."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from elocute.bench import guidance_sweep
from elocute.corpus import teacher
from elocute.models.rules.style import PRESETS
from scripts.bench import sweep_guidance
from tests.backend.diffposetalk.spoken import spoken_line

LINES = [guidance_sweep.Line(SimpleNamespace(phones=()), spoken_line())]


def test_held_out_styles_are_no_presets_and_no_variations_of_them(monkeypatch):
    variation = replace(PRESETS["neutral"], smile=0.123)
    monkeypatch.setattr(teacher, "_jittered", lambda style, rng: variation)
    heard = []
    extract = lambda clip: heard.append(clip) or b"style"  # noqa: E731
    most = guidance_sweep.MOST_HELD_OUT
    styles = [style for _, style in guidance_sweep.held_out_styles(extract, LINES, most)]
    assert len(set(styles)) == len(heard) == most
    assert not {variation, *PRESETS.values()} & set(styles)
    assert styles[:2] == [style for _, style in guidance_sweep.held_out_styles(extract, LINES, 2)]


@pytest.mark.parametrize("count", [-1, 0, guidance_sweep.MOST_HELD_OUT + 1])
def test_more_held_out_styles_than_there_are_are_refused_at_once(count, monkeypatch, capsys):
    with pytest.raises(ValueError, match="can be held out"):
        guidance_sweep.held_out_styles(None, LINES, count)
    monkeypatch.setattr(sweep_guidance, "style_extractor", None)
    with pytest.raises(SystemExit):
        sweep_guidance.main(["--held-out", str(count)])
    assert f"--held-out is 1 to {guidance_sweep.MOST_HELD_OUT}" in capsys.readouterr().err


def test_the_way_gone_is_told_where_clip_and_scale_0_lie_apart(monkeypatch):
    values = dict.fromkeys(guidance_sweep.FORMAT, 1.0)
    targets = iter([values | {"smile": 3.0}, values | {"smile": -1.0, "lid_droop": 1.4}])
    made = iter([values, values | {"smile": 2.0}, values, values | {"smile": 0.5, "lid_droop": 1.2}])
    monkeypatch.setattr(guidance_sweep, "taught", lambda *_: next(targets))
    monkeypatch.setattr(guidance_sweep, "statistics", lambda *_: next(made))
    monkeypatch.setattr(guidance_sweep, "replace", lambda model, **_: model)
    spread = dict.fromkeys(guidance_sweep.FORMAT, 1.0)
    gone = guidance_sweep.ways_gone(None, [(b"", None), (b"", None)], LINES, spread, 1, None)
    assert gone == {"smile": {"mean": pytest.approx(0.375), "least": 0.25, "most": 0.5, "counted": 2.0}}
