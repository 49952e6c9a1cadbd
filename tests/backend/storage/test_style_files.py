"""Files that the text of a style names are read, however the style is written."""

import pytest

from elocute.errors import InputError, SettingsError
from elocute.storage.style_files import named_in, read_style_files


@pytest.mark.parametrize(
    "style",
    ["mine.npz", "mine.npz*0.5", "calm@0,mine.npz*0.5@2", "mine.npz@0,mine.npz*0@3", "calm:0.5,mine.npz:0.5"],
)
def test_the_file_is_read(tmp_path, style):
    (tmp_path / "mine.npz").write_bytes(b"a style")
    assert read_style_files(style, tmp_path) == {"mine.npz": b"a style"}
    with pytest.raises(InputError, match=r"no file .*mine\.npz"):
        read_style_files(style, tmp_path / "elsewhere")


def test_presets_are_no_files(tmp_path):
    assert read_style_files("sad@0,happy*0.5@2", tmp_path) == {}
    assert named_in("sad@0,happy*0.5@2") == ["sad", "happy"]


def test_a_file_that_is_called_like_a_style_that_changes(tmp_path, monkeypatch):
    (tmp_path / "me@home.npz").write_bytes(b"a style")
    assert read_style_files("me@home.npz", tmp_path) == {"me@home.npz": b"a style"}
    monkeypatch.chdir(tmp_path)
    assert named_in("me@home.npz") == ["me@home.npz"]


def test_a_comma_in_the_name_of_a_file_is_said(tmp_path):
    (tmp_path / "sad, tired.npz").write_bytes(b"1")
    with pytest.raises(SettingsError, match="has a comma") as caught:
        read_style_files("sad, tired.npz", tmp_path)
    assert caught.value.hint == "Rename the file."


@pytest.mark.parametrize("style", ["calm:1," * 99 + "sad:1", "~nobody-has-this:1,calm:1", "calm\0:1,sad:1"])
def test_a_blend_that_cannot_be_a_files_name_is_a_blend(tmp_path, style):
    assert read_style_files(style, tmp_path) == {}


def test_a_long_style_that_changes_is_no_name_of_a_file(tmp_path):
    style = ",".join(f"calm@{second}" for second in range(60))
    assert read_style_files(style, tmp_path) == {}
    for name in (f"{'long' * 99}.npz", "a\0b.npz"):
        with pytest.raises(InputError, match=r"no file|Cannot read"):
            read_style_files(name, tmp_path)
