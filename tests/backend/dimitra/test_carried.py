"""Motion in the basis of a morphable model, carried onto a head that is made of something else."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from elocute.cli.main import main
from elocute.clips_in_the_making import make_clips
from elocute.errors import InputError, SettingsError
from elocute.evaluation.mouth_signals import mouth_signals
from elocute.face.model import FaceModel
from elocute.face.transfer.carrier import HEAD, OWN_FACE, Carrier
from elocute.face.transfer.transfer import transfer_clip
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.generator import GenerationSettings
from elocute.models.dimitra.family import FAMILY
from elocute.models.dimitra.folder import save_folder
from elocute.models.dimitra.generator import DimitraGenerator
from elocute.motion.clip import MotionClip
from elocute.progress import Progress
from elocute.training.dimitra.settings import DimitraSettings
from tests.backend.dimitra.morphable import COEFFICIENTS, STAND_IN, morphable
from tests.backend.dimitra.tiny_dimitra import config, model, speech


@pytest.fixture(scope="module")
def own():
    return morphable()


@pytest.fixture(scope="module")
def head():
    return FaceModel.load(STAND_IN)


def talking(frames=60):
    """The mouth opens and shuts, corners move: coefficients of a morphable model, which has no jaw."""
    t = np.arange(frames) / 25.0
    expression = np.zeros((frames, COEFFICIENTS), np.float32)
    expression[:, 0] = 0.5 + 0.5 * np.sin(7 * t)
    expression[:, 20:24] = 0.3 * (1 + np.sin(3 * t))[:, None]
    head = np.zeros((frames, 3), np.float32)
    head[:, 1] = 0.1 * np.sin(2 * t)
    return MotionClip(25.0, "deep3d", expression, np.zeros((frames, 3), np.float32), head)


def test_a_mouth_without_a_jaw_opens_one_that_has_a_jaw(own, head):
    clip = talking()
    made, report = transfer_clip(clip, own, head)
    opening = mouth_signals(clip, own).opening, mouth_signals(made, head).opening
    assert np.corrcoef(*opening)[0, 1] > 0.99
    assert np.abs(opening[0] - opening[1]).mean() < 0.001
    assert report.mean_mm["lips"] < 0.7
    assert made.jaw[:, 0].max() > 0.15  # not by expressions, which have no mouth that wide
    assert np.array_equal(made.head, clip.head)


def test_a_clip_is_carried_and_says_how(own, head):
    carried = Carrier(own, head).carried(talking(10), {"model": "m", "notes": ["one"]}, Progress())
    assert (carried.basis, carried.meta["model"], carried.meta["notes"]) == (head.basis, "m", ["one"])


def test_a_poor_fit_is_said(own, head):
    clip = talking(10)
    clip.expression[:, 0] = 12.0  # three radians
    carried = Carrier(own, head).carried(clip, {}, Progress())
    assert "cannot follow" in carried.meta["notes"][0]


@pytest.fixture
def folder(tmp_path, own, head):
    """A tiny model that speaks the morphable model's numbers, for the stand-in."""
    made = model(config(basis="deep3d", expressions=COEFFICIENTS, carried=head.basis))
    made = replace(made, probe=MouthProbe.from_face(head), carrier=Carrier(own, head))
    save_folder(tmp_path / "carried", made, "A model.\n")
    return tmp_path / "carried"


def test_a_model_in_the_morphable_basis_reaches_the_stand_in(folder, head):
    generator = DimitraGenerator.from_folder(folder)
    assert generator.info.basis == FAMILY.describe(folder, "x").basis == head.basis
    windows = []
    generator.stream(speech(), GenerationSettings(seed=3, takes=2), Progress(), windows.append)
    assert [(window.first, len(window.clips)) for window in windows] == [(0, 2)]
    first, second = make_clips(generator, speech(), GenerationSettings(seed=3, takes=2), Progress())
    assert first.basis == head.basis
    assert first.expression.shape == (47, len(head.expression_names))
    assert not np.array_equal(first.expression, second.expression)
    (again,) = make_clips(generator, speech(), GenerationSettings(seed=4), Progress())
    assert np.allclose(again.expression, second.expression, atol=1e-3)


def test_from_the_command_line(folder, tmp_path, head, capsys):
    out, sound = tmp_path / "clip.npz", STAND_IN.parent / "demo" / "line.flac"
    code = main(["generate", str(sound), "--model", str(folder), "--out", str(out), "--segment", "0-1"])
    assert code == 0, capsys.readouterr().err
    assert MotionClip.load(out).basis == head.basis


def drop_head(folder, _own):
    (folder / HEAD).unlink()


def damage_own(folder, _own):
    (folder / OWN_FACE).write_bytes(b"nothing")


def swap(folder, own):
    own.save(folder / HEAD)


@pytest.mark.parametrize("harm", [drop_head, damage_own, swap])
def test_folders_with_the_wrong_heads_are_refused(folder, own, harm):
    harm(folder, own)
    with pytest.raises(InputError):
        DimitraGenerator.from_folder(folder)


def test_heads_without_landmarks_are_refused(own, head):
    blind = replace(own, landmark_weights=np.zeros((68, 4), np.float32))
    with pytest.raises(InputError, match="no landmarks"):
        Carrier(blind, head)


def test_a_training_needs_both_heads():
    with pytest.raises(SettingsError, match="face"):
        DimitraSettings(head="head.npz")
