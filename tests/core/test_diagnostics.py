"""Diagnostics tell what is wrong and nothing of the user's folders."""

from __future__ import annotations

from pathlib import Path, PurePosixPath, PureWindowsPath

import pytest

from addon.core.diagnostics import MOST_LINES, diagnostics, end_of, names_of, without_paths

EXTENSION = "/home/ann/.config/blender/5.0/extensions/user_default/elocute"
KNOWN = {"Elocute": Path(EXTENSION), "home": Path("/home/ann")}


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (
            f'  File "{EXTENSION}/backend/elocute/pipeline.py", line 3',
            '  File "<Elocute>/backend/elocute/pipeline.py", line 3',
        ),
        ("/mnt/client x/Secret Film/ann.wav is no sound.", "<path> <path> <path> is no sound."),
        ("Cannot read '/mnt/client x/Secret Film/a b.wav'.", "Cannot read <path>."),
        ('"C:\\Users\\Ann Lee\\a b.wav" is no sound', "<path> is no sound"),
        ("D:\\work\\x.wav is no sound", "<path> is no sound"),
        ("\\\\server\\share\\x.wav is no sound", "<path> is no sound"),
        ("take secret-line.wav of ann on ann-pc", "take <name> of <name> on <name>"),
        ("secret-line: 4.0 s, an announcement", "<name>: 4.0 s, an announcement"),
        ("ONNX Runtime 1.32.0, 2 of 4 steps", "ONNX Runtime 1.32.0, 2 of 4 steps"),
    ],
)
def test_paths_and_names_are_taken_out(line, shown):
    names = ("ann", "ann-pc", *names_of(PurePosixPath("/mnt/secret-line.wav")))
    assert without_paths(line, KNOWN, names) == shown


def test_a_known_folder_of_windows_keeps_what_lies_below_it():
    known = {"Elocute": PureWindowsPath("C:\\Users\\Ann\\elocute")}
    assert (
        without_paths("in C:\\Users\\Ann\\elocute\\addon\\a.py, line 2", known)
        == "in <Elocute>/addon/a.py, line 2"
    )


def test_folders_below_a_known_one_with_spaces_stay_private():
    assert "Secret" not in without_paths(
        "x /home/ann/Secret Film/a.wav", {"home": Path("/home/ann/Secret Film")}
    )


def test_only_the_end_of_a_log_is_read(tmp_path):
    log = tmp_path / "service.log"
    assert end_of(log) == []
    log.write_bytes(b"\xff\n" + b"".join(b"line %d\n" % n for n in range(200_000)))
    assert end_of(log)[-1] == "line 199999"
    assert len(end_of(log)) == MOST_LINES


def test_facts_come_first_then_the_log():
    text = diagnostics({"Blender": "5.0", "Message": "It broke."}, ["one", "two"])
    assert text.splitlines() == [
        "Blender: 5.0",
        "Message: It broke.",
        "",
        "End of the service's log:",
        "one",
        "two",
    ]
