"""Single values that a capture lacks are filled from their neighbours; the rest of its rows is kept."""

from __future__ import annotations

import json

import numpy as np
import pytest

from elocute.errors import InputError
from elocute.exchange.captures import read_capture
from elocute.exchange.gaps import filled, value_in
from elocute.motion.head1_basis import EXPRESSION_INDEX
from tests.backend.exchange.captures_made import performance, there

FORMATS = {"arkit-csv": "csv", "face-cap": "txt", "ifacialmocap": "txt", "audio2face-json": "json",
           "mediapipe-json": "json"}  # fmt: skip
HOLE = 40
SMILE = EXPRESSION_INDEX["mouthSmileLeft"]
SPELLINGS = {"arkit-csv": "MouthSmileLeft", "face-cap": "mouthSmile_L", "ifacialmocap": "mouthSmile_L"}


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("files")
    return {
        name: there(performance(), name, folder / f"{name}.{ending}").read_text()
        for name, ending in FORMATS.items()
    }


def with_hole(name, text, value, rows=(HOLE,)):
    """The file with the left corner of the smile replaced in some frames."""
    if name.endswith("json"):
        document = json.loads(text)
        for row in rows:
            if name == "audio2face-json":
                document["weightMat"][row][document["facsNames"].index("MouthSmileLeft")] = value
            else:
                shapes = document["frames"][row]["faceBlendshapes"][0]["categories"]
                next(one for one in shapes if one["categoryName"] == "mouthSmileLeft")["score"] = value
        return json.dumps(document)
    lines, word = text.splitlines(), "" if value is None else str(value)
    for row in rows:
        if name == "ifacialmocap":
            parts = lines[row].split("|")
            at = next(at for at, part in enumerate(parts) if part.startswith(f"{SPELLINGS[name]}-"))
            parts[at] = f"{SPELLINGS[name]}-{word}"
            lines[row] = "|".join(parts)
        else:
            head = lines[0].split(",")
            cells = lines[row + 1].split(",")
            cells[head.index(SPELLINGS[name]) + (len(cells) - len(head))] = word
            lines[row + 1] = ",".join(cells)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("value", [None, float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("name", FORMATS)
def test_one_value_that_is_none_costs_nothing_else(files, name, value):
    whole, told = read_capture(files[name].encode())
    found, notes = read_capture(with_hole(name, files[name], value).encode())
    assert found.frames == whole.frames
    expression = whole.expression.copy()
    expression[HOLE, SMILE] = expression[[HOLE - 1, HOLE + 1], SMILE].mean()
    assert np.abs(found.expression - expression).max() < 1e-5
    for track in ("jaw", "head", "eyes"):
        assert np.array_equal(getattr(found, track), getattr(whole, track)), track
    (new,) = set(notes) - set(told)
    assert new.startswith("1 value missing or no number")


@pytest.mark.parametrize("name", FORMATS)
def test_a_shape_without_any_value_rests_and_is_named(files, name):
    found, notes = read_capture(with_hole(name, files[name], None, range(90)).encode())
    assert found.frames == 90
    assert not found.expression[:, SMILE].any()
    assert "smile" in " ".join(note for note in notes if "stay at rest" in note).lower()


@pytest.mark.parametrize("name", ["arkit-csv", "face-cap", "ifacialmocap"])
def test_a_text_in_place_of_a_number_is_still_a_damaged_file(files, name):
    if name == "ifacialmocap":  # there it is another message
        text = files[name].replace("head#", "head#x", 1)
    else:
        text = with_hole(name, files[name], "half")
    with pytest.raises(InputError, match="no number"):
        read_capture(text.encode())


def test_what_is_filled_goes_straight_by_time_and_holds_at_the_ends():
    nan = np.nan
    table, notes = filled(
        np.array([0.0, 1.0, 4.0, 5.0]),
        np.array([[nan, 1.0, nan], [0.0, nan, nan], [nan, nan, np.inf], [4.0, 5.0, nan]]),
        ["one", "two", "three"],
    )
    assert np.allclose(table, [[0, 1, 0], [0, 1.8, 0], [3, 4.2, 0], [4, 5, 0]])
    assert notes[0].startswith("4 values missing")
    assert notes[1] == "The file has no values of three; they stay at rest."


def test_times_need_not_be_in_order():
    table, _ = filled(np.array([2.0, 0.0, 1.0]), np.array([[2.0], [0.0], [np.nan]]), ["one"])
    assert table[:, 0].tolist() == [2.0, 0.0, 1.0]


@pytest.mark.parametrize("word", ["", " ", "NaN", "-nan", "inf", "null", "None", "N/A", "-"])
def test_words_for_no_value(word):
    assert np.isnan(value_in(word))


def test_numbers_stay_numbers():
    assert [value_in("0,5"), value_in("-1e-3")] == [0.5, -0.001]
    with pytest.raises(ValueError, match="not a number"):
        value_in("half")
