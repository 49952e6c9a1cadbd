"""What the bundled model's mouth keeps to while it is sampled, by who told the phones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import elocute
from elocute.audio.analysis import analyse_speech
from elocute.audio.decode import load_audio
from elocute.audio.phone import Phone
from elocute.bench.recordings import read_recording
from elocute.bench.variants import Variant, load_generator
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.models.diffposetalk.folder import load_folder
from elocute.models.diffposetalk.mouth import MouthTold, heard_wrongly, keeping_mouth, without_room
from elocute.speech_encoders.phonetic_input import LABEL_INDEX, LABELS
from scripts.bench.data import SPEECH

FOLDER = Path(elocute.__file__).parent / "bundled" / "elocute-lite"
FRAMES = 40
SEAL = slice(20, 23)
"""The frames of the M that is told, 0.80 to 0.92 s."""
PHONES = (Phone("AA", 0.0, 0.8, 0.75), Phone("M", 0.8, 0.92, 1.0), Phone("AA", 0.92, 1.6, 0.75))


@pytest.fixture(scope="module")
def model():
    return load_folder(FOLDER)


def kept_gap(model, phones, sure, heard):
    """(T,) gap of lips that the model would keep shut throughout, where a P is heard in some frames."""
    probe = MouthProbe.load(FOLDER / "mouth_probe.npz")
    likely = np.full((FRAMES, len(LABELS)), 0.001)
    likely[:, LABEL_INDEX["AA"]] = 0.9
    likely[heard, LABEL_INDEX["P"]] = 0.6
    keep = keeping_mouth(model, MouthTold(probe, phones, sure), likely)
    layout = model.config.layout
    shut = model.stats.normalise_motion(torch.zeros(FRAMES, 43), torch.zeros(FRAMES, 6), layout)
    expression, pose = model.stats.restore_motion(keep(shut[None], 0)[0], layout)
    return probe.gap(expression.double().numpy(), pose[:, 3:].double().numpy())


def test_recognised_lips_may_be_shut_where_another_closure_is_heard(model):
    heard = slice(5, 8)
    gap = kept_gap(model, PHONES, False, heard)
    assert (gap[heard] < 0.0005).all()
    assert (gap[8:18] > 0.0007).all()
    assert (kept_gap(model, PHONES, True, heard)[heard] > 0.0007).all()


def test_what_is_heard_around_a_closure_that_is_recognised_leaves_no_room_before_it(model):
    gap = kept_gap(model, PHONES, False, slice(SEAL.start - 3, SEAL.stop))
    assert (gap[: SEAL.start] > 0.0007).all()
    assert (gap[SEAL] < 0.0005).all()


def test_a_doubted_closure_does_leave_room(model):
    doubted = (PHONES[0], Phone("M", 0.8, 0.92, 0.5), PHONES[2])
    gap = kept_gap(model, doubted, False, slice(SEAL.start - 3, SEAL.stop))
    assert (gap[SEAL.start - 3 : SEAL.start] < 0.0005).all()


@pytest.mark.parametrize(("sure", "shut"), [(0.95, False), (0.7, True)])
def test_a_closure_that_is_heard_within_a_phone_that_is_recognised_well_is_none(model, sure, shut):
    heard = slice(6, 8)
    vowels = [Phone("AA", 0.2 * place, 0.2 * place + 0.2, sure if place == 1 else 1.0) for place in range(4)]
    short = (*vowels, *PHONES[1:])
    gap = kept_gap(model, short, False, heard)
    assert (gap[heard] < 0.0005).all() == shut
    assert (gap[8:20] > 0.0007).all()


VOWELS = tuple(Phone("AA", 0.2 * place, 0.2 * place + 0.2, 0.95) for place in range(8))
WITH_A_DOUBTED_ONE = (*VOWELS[:2], Phone("AA", 0.4, 0.6, 0.7), *VOWELS[3:])


@pytest.mark.parametrize(
    ("phones", "sure", "wrong"),
    [
        (VOWELS, False, True),
        (WITH_A_DOUBTED_ONE, False, False),
        (WITH_A_DOUBTED_ONE, True, True),
        ((*VOWELS[:2], Phone("M", 0.4, 0.6, 0.95), *VOWELS[3:]), False, False),
        (None, False, False),
    ],
)
def test_a_closure_is_heard_wrongly_where_the_phones_leave_no_room_for_one(phones, sure, wrong):
    heard = 12
    likely = np.full((FRAMES, len(LABELS)), 0.001)
    likely[heard, LABEL_INDEX["M"]] = 0.7
    told = MouthTold(MouthProbe.load(FOLDER / "mouth_probe.npz"), phones, sure)
    no_room = without_room(told, FRAMES)
    found = heard_wrongly(no_room, likely)
    assert np.flatnonzero(found).tolist() == ([heard] if wrong else [])
    assert heard_wrongly(no_room[10:20], likely[10:20]).tolist() == found[10:20].tolist()


def test_the_bundled_model_keeps_a_vowel_open_in_which_it_hears_a_closure_that_the_phones_rule_out():
    """Where the encoder hears a B or M in a vowel that was recognised well, the lips used to shut halfway."""
    recording = read_recording(SPEECH[1] / "waffles.flac")
    heard = [phone for phone in recording.phones if phone.label in "BM"]
    vowels = tuple(
        replace(phone, label="AH" if phone in heard else phone.label, confidence=0.95)
        for phone in recording.phones
    )
    speech = replace(
        analyse_speech(load_audio(recording.path), phones="off"), phones=vowels, phone_source="recognition"
    )
    probe = MouthProbe.load(FOLDER / "mouth_probe.npz")
    for clip in Variant("lite", load_generator("elocute-lite")).make(speech, None, 3, 2):
        gap = probe.fitted(clip.expression.shape[1], None).gap(clip.expression, clip.jaw)
        nearest = [gap[int(phone.start * 25) : int(phone.end * 25) + 1].min() for phone in heard]
        assert sorted(nearest)[1] > 0.0022
