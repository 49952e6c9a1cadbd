"""Presets encoded from the teacher's motion, at full and at other intensities."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from elocute.checkpoint.folder import STYLES, preset_names, style_path
from elocute.errors import SettingsError
from elocute.models.diffposetalk.folder import load_folder
from elocute.models.diffposetalk.style_file import read_style_file
from elocute.models.registry import bundled_root
from elocute.models.rules.style import PRESETS, styled
from elocute.progress import Progress
from elocute.training.elocute_lite.preset_files import STEPS, encode_presets, taught_style
from tests.backend.diffposetalk.spoken import spoken_line

KEPT = ("neutral", "sad", "lively")


@pytest.fixture
def model(tmp_path):
    folder = tmp_path / "model"
    shutil.copytree(bundled_root() / "elocute-lite", folder)
    for path in (folder / STYLES).iterdir():
        if path.stem not in KEPT:
            path.unlink()
    return load_folder(folder)


def file_of(model, name):
    path = style_path(model.folder, name)
    return read_style_file(path, name, model.config.denoiser.style_dim)


def test_files_hold_what_the_style_encoder_hears_of_the_teacher(model):
    line = spoken_line(seconds=9.0)
    before = {name: file_of(model, name).vector for name in KEPT}
    encode_presets(model, [line], [], Progress())
    assert set(preset_names(model.folder)) == set(KEPT)
    for name in ("lively", "sad"):
        assert np.array_equal(file_of(model, name).vector, before[name])
        steps = file_of(model, name).steps
        assert tuple(sorted(steps)) == STEPS
        assert np.array_equal(steps[0.5], taught_style(model, [line], styled(name, 0.5)))
    assert not file_of(model, "neutral").steps


def test_presets_that_changed_are_encoded_anew_and_what_was_fitted_to_the_others_stays(model):
    line = spoken_line(seconds=9.0)
    before = {name: style_path(model.folder, name).read_bytes() for name in KEPT}
    encode_presets(model, [line], ["sad"], Progress())
    sad = file_of(model, "sad")
    assert np.array_equal(sad.vector, taught_style(model, [line], PRESETS["sad"]))
    assert np.array_equal(sad.steps[0.5], taught_style(model, [line], styled("sad", 0.5)))
    for name in ("neutral", "lively"):
        assert style_path(model.folder, name).read_bytes() == before[name]


def test_presets_that_are_none_of_the_teacher(model):
    with pytest.raises(SettingsError, match="no preset angry"):
        encode_presets(model, [], ["angry"], Progress())


@pytest.mark.parametrize("name", [name for name in PRESETS if name != "neutral"])
def test_the_bundled_model_knows_each_of_its_presets_at_other_intensities(name):
    model = load_folder(bundled_root() / "elocute-lite")
    steps = file_of(model, name).steps
    assert tuple(sorted(steps)) == STEPS
    full = file_of(model, name).vector
    nearest = min(steps, key=lambda at: float(np.linalg.norm(steps[at] - full)))
    assert nearest in (0.75, 1.25)
