"""Which sound belongs to a clip, as its meta tells."""

from __future__ import annotations

import hashlib

import pytest

from addon.core.clip.clip_sound import HeardSound, heard_sound, is_of_recording, told_begin, told_part
from addon.core.sound_part import SoundPart


@pytest.mark.parametrize(
    ("told", "begins"), [(None, 0.0), (1.5, 1.5), ("1.5", 0.0), (-1, 0.0), (1e300, 0.0), (float("nan"), 0.0)]
)
def test_how_late_a_films_sound_begins(told, begins):
    assert told_begin({} if told is None else {"sound_begins": told}) == begins


@pytest.mark.parametrize(
    ("told", "part"),
    [
        (None, SoundPart()),
        ("1-", SoundPart(1.0)),
        ("0-/2", SoundPart(track=2)),
        ("0.5-2.5/2@1", SoundPart(0.5, 2.5, 1, 2)),
        ("nonsense", SoundPart()),
        (7, SoundPart()),
    ],
)
def test_which_part_of_its_recording_a_clip_is_of(told, part):
    assert told_part({} if told is None else {"segment": told}) == part


@pytest.mark.parametrize(
    ("part", "begins", "heard"),
    [
        ("", 0.0, HeardSound(SoundPart())),
        ("", 1.5, HeardSound(SoundPart(), 1.5)),
        ("1-", 0.0, HeardSound(SoundPart(1.0))),
        ("1-", 1.5, HeardSound(SoundPart(), 0.5)),
        ("2-4", 1.5, HeardSound(SoundPart(0.5, 2.5))),
        ("1-4@2", 1.5, HeardSound(SoundPart(0.0, 2.5, 2), 0.5)),
        ("0-1.5", 1.5, None),
        ("0-1", 1.5, None),
    ],
)
def test_what_of_a_films_sound_is_heard_beside_a_clip(part, begins, heard):
    assert heard_sound(SoundPart.parse(part), begins) == heard


def test_of_which_recording_a_clip_was_made(tmp_path):
    own, other = tmp_path / "own.wav", tmp_path / "other.wav"
    own.write_bytes(b"own")
    other.write_bytes(b"other")
    whole = hashlib.sha256(b"own").hexdigest()
    late = hashlib.sha256(f"{whole} from its first sound".encode()).hexdigest()
    part = hashlib.sha256(f"{whole} 1-".encode()).hexdigest()
    for meta in (
        {"audio_sha256": whole},
        {"audio_sha256": late},
        {"audio_sha256": part, "segment": "1-"},
    ):
        assert is_of_recording(meta, own)
        assert not is_of_recording(meta, other)
    for meta in ({}, {"audio_sha256": ""}, {"audio_sha256": 3}):
        assert is_of_recording(meta, other), "nothing is told"
