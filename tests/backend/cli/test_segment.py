"""``--segment``: one line out of a long recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from elocute.audio.phone_json import read_phone_json
from elocute.audio.segment import Segment
from elocute.cli import main
from elocute.errors import SettingsError
from elocute.motion.clip import MotionClip

SPEECH = Path(__file__).parents[2] / "data" / "speech" / "map.flac"


def test_a_clip_of_the_segment_alone(tmp_path):
    out = tmp_path / "clip.npz"
    command = ["generate", str(SPEECH), "--segment", "0.5-1.3", "--model", "rules", "--out", str(out)]
    assert main(command) == 0
    assert MotionClip.load(out).frames == 20


def test_a_segment_outside_the_recording_is_refused(tmp_path, capsys):
    out = tmp_path / "phones.json"
    assert main(["phones", str(SPEECH), "--segment", "1:00-1:01", "--out", str(out)]) == 3
    assert "outside the recording" in capsys.readouterr().err
    assert not out.exists()


def test_one_voice_of_two(tmp_path, capsys):
    voice, rate = soundfile.read(SPEECH)
    other = np.where(np.arange(len(voice)) % 16000 < 8000, 0.2, -0.2)
    both = tmp_path / "both.wav"
    soundfile.write(both, np.stack([other, voice], axis=1), rate)
    out = tmp_path / "phones.json"
    assert main(["phones", str(both), "--segment", "@2", "--words", "none", "--out", str(out)]) == 0
    alone = tmp_path / "alone.json"
    assert main(["phones", str(SPEECH), "--words", "none", "--out", str(alone)]) == 0
    heard, expected = (read_phone_json(path).phones for path in (out, alone))
    assert [phone.label for phone in heard] == [phone.label for phone in expected]
    capsys.readouterr()
    assert main(["phones", str(SPEECH), "--segment", "@2", "--out", str(out)]) == 3
    assert "has one channel, so there is no channel 2" in capsys.readouterr().err


def test_a_segment_that_is_none(tmp_path, capsys):
    assert main(["generate", str(SPEECH), "--segment", "soon", "--out", str(tmp_path / "clip.npz")]) == 2
    assert "has no end" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("told", "meant"), [("0,5-1,5", "0.5-1.5"), ("1:02,5-", "1:02.5-"), ("0,5-1/2@1", "0.5-1/2@1")]
)
def test_a_decimal_comma_in_a_segment_is_called_one(told, meant):
    with pytest.raises(SettingsError, match="has a decimal comma") as caught:
        Segment.parse(told)
    assert caught.value.hint == f"Write it with a point: {meant}"
