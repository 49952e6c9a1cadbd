"""Files as other editors, countries and programs leave them behind are read as if they were plain."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import numpy as np
import pytest

from elocute.cli import main
from elocute.errors import InputError
from elocute.exchange.captures import read_capture
from tests.backend.exchange.captures_made import farthest, performance, there

FORMATS = {
    "arkit-csv": "csv", "face-cap": "txt", "ifacialmocap": "txt", "audio2face-json": "json",
    "mediapipe-json": "json",
    "vrma": "vrma", "rhubarb tsv": "tsv", "rhubarb dat": "dat", "rhubarb xml": "xml", "rhubarb json": "json",
    "textgrid": "TextGrid",
}  # fmt: skip
SHAPES = [("X", 0.0), ("A", 0.1), ("D", 0.3), ("B", 0.6), ("X", 0.9), ("C", 1.0), ("X", 8.0)]
PHONES = [("M", 0.4), ("AA1", 0.9), ("F", 1.2), ("IY0", 8.0)]


def textgrid():
    tier = '"IntervalTier"\n"phones"\n0\n8.0\n'
    begins = [0.0, *(end for _, end in PHONES[:-1])]
    rows = [f'{begin}\n{end}\n"{label}"' for (label, end), begin in zip(PHONES, begins, strict=True)]
    head = 'File type = "ooTextFile"\n"TextGrid"\n\n0\n8.0\n<exists>\n1\n'
    return head + tier + f"{len(rows)}\n" + "\n".join(rows) + "\n"


def mouth_shapes(form):
    if form == "tsv":
        return "".join(f"{time:.2f}\t{shape}\n" for shape, time in SHAPES)
    if form == "dat":
        return "MohoSwitch1\n" + "".join(f"{int(24 * time) + 1} {shape}\n" for shape, time in SHAPES)
    cues = [(shape, time, end) for (shape, time), (_, end) in pairwise(SHAPES)]
    if form == "json":
        return json.dumps({"mouthCues": [{"start": a, "end": b, "value": shape} for shape, a, b in cues]})
    rows = "".join(f'<mouthCue start="{a}" end="{b}">{shape}</mouthCue>\n' for shape, a, b in cues)
    body = f"<rhubarbResult><mouthCues>\n{rows}</mouthCues></rhubarbResult>\n"
    return f'<?xml version="1.0" encoding="utf-8"?>\n{body}'


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A file of every format that is read."""
    folder = tmp_path_factory.mktemp("files")
    found = {}
    for name, ending in FORMATS.items():
        path = folder / f"{name}.{ending}"
        if name == "textgrid":
            path.write_text(textgrid())
        elif name.startswith("rhubarb"):
            path.write_text(mouth_shapes(ending))
        else:
            there(performance(frames=240), name, path)
        found[name] = path
    return found


EDITORS = {
    "byte order mark": lambda data: b"\xef\xbb\xbf" + data,
    "lines of Windows": lambda data: data.replace(b"\n", b"\r\n"),
    "lines of old Macs": lambda data: data.replace(b"\n", b"\r"),
    "UTF-16": lambda data: data.decode().encode("utf-16"),
    "UTF-16, the other way round": lambda data: b"\xfe\xff" + data.decode().encode("utf-16-be"),
    "empty lines": lambda data: b"\n\n" + data + b"\n\n",
    "no last line end": lambda data: data.rstrip(),
    "spaces at line ends": lambda data: data.replace(b"\n", b"  \n"),
    "zeros of a disk that was pulled out": lambda data: data + b"\0\0\0",
}


@pytest.mark.parametrize("change", EDITORS)
@pytest.mark.parametrize("name", [name for name in FORMATS if name != "vrma"])
def test_what_editors_do_to_a_file_changes_nothing(files, name, change):
    plain = files[name].read_bytes()
    found, notes = read_capture(EDITORS[change](plain))
    wanted, told = read_capture(plain)
    assert max(farthest(found, wanted).values()) < 1e-6
    assert notes == told


def cells(text, change, separator=","):
    """A table whose cells below the header are changed."""
    first, *rows = text.strip().split("\n")
    below = [separator.join(map(change, row.split(","))) for row in rows]
    return "\n".join([separator.join(first.split(",")), *below])


SPELLINGS = {
    ("arkit-csv", "decimal commas"): lambda text: cells(text, lambda cell: cell.replace(".", ","), ";"),
    ("arkit-csv", "tabs and commas"): lambda text: cells(text, lambda cell: cell.replace(".", ","), "\t"),
    ("arkit-csv", "quoted commas"): lambda text: cells(text, lambda cell: f'"{cell.replace(".", ",")}"'),
    ("arkit-csv", "capitals"): str.upper,
    ("arkit-csv", "small letters"): str.lower,
    ("arkit-csv", "one column more"): lambda text: re.sub(r"\n", ",more\n", text),
    ("arkit-csv", "powers of ten"): lambda text: re.sub(
        r",0\.(\d+)", lambda m: f",{m[1]}e-{len(m[1])}", text
    ),
    ("arkit-csv", "drop frame time"): lambda text: re.sub(r"(\d\d:\d\d:\d\d):", r"\1;", text),
    ("face-cap", "capitals"): str.upper,
    ("face-cap", "spaces"): lambda text: text.replace(",", ", "),
    ("face-cap", "more on every line"): lambda text: re.sub(r"(?m)^(k,.*)$", r"\1,7", text),
    ("ifacialmocap", "capital joints"): lambda text: text.replace("head#", "Head#").replace("Eye#", "EYE#"),
    ("ifacialmocap", "other joints"): lambda text: text.replace("|\n", "|tongue#1,2,3|\n"),
    ("ifacialmocap", "as over TCP"): lambda text: text.replace("\n", "___iFacialMocap"),
    ("mediapipe-json", "a result in every line"): lambda text: "\n".join(
        json.dumps(frame) for frame in json.loads(text)["frames"]
    ),
    ("rhubarb tsv", "small letters"): str.lower,
    ("rhubarb tsv", "spaces"): lambda text: text.replace("\t", "  "),
    ("rhubarb tsv", "decimal commas"): lambda text: text.replace(".", ","),
    ("rhubarb dat", "tabs"): lambda text: text.replace(" ", "\t"),
    ("rhubarb dat", "small letters"): str.lower,
    ("rhubarb xml", "single quotes"): lambda text: text.replace('"', "'"),
    ("rhubarb json", "numbers as texts"): lambda text: re.sub(r": ([\d.]+)", r': "\1"', text),
    ("textgrid", "capitals"): lambda text: text.replace("phones", "PHONES"),
}  # fmt: skip


@pytest.mark.parametrize(("name", "change"), SPELLINGS)
def test_other_spellings_mean_the_same(files, name, change):
    plain = files[name].read_text()
    changed = SPELLINGS[name, change](plain)
    assert changed != plain
    found, _ = read_capture(changed.encode())
    wanted, _ = read_capture(plain.encode())
    assert max(farthest(found, wanted).values()) < 1e-5


@pytest.mark.parametrize("content", [b"", b" \r\n\t", b"\0" * 50, b"\xef\xbb\xbf", b"\xff\xfe"])
def test_an_empty_file_is_said_to_be_empty(content):
    with pytest.raises(InputError, match="is empty"):
        read_capture(content)


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "ifacialmocap"])
def test_a_file_without_its_frames_is_a_sentence(files, name):
    data = files[name].read_bytes()
    with pytest.raises(InputError, match=r"[a-z].*\."):
        read_capture(data[: data.index(b"\n") + 1] if b"\n" in data[:2000] else data[: len(data) // 2])


def test_what_needs_no_import_is_told_so(tmp_path):
    performance(frames=1).save(tmp_path / "line.npz")
    np.savez(tmp_path / "other.npz", numbers=np.zeros(3))
    with pytest.raises(InputError, match=r"is a clip already \(1 frame in the basis elocute") as told:
        read_capture(tmp_path / "line.npz")
    assert "use it as it is, or write it for other programs with elocute export" in told.value.hint
    with pytest.raises(InputError, match="is an archive of numbers") as told:
        read_capture(tmp_path / "other.npz")
    assert "elocute fit" in told.value.hint


@pytest.mark.parametrize("name", FORMATS)
def test_a_style_is_extracted_from_every_format(files, name, tmp_path, capsys):
    words = ["style", "extract", str(files[name]), "--out", str(tmp_path / "mine.npz")]
    assert main(words) == 0  # of the bundled model, since no other is named
    assert "Style of frames 0 to" in capsys.readouterr().out
    assert (tmp_path / "mine.npz").stat().st_size > 100
