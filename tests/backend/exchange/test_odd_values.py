"""Numbers that no face has and rows that do not fit are told with their place; nothing is lost silently."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from elocute.errors import InputError
from elocute.exchange.captures import _rate, read_capture
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


@pytest.mark.parametrize("name", sorted(FORMATS.keys() - {"audio2face-json", "mediapipe-json"}))
def test_turns_that_a_tracker_adds_up_are_none_of_these(files, name):
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


@pytest.mark.parametrize(
    ("one", "other", "moved"), [(30, 31, "1 frame"), (20, 50, "2 frames"), (1, 90, "2 frames")]
)
def test_rows_out_of_order_are_put_in_place(take, one, other, moved):
    lines = list(take)
    lines[one], lines[other] = lines[other], lines[one]
    clip, notes = read_capture("\n".join(lines).encode())
    whole, told = read_capture("\n".join(take).encode())
    assert notes == (f"{moved} out of order, put in place by their times.", *told)
    for name in ("expression", "jaw", "head", "eyes"):
        assert np.abs(getattr(clip, name) - getattr(whole, name)).max() < 1e-6


def test_a_second_take_behind_the_first_is_not_mixed_with_it(take):
    lines = [take[0], *take[1:61], *take[31:51]]
    clip, notes = read_capture("\n".join(lines).encode())
    whole, _ = read_capture("\n".join(take[:61]).encode())
    assert np.array_equal(clip.expression, whole.expression)
    assert notes == ("20 frames left out whose time is not later than that of a frame before.",)


def test_a_frame_that_is_there_twice_is_left_out(take):
    lines = [*take[:31], take[30], *take[31:]]
    clip, notes = read_capture("\n".join(lines).encode())
    assert clip.frames == 90
    assert notes == ("1 frame left out whose time is not later than that of a frame before.",)


def faceless(take, *rows):
    lines = list(take)
    for row in rows:
        lines[row] = lines[row].partition(",")[0] + ",0"
    return lines


@pytest.mark.parametrize("rows", [(1, 2, 3), (1, 2, 88, 89, 90), (88, 89, 90), (1, 20, 21, 90)])
def test_frames_without_a_face_at_the_ends_hide_no_dropped_ones(take, rows):
    lines = faceless(take, *rows)
    del lines[40:43]
    _, notes = read_capture("\n".join(lines).encode())
    assert [note for note in notes if "into the take" not in note][
        -1
    ] == "3 dropped frames were filled by their times."


def too_long(take, *rows):
    lines = list(take)
    for row in rows:
        lines[row] += ",7"
    return lines


@pytest.mark.parametrize(
    ("damaged", "wrong"),
    [
        (faceless, "without a face"),
        (too_long, "with more values than the first line has names"),
    ],
)
@pytest.mark.parametrize(
    ("rows", "between", "outside"),
    [
        ((1, 2, 3), 0, 3),
        ((88, 89, 90), 0, 3),
        ((1, 2, 88, 89, 90), 0, 5),
        ((1, 20, 21, 90), 2, 2),
        ((20, 40, 41), 3, 0),
        ((1,), 0, 1),
    ],
)
def test_rows_at_the_ends_are_not_said_to_be_filled(take, damaged, wrong, rows, between, outside):
    clip, notes = read_capture("\n".join(damaged(take, *rows)).encode())
    assert clip.frames == 90 - outside
    told = {}
    begins = [note for note in notes if note.startswith("The clip begins")]
    assert bool(begins) == (1 in rows)
    for note in notes:
        if note in begins:
            continue
        count, _, _ = note.partition(" ")
        assert wrong in note
        told["filled" if "filled from the rows before and after" in note else "left out"] = int(count)
        assert note.endswith(("filled from the rows before and after.", "of the take, left out."))
    assert told == {key: n for key, n in (("filled", between), ("left out", outside)) if n}


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


@pytest.mark.parametrize("seed", range(5))
def test_a_coarse_clock_does_not_change_the_rate(seed):
    """30 frames a second, on a screen of 60: some come one picture early, as many one late."""
    chance = np.random.default_rng(seed).random(1000)
    pictures = np.where(chance < 0.12, 1, np.where(chance < 0.24, 3, 2))
    assert _rate(np.concatenate([[0.0], np.cumsum(pictures / 60)])) == 30.0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("dropped", [0.3, 0.5, 0.6])
def test_frames_dropped_by_chance_do_not_change_the_rate(seed, dropped):
    kept = np.random.default_rng(seed).random(2000) >= dropped
    assert _rate(np.flatnonzero(kept) / 60) == 60.0


def test_a_clock_that_shakes_does_not_make_a_finer_rate():
    shaken = np.arange(1000) / 30 + np.random.default_rng(0).normal(0.0, 0.008, 1000)
    assert _rate(np.unique(np.maximum.accumulate(shaken))) < 40.0


def test_quick_frames_among_ones_of_any_length_do_not_make_a_finer_rate():
    """A camera that exposes as long as the light asks for: no finer grid holds its frames."""
    steps = np.concatenate([np.linspace(0.03, 0.08, 800), np.full(200, 0.0487 / 2)])
    assert _rate(np.concatenate([[0.0], np.cumsum(steps)])) == pytest.approx(20.5, abs=0.5)


def changed(take, column, value, rows):
    lines = list(take)
    for row in rows:
        cells = lines[row].split(",")
        cells[lines[0].split(",").index(column)] = value(cells[lines[0].split(",").index(column)])
        lines[row] = ",".join(cells)
    return lines


def test_values_beyond_the_range_are_named_and_counted(take):
    lines = changed(take, "JawOpen", lambda cell: "70", range(5, 12))
    lines = changed(lines, "MouthSmileLeft", lambda cell: "-1.5", [9])
    _, notes = read_capture("\n".join(lines).encode())
    (note,) = notes
    assert note == (
        "Values outside 0 to 1 were brought into that range: 7 of jawOpen (70 at most), "
        "1 of mouthSmileLeft (-1.5 at most)."
    )


def test_angles_of_the_head_in_degrees_are_told(take):
    lines = take
    for name in ("HeadYaw", "HeadPitch", "HeadRoll"):
        lines = changed(lines, name, lambda cell: f"{np.degrees(0.6 * float(cell)):.6f}", range(1, 91))
    _, notes = read_capture("\n".join(lines).encode())
    (note,) = [note for note in notes if "more than a neck can" in note]
    assert "may be in another unit" in note
    assert not read_capture("\n".join(take).encode())[1]


@pytest.mark.parametrize("name", ["arkit-csv", "face-cap"])
def test_a_word_in_a_cell_is_told_with_its_place(files, name):
    told = refusal(with_hole(name, files[name], "much"))
    assert f"{ROW[name]} has 'much' as" in told
    assert "smile" in told.lower()
    assert "which is no number" in told
    turned = with_head(name, files[name], "much")
    assert f"{ROW[name]} has 'much' as" in refusal(turned)


def test_a_word_as_an_angle_in_a_message_is_told_with_its_place(files):
    told = refusal(with_head("ifacialmocap", files["ifacialmocap"], "much"))
    assert f"{ROW['ifacialmocap']} has 'much' as an angle of head, which is no number" in told


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
