"""Blender decodes films for a service that cannot, sample by sample as the service's own decoder would."""

from __future__ import annotations

import io
import json
from pathlib import Path

import bpy
import numpy as np
import pytest

from addon.blender.decode_film import decode
from addon.blender.film_sound import film_decoder
from addon.core.backend.film_kinds import is_film
from addon.core.backend.film_sound import FilmSound, wave_header
from addon.core.errors import UserError
from addon.core.job import JobControl

MOST = 640 * 1024 * 1024
CLOSE = 2e-5
"""Blender takes the largest whole number for 1, Elocute the number of steps: 1 / 32767 against 1 / 32768."""


@pytest.fixture(scope="module")
def films(made_films):
    """Films of many kinds with what FFmpeg decodes of them; see make_films.py."""
    return {Path(film["path"]): film["rate"] for film in made_films.values()}


def needs_decoder():
    """Skip where Python in this Blender has none, which another test is about."""
    if film_decoder() is None:
        pytest.skip("this Blender is a module without aud")


def told(film, most=MOST, track=0):
    """The message and the samples of a film that is decoded in this process."""
    output = io.BytesIO()
    decode(str(film), most, output, track)
    message, _, samples = output.getvalue().lstrip().partition(b"\n")
    return json.loads(message.removeprefix(b"ELOCUTE-SOUND ")), np.frombuffer(samples, np.float32)


def test_every_kind_is_decoded_as_the_service_would(films):
    needs_decoder()
    assert len(films) > 9
    for film, rate in films.items():
        assert is_film(film), film.name
        expected = np.load(film.with_name(f"{film.name}.npy"))
        message, samples = told(film)
        frames = {"frames": len(expected), "tracks": 1 + ("dubbed" in film.name)}
        assert message == {"rate": rate, "channels": expected.shape[1], **frames}, film.name
        assert np.abs(samples.reshape(expected.shape) - expected).max() < CLOSE, film.name


def test_the_track_that_is_asked_for_is_decoded(films):
    needs_decoder()
    film = next(film for film in films if "dubbed" in film.name)
    expected = np.load(film.with_name(f"{film.name}.2.npy"))
    message, samples = told(film, track=1)
    assert (message["tracks"], message["frames"]) == (2, len(expected))
    assert np.abs(samples[:, None] - expected).max() < CLOSE
    assert told(film, track=7)[0]["tracks"] == 2, "which tells the caller that there is no such track"
    with FilmSound(film_decoder(), film, MOST, JobControl(), 2) as sound:
        sent = np.frombuffer(b"".join(sound.pieces())[-4 * len(expected) :], np.float32)
    assert np.array_equal(sent, samples)


def test_a_blender_of_its_own_sends_the_same(films):
    needs_decoder()
    film = next(film for film in films if "surround" in film.name)  # with a name that is not plain, too
    expected = np.load(film.with_name(f"{film.name}.npy"))
    before = set(Path(bpy.app.tempdir).iterdir())
    with FilmSound(film_decoder(), film, MOST, JobControl()) as sound:
        content = b"".join(sound.pieces())
    assert len(content) == sound.size
    header = wave_header(films[film], expected.shape[1], len(expected))
    assert content.startswith(header)
    samples = np.frombuffer(content[len(header) :], np.float32).reshape(expected.shape)
    assert np.array_equal(samples, expected)
    assert set(Path(bpy.app.tempdir).iterdir()) == before


def test_too_much_sound_is_told_before_it_is_all_decoded(films):
    needs_decoder()
    film = next(film for film in films if film.name == "film.mp4")
    frame = 2 * 4
    message, samples = told(film, most=frame * films[film])  # a second of it
    assert message == {"error": "too_large", "seconds": 1.0}
    assert not len(samples)
    whole = np.load(film.with_name("film.mp4.npy")).nbytes
    assert told(film, most=whole)[0]["frames"] * frame == whole


@pytest.mark.parametrize(
    "content",
    [
        b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(100),
        b"#EXTM3U\n#EXTINF:3,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n",
    ],
)
def test_what_is_damaged_is_one_sentence(content, tmp_path):
    needs_decoder()
    film = tmp_path / "broken.m4a"
    film.write_bytes(content)
    assert told(film)[0] == {"error": "unreadable"}


def test_a_damaged_film_is_told_by_name(tmp_path):
    needs_decoder()
    film = tmp_path / "broken.mp4"
    film.write_bytes(b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(100))
    with (
        pytest.raises(UserError, match=r"broken\.mp4 cannot be read by Blender: it is damaged"),
        FilmSound(film_decoder(), film, MOST, JobControl()),
    ):
        raise AssertionError("it was entered")


def test_blender_has_a_decoder_where_it_is_no_early_module():
    assert (film_decoder() is not None) == (bpy.app.version >= (4, 3))
