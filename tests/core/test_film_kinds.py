"""Films are known by their first bytes; what any service reads, and files that name others, are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from addon.core.backend.film_kinds import begins_like_a_film, is_film


@pytest.mark.parametrize(
    "head",
    [
        b"\0\0\0\x20ftypM4A \0\0\0\0",
        b"\0\0\0\x14ftypqt  ",
        b"\0\0\0\x08wide\0\0\0\0mdat",
        b"\x1a\x45\xdf\xa3\x9f\x42\x86\x81",
        b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9",
        b"RIFF\x10\0\0\0AVI LIST",
        b"\x00\x00\x01\xba\x44",
        b"FLV\x01\x05",
        b"#!AMR\n\x3c",
        b"\xff\xf1\x50\x80",
        b"\xff\xf9\x50\x80",
        (b"\x47" + bytes(187)) * 2,
        bytes(4) + (b"\x47" + bytes(191)) * 2,
    ],
)
def test_films(head: bytes) -> None:
    assert begins_like_a_film(head)


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff",
        b"G",
        b"RIFF\x10\0\0\0WAVEfmt ",
        b"fLaC\0\0\0\x22",
        b"OggS\0\x02",
        b"ID3\x04\0",
        b"\xff\xfb\x90\x64",  # MP3 without a tag
        b"\xff\xf3\x90\x64",
        b"FORM\0\0\0\0AIFF",
        b"caff\0\x01",
        b"#EXTM3U\n#EXTINF:3,\nfile:///etc/passwd\n",
        b"ffconcat version 1.0\nfile '/etc/passwd'\n",
        b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\n",
        b'<?xml version="1.0"?><MPD></MPD>',
        b"G" * 100,
    ],
)
def test_others(head: bytes) -> None:
    assert not begins_like_a_film(head)


def test_what_cannot_be_read_is_none(tmp_path: Path) -> None:
    assert not is_film(tmp_path / "none.mp4")
    assert not is_film(tmp_path)
    film = tmp_path / "a sound called.wav"
    film.write_bytes(b"\0\0\0\x20ftypM4A \0\0\0\0")
    assert is_film(film)
