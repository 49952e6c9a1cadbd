"""Messages of iFacialMocap and Facemotion3d there and back."""

from __future__ import annotations

import numpy as np
import pytest

from elocute.cli import main
from elocute.errors import InputError
from elocute.exchange.captures import read_capture
from elocute.motion.head1_basis import EXPRESSION_INDEX
from tests.backend.exchange.captures_made import back, farthest, performance, there


@pytest.mark.parametrize("flags", [(), ("--facemotion3d",)])
def test_a_clip_comes_back(tmp_path, flags):
    clip = performance(fps=60.0)
    path = there(clip, "ifacialmocap", tmp_path / "a.txt", *flags)
    first = path.read_text().splitlines()[0]
    assert first.startswith("eyeBlinkLeft&" if flags else "eyeBlink_L-")
    assert ("|jawLeft&" if flags else "|jawLeft-") in first
    assert "|=head#" in first
    assert first.endswith("|")
    worst = farthest(clip, back(path))
    assert max(worst.values()) < 1e-6


def test_another_rate_is_told_and_given_back(tmp_path, capsys):
    clip = performance(fps=30.0)
    path = there(clip, "ifacialmocap", tmp_path / "a.txt")
    assert "30 messages a second" in capsys.readouterr().out
    assert main(["import", str(path), "--out", str(tmp_path / "b.npz")]) == 0
    assert "60 messages a second were taken, as the apps send them" in (said := capsys.readouterr().out)
    assert "--timecode-rate" in said
    assert back(path).fps == 60
    assert max(farthest(clip, back(path, "--timecode-rate", "30")).values()) < 1e-6


def message(**values):
    shapes = {"eyeBlink_L": 0, "eyeBlink_R": 0, "jawOpen": 50, **dict.fromkeys("abc", 1), **values}
    names = ("browInnerUp", "mouthPucker", "mouthFunnel", "jawLeft", "jawRight", "cheekPuff", "tongueOut")
    shapes |= {name: 0 for name in names if name not in shapes}
    return "|".join(f"{name}-{value}" for name, value in shapes.items())


def test_the_signs_are_those_of_the_makers_examples(tmp_path):
    """Down and to the character's left is positive, as the eyes shown there look."""
    path = tmp_path / "a.txt"
    line = message() + "|=head#10,20,-5,0.1,0.2,0.3|rightEye#6,2,0|leftEye#12,-3,0|"
    path.write_text("___iFacialMocap".join([line, line, line]) + "___iFacialMocap")
    clip = back(path)
    assert clip.frames == 3
    assert clip.expression[0, EXPRESSION_INDEX["eyeBlinkLeft"]] == 0
    assert np.allclose(clip.eyes[0], np.radians([12, -3, 0, 6, 2, 0]), atol=0.006)
    assert np.allclose(clip.head[0], np.radians([10, 20, -5]), atol=0.04)
    assert clip.head[0, 0] > 0


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (message() + "|\nrubbish|\n" + message() + "|\n", "line 2 is no message"),
        (message() + "|=head#1,x,2|\n", "no number"),
        (message() + "|jawOpen-4|\n", "jawOpen twice"),
        (message(jawOpen="1.2.3") + "|\n", "no number"),
    ],
)
def test_what_is_damaged_is_told(tmp_path, capsys, text, said):
    path = tmp_path / "a.txt"
    path.write_text(text)
    assert main(["import", str(path), "--out", str(tmp_path / "out.npz")]) == 3
    assert said in capsys.readouterr().err


def test_a_message_that_was_cut_off_is_left_out(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text(message() + "|\n" + message() + "|\n" + message()[:30])
    assert back(path).frames == 2


@pytest.mark.parametrize("begin", ["eyeBlink_L-", "eyeBlink_L-1", "eyeBlink_L", "=", ""])
def test_a_long_run_of_spaces_takes_no_longer_than_other_text(begin):
    """Where it takes time with its square, this is over when the limit for tests is, and not before."""
    run = f"{begin}{' ' * 1_000_000}!"
    clip, _ = read_capture(f"{message()}|\n{message()}|{run}|\n".encode())
    assert clip.frames == 2
    with pytest.raises(InputError):  # it is no capture, which every format finds out
        read_capture(f"rubbish|{run}|\n".encode())
