"""Numbers that no face has and rows that do not fit are told with their place; nothing is lost silently."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from elocute.errors import InputError
from elocute.exchange.captures import read_capture
from tests.backend.exchange.captures_made import performance, there
from tests.backend.exchange.test_gaps import FORMATS, HOLE, with_hole

ROW = {"face-cap": f"line {HOLE + 2}", "arkit-csv": f"line {HOLE + 2}", "ifacialmocap": f"line {HOLE + 1}",
       "audio2face-json": f"frame {HOLE + 1}", "mediapipe-json": f"frame {HOLE + 1}"}  # fmt: skip


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    return {
        name: there(performance(), name, folder / f"a.{name}.{end}").read_text()
        for name, end in FORMATS.items()
    }


def with_head(name, text, value):
    """The file with an absurd turn of the head in one frame; None where it tells none."""
    lines = text.splitlines()
    if name == "arkit-csv":
        cells = lines[HOLE + 1].split(",")
        cells[lines[0].split(",").index("HeadYaw")] = value
        lines[HOLE + 1] = ",".join(cells)
    elif name == "face-cap":
        cells = lines[HOLE + 1].split(",")
        cells[5] = value
        lines[HOLE + 1] = ",".join(cells)
    elif name == "ifacialmocap":
        lines[HOLE] = lines[HOLE].replace("=head#", f"=head#{value},", 1)
    elif name == "mediapipe-json":
        document = json.loads(text)
        document["frames"][HOLE]["facialTransformationMatrixes"][0]["data"][0] = float(value)
        return json.dumps(document)
    else:
        return None
    return "\n".join(lines) + "\n"


def refusal(content):
    with pytest.raises(InputError) as caught:
        read_capture(content if isinstance(content, bytes) else content.encode())
    assert caught.value.message.endswith(".")
    return caught.value.message


@pytest.mark.parametrize("value", ["1e300", "-1e300", "1e9"])
@pytest.mark.parametrize("name", FORMATS)
def test_an_absurd_value_is_told_with_its_place(files, name, value):
    told = refusal(with_hole(name, files[name], float(value)))
    assert f"{ROW[name]} has {float(value):.6g} as" in told
    assert "smile" in told.lower()
    turned = with_head(name, files[name], value)
    if turned is not None:
        told = refusal(turned)
        assert ROW[name] in told
        assert f"{abs(float(value)):.6g}" in told


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "audio2face-json"])
def test_turns_that_a_tracker_adds_up_are_none_of_these(files, name):
    if name == "mediapipe-json":
        return
    read_capture(with_head(name, files[name], "7" if name == "arkit-csv" else "400").encode())


@pytest.fixture(scope="module")
def take(files):
    """Lines of a take at 30 frames a second."""
    return files["arkit-csv"].splitlines()


def test_a_row_with_more_values_than_names_is_left_out_and_told(take):
    lines = list(take)
    lines[HOLE] += ",0.5"
    clip, notes = read_capture("\n".join(lines).encode())
    assert clip.frames == 90
    (note,) = notes
    assert note.startswith(f"1 row with more values than the first line has names (line {HOLE + 1})")


@pytest.mark.parametrize("ending", [",", ",,", ", "])
def test_empty_cells_at_the_end_are_no_values(take, ending):
    whole, told = read_capture("\n".join(take).encode())
    clip, notes = read_capture("\n".join([take[0], *(line + ending for line in take[1:])]).encode())
    assert np.array_equal(clip.expression, whole.expression)
    assert notes == told


def test_commas_as_decimal_points_between_commas_are_refused(take):
    lines = [take[0], *(line.replace("0.", "0,") for line in take[1:])]
    assert "line 2 has more values than the first line has names" in refusal("\n".join(lines))


def test_rows_out_of_order_are_counted(take):
    lines = list(take)
    lines[HOLE], lines[HOLE + 1] = lines[HOLE + 1], lines[HOLE]
    _, notes = read_capture("\n".join(lines).encode())
    assert "1 frame left out whose time is not later than that of a frame before." in notes


def test_a_missing_face_is_told_once(take):
    lines = list(take)
    lines[HOLE] = lines[HOLE].partition(",")[0] + ",0"
    clip, notes = read_capture("\n".join(lines).encode())
    assert clip.frames == 90
    assert notes == ("1 row without a face, filled from the rows before and after.",)
    del lines[HOLE + 20]
    assert read_capture("\n".join(lines).encode())[1][1] == "1 dropped frame was filled by their times."


@pytest.mark.parametrize("kept", [2, 3, 4])
def test_dropped_frames_do_not_change_the_rate(take, kept):
    """Of most of the take only every second, third or fourth frame is there."""
    lines = [take[0], *take[1:13], *take[13::kept]]
    clip, notes = read_capture("\n".join(lines).encode())
    assert clip.fps == 30.0
    assert any("dropped frames were filled" in note for note in notes)


@pytest.mark.parametrize("word", ["Größe", "Café"])
def test_a_table_in_latin_1_is_read(take, word):
    lines = [f"{take[0]},{word}", *(f"{line},{word}" for line in take[1:])]
    whole, _ = read_capture("\n".join(take).encode())
    clip, notes = read_capture("\n".join(lines).encode("latin-1"))
    assert np.array_equal(clip.expression, whole.expression)
    assert not notes


def test_bytes_that_are_no_text_are_not_taken_for_it():
    assert "is no capture that Elocute knows" in refusal(b"Timecode,\x00\xff\xfe\x01" * 9)


def animation(tmp_path, value, place):
    """A VRM animation with a number of its last accessor, a rotation or translation, replaced."""
    data = bytearray(there(performance(), "vrma", tmp_path / "a.vrma").read_bytes())
    length = struct.unpack_from("<I", data, 12)[0]
    document = json.loads(data[20 : 20 + length])
    channel = next(one for one in document["animations"][0]["channels"] if one["target"]["path"] == place)
    node = document["nodes"][channel["target"]["node"]]["name"]
    accessor = document["accessors"][document["animations"][0]["samplers"][channel["sampler"]]["output"]]
    begin = 20 + length + 8 + document["bufferViews"][accessor["bufferView"]]["byteOffset"]
    width = {"VEC3": 12, "VEC4": 16}[accessor["type"]]
    struct.pack_into("<f", data, begin + 5 * width, value)
    return bytes(data), node


@pytest.mark.parametrize("place", ["translation", "rotation"])
@pytest.mark.parametrize("value", [float("nan"), float("inf"), 1e30])
def test_an_animation_says_where_its_number_is_none(tmp_path, value, place):
    data, node = animation(tmp_path, value, place)
    told = refusal(data)
    assert f"the {place} of '{node}' has at 0.167 s (key 6)" in told
    assert ("what is no number" in told) == (not np.isfinite(value))


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"RIFF\x24\0\0\0WAVEfmt " + bytes(40), "is a sound or a film, and no capture"),
        (b"<!DOCTYPE html><html></html>", "is a web page, not the file itself, and no capture"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n", "Git LFS pointer"),
        (b"id,audio\n1,a.wav\n", "The file is no capture"),
    ],
)
def test_what_is_no_capture_is_called_what_it_is(content, what):
    assert what in refusal(content)
