"""Takes of Live Link Face, read back and read as the app and other programs write them."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.cli import main
from elocute.errors import InputError
from elocute.exchange.angles import about, axis_angles
from elocute.exchange.captures import read_capture
from elocute.motion.clip import MotionClip
from elocute.motion.head1_basis import EXPRESSION_INDEX, JAW_OPEN_RADIANS
from tests.backend.exchange.captures_made import back, farthest, performance, there


@pytest.mark.parametrize("fps", [24.0, 25.0, 29.0, 30.0, 50.0, 60.0])
def test_a_clip_comes_back(tmp_path, fps):
    clip = performance(round(3 * fps), fps)
    read = back(there(clip, "arkit-csv", tmp_path / "take.csv"))
    assert max(farthest(clip, read).values()) < (1e-6 if fps != 29 else 1e-3)


def take(tmp_path, change=lambda lines: lines, fps=30.0, frames=90):
    path = there(performance(frames, fps), "arkit-csv", tmp_path / "take.csv")
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")
    return path


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: [lines[0].lower(), *lines[1:]],
        lambda lines: [lines[0].replace("BlendshapeCount", "BlendShapeCount"), *lines[1:]],
        lambda lines: ["\ufeff" + lines[0], *lines[1:]],
        lambda lines: [line.replace(",", ";") for line in lines],
        lambda lines: [line + "\r" for line in lines],
        lambda lines: ["", *lines, "", ""],
        lambda lines: [",".join([*line.split(",")[:2], *reversed(line.split(",")[2:])]) for line in lines],
        lambda lines: ['"' + lines[0].replace(",", '","') + '"', *lines[1:]],
    ],
)
def test_headers_are_read_by_name(tmp_path, change):
    assert max(farthest(performance(), back(take(tmp_path, change))).values()) < 1e-6


def test_dropped_frames_are_filled_by_their_times(tmp_path, capsys):
    gone = {11, 12, 13, 40, 77}
    path = take(tmp_path, lambda lines: [line for at, line in enumerate(lines) if at not in gone])
    clip, read = performance(), back(path)
    assert "5 dropped frames were filled" in capsys.readouterr().out
    worst = farthest(clip, read)
    assert max(worst.values()) < 0.1  # a straight line over three frames of a quick curve
    kept = [at for at in range(90) if at + 1 not in gone]
    assert np.abs(clip.expression - read.expression)[kept].max() < 1e-6


def test_rows_without_a_face_and_a_row_cut_off_are_left_out(tmp_path, capsys):
    def change(lines):
        empty = lines[20].split(",")
        return [*lines[:20], ",".join([empty[0], "0", *[""] * 61]), *lines[21:-1], lines[-1][:60]]

    read = back(take(tmp_path, change))
    assert read.frames == 89
    told = capsys.readouterr().out
    assert "1 row without a face, filled from the rows before and after." in told
    assert "1 row without a face at the start or the end of the take, left out." in told


@pytest.mark.parametrize("fps", [30.0, 60.0])
@pytest.mark.parametrize("cells", [2, 63])
def test_how_much_later_than_the_take_the_clip_begins_is_said_and_kept(tmp_path, capsys, fps, cells):
    lost = round(0.4 * fps)

    def change(lines):
        empty = [",".join((line.split(",")[:2] + [""] * 61)[:cells]) for line in lines[1 : lost + 1]]
        return [lines[0], *empty, *lines[lost + 1 :]]

    read = back(take(tmp_path, change, fps))
    assert read.frames == 90 - lost
    assert "The clip begins 0.40 s into the take." in capsys.readouterr().out
    assert "The clip begins 0.40 s into the take." in read.meta["notes"]
    assert "notes" not in back(take(tmp_path, fps=fps)).meta


def test_midnight_is_passed(tmp_path):
    path = take(tmp_path)
    lines = path.read_text().splitlines()
    seconds = {"00:00:00": "23:59:59", "00:00:01": "00:00:00", "00:00:02": "00:00:01"}
    path.write_text("\n".join([lines[0], *(seconds[line[:8]] + line[8:] for line in lines[1:])]))
    assert max(farthest(performance(), back(path)).values()) < 1e-6


def test_the_rate_of_a_short_take_is_taken_or_told(tmp_path, capsys):
    path = there(performance(10, 25.0), "arkit-csv", tmp_path / "take.csv")
    assert back(path).fps == 60
    assert "--timecode-rate" in capsys.readouterr().out
    assert max(farthest(performance(10, 25.0), back(path, "--timecode-rate", "25")).values()) < 1e-6


def test_sixty_a_second_with_thousandths_of_a_frame(tmp_path):
    """Frames that drift against the timecode, as in takes of the app: thousandths belong to a frame."""
    path = take(tmp_path, fps=60.0, frames=180)
    lines = path.read_text().splitlines()
    drifted = [line.replace(".000,", f".{273 + at:03d},", 1) for at, line in enumerate(lines[1:])]
    path.write_text("\n".join([lines[0], *drifted]))
    assert max(farthest(performance(180, 60.0), back(path)).values()) < 0.02


def test_another_rate_is_made_of_the_times(tmp_path):
    read = back(take(tmp_path, fps=60.0, frames=180), "--fps", "25")
    assert read.fps == 25
    assert abs(read.seconds - 3.0) < 0.05
    assert np.abs(read.expression[:74] - performance(75, 25.0).expression[:74]).max() < 2e-3


def test_eyes_come_from_the_shapes_where_there_are_no_angles(tmp_path):
    def change(lines):
        return [",".join(line.split(",")[:54]) for line in lines]

    read = back(take(tmp_path, change))
    assert np.abs(read.head).max() == 0
    assert np.abs(read.eyes - performance().eyes)[:, [0, 1, 3, 4]].max() < 1e-6


def test_values_beyond_the_range_are_bounded_with_a_note(tmp_path, capsys):
    def change(lines):
        place = lines[0].split(",").index("JawOpen")
        rows = [line.split(",") for line in lines]
        for row in rows[1:]:
            row[place] = "1.4"
        return [",".join(row) for row in rows]

    read = back(take(tmp_path, change))
    assert np.allclose(read.jaw[:, 0], JAW_OPEN_RADIANS)
    assert "brought into that range" in capsys.readouterr().out


def test_shapes_that_are_not_there_stay_at_rest(tmp_path, capsys):
    def change(lines):
        return [lines[0].replace("TongueOut", "Unknown"), *lines[1:]]

    read = back(take(tmp_path, change))
    assert not read.expression[:, EXPRESSION_INDEX["tongueOut"]].any()
    assert "The file has no tongueOut" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda lines: lines[:1], "no frame with a face"),
        (lambda lines: [lines[0], "x" + lines[1]], "no timecode"),
        (lambda lines: [lines[0], lines[1].replace("0.5", "half", 1)], "no number"),
        (lambda lines: [lines[0].replace("TongueOut", "JawOpen"), *lines[1:]], "jawOpen twice"),
        (lambda lines: [lines[0].replace("BlendshapeCount", "timecode"), *lines[1:]], "Timecode twice"),
        (lambda lines: [lines[0], lines[1], lines[2].replace("00:00:00:", "11:00:00:")], "none of a face"),
        (lambda lines: [lines[0], *[lines[1]] * 9], "do not advance"),
        (lambda lines: ["name,value", "a,1"], "no capture that Elocute knows"),
        (lambda lines: [], "is empty"),
    ],
)
def test_what_is_damaged_is_told_in_a_sentence(tmp_path, capsys, change, said):
    path = take(tmp_path, change)
    assert main(["import", str(path), "--out", str(tmp_path / "out.npz")]) == 3
    told = capsys.readouterr().err
    assert said in told
    assert "take.csv" in told
    assert not (tmp_path / "out.npz").exists()


def test_a_take_of_many_hours_is_refused(tmp_path):
    path = take(tmp_path, lambda lines: [*lines[:-1], "09:" + lines[-1][3:]])
    with pytest.raises(InputError, match="hours long"):
        read_capture(path, fps=25.0)
    assert read_capture(path, fps=1.0)[0].frames == 9 * 3600 + 4


def test_missing_files_and_odd_arguments(tmp_path, capsys):
    out = ["--out", str(tmp_path / "out.npz")]
    assert main(["import", str(tmp_path / "none.csv"), *out]) == 3
    assert "There is no file" in capsys.readouterr().err
    path = take(tmp_path)
    assert main(["import", str(path), "--fps", "0", *out]) == 2
    assert main(["import", str(path), "--timecode-rate", "0", *out]) == 2
    assert main(["import", str(path), "--out", str(tmp_path / "out.csv")]) == 2
    assert main(["import", str(tmp_path), *out]) == 3


def test_a_style_is_extracted_from_a_take(tmp_path, capsys):
    path = take(tmp_path, fps=60.0, frames=300)
    words = ["style", "extract", str(path), "--model", "elocute-lite", "--out"]
    assert main([*words, str(tmp_path / "mine.npz")]) == 0
    assert "Style of frames 0 to" in capsys.readouterr().out
    back(path, "--fps", "25")
    words[2] = str(path.with_suffix(".back.npz"))
    assert main([*words, str(tmp_path / "same.npz")]) == 0
    one, other = (np.load(tmp_path / name)["style"] for name in ("mine.npz", "same.npz"))
    assert np.array_equal(one, other)
    path.write_text("nothing")
    assert main([*words[:2], str(path), *words[3:], str(tmp_path / "none.npz")]) == 3
    assert "no capture that Elocute knows" in capsys.readouterr().err


def test_axis_angles_are_exact_at_every_angle():
    angles = np.concatenate([np.linspace(-3.1, 3.1, 41), [0.0, 1e-9, np.pi - 1e-6]])
    for axis in range(3):
        vectors = axis_angles(about(axis, angles))
        assert np.allclose(vectors[:, axis], angles, atol=1e-9)
        assert np.abs(np.delete(vectors, axis, axis=1)).max() < 1e-9


def test_a_clip_is_no_capture_and_is_still_a_motion(tmp_path):
    from elocute.exchange.captures import load_motion_or_capture

    performance().save(tmp_path / "clip.npz")
    clip, notes = load_motion_or_capture(tmp_path / "clip.npz", 25.0)
    assert isinstance(clip, MotionClip)
    assert (clip.fps, notes) == (30.0, ())
    with pytest.raises(InputError, match="is a clip already"):
        read_capture(tmp_path / "clip.npz")


def test_a_row_that_is_there_twice_counts_once(tmp_path):
    read = back(take(tmp_path, lambda lines: [*lines[:31], *lines[25:]]))
    assert max(farthest(performance(), read).values()) < 1e-6


def test_angles_have_the_signs_of_real_takes(tmp_path):
    """There the left eye's yaw is negative where it looks out, and its pitch where it looks up."""

    def change(lines):
        names = lines[0].split(",")
        told = {"LeftEyeYaw": "-0.3", "RightEyePitch": "-0.2", "HeadYaw": "-0.25"}
        rows = [line.split(",") for line in lines[1:]]
        for row in rows:
            row[names.index("HeadYaw") :] = [told.get(name, "0") for name in names[names.index("HeadYaw") :]]
        return [lines[0], *(",".join(row) for row in rows)]

    read = back(take(tmp_path, change))
    assert np.allclose(read.eyes, [0, 0.3, 0, -0.2, 0, 0], atol=1e-6)  # +y to the left, -x up
    assert np.allclose(read.head, [0, 0.25, 0], atol=1e-6)
