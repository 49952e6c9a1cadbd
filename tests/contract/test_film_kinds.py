"""What the add-on takes for a film is what the service reads with FFmpeg alone."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import numpy as np
import pytest

from addon.core.backend.film_kinds import is_film
from elocute.audio.decoding.ffmpeg_blocks import open_with_ffmpeg
from elocute.audio.decoding.libsndfile_blocks import open_with_libsndfile
from elocute.errors import InputError
from tests.e2e.make_films import KINDS, RATE, write_film

SPEECH = Path(__file__).resolve().parents[1] / "data" / "speech" / "waffles.flac"


@pytest.mark.parametrize("name", KINDS)
def test_a_film_needs_ffmpeg(name, tmp_path):
    voice = 0.3 * np.sin(np.arange(RATE) / 30.0).astype(np.float32)
    write_film(tmp_path / name, voice, *KINDS[name])
    assert is_film(tmp_path / name)
    content = io.BytesIO((tmp_path / name).read_bytes())
    with contextlib.suppress(InputError):
        assert open_with_libsndfile(content) is None
    blocks = open_with_ffmpeg(content, name, lambda: None)
    assert sum(map(len, blocks.blocks)) == pytest.approx(RATE, rel=0.1)


def test_what_libsndfile_reads_is_none():
    assert not is_film(SPEECH)
