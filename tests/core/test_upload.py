"""Style files that the service would refuse are not sent."""

from __future__ import annotations

import pytest

from addon.core.backend.messages import LARGEST_BEFORE, LARGEST_STYLE_FILE, MOST_STYLE_FILES, JobSettings
from addon.core.backend.upload import Upload
from addon.core.errors import UserError


def test_the_body_is_as_long_as_it_says() -> None:
    upload = Upload("audio", bytes(600_000), JobSettings(), {"my-style_1.npz": b"PK", "b": b""})
    body = b"".join(upload.pieces())
    assert len(body) == upload.size
    assert body.count(b'name="style"') == 2
    assert b'filename="my-style_1.npz"' in body
    # Small parts come first, so that the service can refuse them before it reads the recording.
    assert body.index(b'name="style"') < body.index(b'name="audio"')


@pytest.mark.parametrize(
    "name",
    ["", "a/b.npz", "a\\b.npz", "C:x", "../x", ".x", 'a"b', "a\r\nb", "a,b", "ä.npz", "x" * 65, "a b"],
)
def test_names_that_are_not_plain_are_refused(name: str) -> None:
    with pytest.raises(UserError, match="not allowed"):
        Upload("audio", b"", JobSettings(), {name: b""})


def test_large_and_many_style_files_are_refused() -> None:
    Upload("audio", b"", JobSettings(), {"a": bytes(LARGEST_STYLE_FILE)})
    with pytest.raises(UserError, match="larger than 1 MB"):
        Upload("audio", b"", JobSettings(), {"a": bytes(LARGEST_STYLE_FILE + 1)})
    names = [f"s{k}" for k in range(MOST_STYLE_FILES + 1)]
    Upload("audio", b"", JobSettings(), dict.fromkeys(names[1:], b""))
    with pytest.raises(UserError, match="9 style files"):
        Upload("audio", b"", JobSettings(), dict.fromkeys(names, b""))


def test_motion_before_goes_along_and_may_not_be_too_large() -> None:
    upload = Upload("audio", b"sound", JobSettings(), {"a": b"style"}, {"before": b"a clip\r\n--"})
    body = b"".join(upload.pieces())
    assert len(body) == upload.size
    assert body.index(b'name="style"') < body.index(b'name="before"') < body.index(b'name="audio"')
    assert b"\r\n\r\na clip\r\n--\r\n" in body
    assert b'name="before"' not in b"".join(Upload("audio", b"", JobSettings()).pieces())
    Upload("audio", b"", JobSettings(), attached={"before": bytes(LARGEST_BEFORE)})
    with pytest.raises(UserError, match="larger than 8 MB"):
        Upload("audio", b"", JobSettings(), attached={"before": bytes(LARGEST_BEFORE + 1)})
