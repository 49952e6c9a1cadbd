"""``elocute idle`` and ``--continue``: a silent character, and motion that goes on from other motion."""

from __future__ import annotations

import json
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from elocute.audio.silence import silent_speech
from elocute.cli.continuation import earlier_content
from elocute.cli.main import main
from elocute.clips_in_the_making import make_clips
from elocute.errors import InputError, SettingsError
from elocute.evaluation.of_motion.motion_statistics import Performance, face_statistics, head_statistics
from elocute.face.geometry_file import clip_landmarks
from elocute.face.model import FaceModel
from elocute.generator import GenerationSettings, Spoken
from elocute.models.rules import idle as rules_idle
from elocute.models.rules import performance
from elocute.models.rules.generator import RulesGenerator
from elocute.models.rules.style import resolve_style
from elocute.models.rules.style_track import StyleTrack
from elocute.motion.clip import MotionClip
from elocute.motion.continuation import LARGEST
from elocute.motion.head1_basis import EXPRESSION_INDEX, UPPER_FACE
from elocute.motion.landmark_track import LandmarkTrack
from elocute.performance import PerformanceRequest
from elocute.progress import Progress
from elocute.studio import Studio
from tests.backend.thmm.clips import content, moving_clip, speech, still_clip

ROOT = Path(__file__).resolve().parents[3]
HEAD = ROOT / "flame_assets" / "elocute-head-1.npz"
SPEECH = ROOT / "tests" / "data" / "speech" / "waffles.flac"


def idle(folder, *words):
    out = folder / "idle.npz"
    assert main([str(word) for word in ["idle", "--out", out, *words]]) == 0
    return MotionClip.load(out)


@pytest.fixture(scope="module")
def minute(tmp_path_factory):
    return idle(tmp_path_factory.mktemp("idle"), "--seconds", 60)


def test_a_minute_of_a_silent_character(minute, tmp_path, capsys):
    assert (minute.frames, minute.fps, minute.basis) == (1500, 25.0, "elocute-head-1")
    assert (minute.meta["model"], minute.meta["style"]) == ("rules", "neutral")
    face = face_statistics([Performance(minute, ())])
    assert 10 <= face.blinks_per_minute <= 27
    head = head_statistics([Performance(minute, ())])
    assert 0.5 < max(head.deviation_degrees) < 4
    assert max(head.extreme_degrees) < 8
    assert head.mean_speed_degrees > 1  # never still
    eyes = np.degrees(minute.eyes[:, :2] + 0.9 * minute.head[:, :2])
    shifts = np.linalg.norm(np.diff(eyes, axis=0), axis=1) > 0.7
    assert 20 <= np.count_nonzero(np.diff(shifts.astype(int)) == 1) <= 110
    # The mouth stays shut: lips are pressed now and then, and the jaw does not open.
    assert minute.jaw.max() == 0
    pressed = minute.expression[:, EXPRESSION_INDEX["mouthPressLeft"]]
    assert pressed.max() > 0.1
    assert np.mean(pressed > 0.1) < 0.15


def test_only_silence_that_lasts_is_idle(monkeypatch):
    def idle_head(*_):
        raise AssertionError("idle")

    monkeypatch.setattr(performance, "idle_head", idle_head)
    make_clips(RulesGenerator(), silent_speech(3.9), GenerationSettings(), Progress())
    make_clips(RulesGenerator(), speech(frames=300), GenerationSettings(), Progress())
    with pytest.raises(AssertionError, match="idle"):
        make_clips(RulesGenerator(), silent_speech(4.1), GenerationSettings(), Progress())


def test_postures_change_and_breath_goes_on(monkeypatch):
    track = StyleTrack.through(resolve_style("neutral", {}, 1.0).keys, 1500)
    moved, brows = rules_idle.idle_head(track, np.random.default_rng(3))
    assert not moved[[0, -1]].any()
    turn = np.degrees(moved[:, 1])
    assert 1.0 < turn.std() < 3.5
    settled = np.abs(np.diff(turn)) < 1e-6
    assert 6 <= np.count_nonzero(np.diff(settled.astype(int)) == -1) <= 30  # new postures, held in between
    assert 0 < np.count_nonzero(np.diff((brows > 0.02).astype(int)) == 1) <= 12
    monkeypatch.setattr(rules_idle, "_BREATH_DEGREES", 0.0)
    still, _ = rules_idle.idle_head(track, np.random.default_rng(3))
    breath = np.degrees(moved - still)
    assert not breath[:, 1:].any()
    assert 0.15 < np.abs(breath[:, 0]).max() < 0.3
    turns = np.count_nonzero(np.diff(np.sign(breath[25:-25, 0])))
    assert 24 <= turns <= 36  # two a breath


def test_a_clip_of_fewer_frames_than_are_looked_at():
    settings = GenerationSettings(before=content(moving_clip(20)), takes=2)
    for clip in make_clips(RulesGenerator(), speech(frames=2), settings, Progress()):
        assert clip.frames == 2
        assert clip.head[0] == pytest.approx(moving_clip(21).head[-1], abs=0.02)


def test_styles_seeds_and_takes(tmp_path, capsys):
    usual = idle(tmp_path, "--seconds", 8)
    assert np.array_equal(usual.head, idle(tmp_path, "--seconds", 8).head)
    assert not np.array_equal(usual.head, idle(tmp_path, "--seconds", 8, "--seed", 5).head)
    lively, calm = (idle(tmp_path, "--seconds", 30, "--style", style).head for style in ("lively", "calm"))
    assert lively.std() > 1.5 * calm.std()
    smile = EXPRESSION_INDEX["mouthSmileLeft"]
    happy = idle(tmp_path, "--seconds", 8, "--style", "happy")
    assert happy.expression[50:150, smile].min() > usual.expression[50:150, smile].max()
    capsys.readouterr()
    words = ["idle", "--seconds", "2", "--takes", "2", "--out", str(tmp_path / "x.npz"), "--json"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert [Path(path).name for path in told["clips"]] == ["x-1.npz", "x-2.npz"]
    assert (told["model"], told["frames"], told["seconds"]) == ("rules", 50, 2.0)


def test_networks_keep_their_mouth_at_rest(tmp_path):
    clip = idle(tmp_path, "--seconds", 4, "--model", "elocute-lite")
    assert clip.meta["model"] == "elocute-lite"
    lower = [c for c in range(43) if c not in UPPER_FACE]
    assert not clip.expression[:, lower].any()
    assert clip.expression[:, list(UPPER_FACE)].any()


@pytest.mark.parametrize("command", ["idle", "generate"])
@pytest.mark.parametrize("fps", [25.0, 30.0])
def test_it_goes_on_from_a_clip_in_value_speed_and_acceleration(tmp_path, command, fps):
    before = moving_clip(60, fps)
    before.save(tmp_path / "before.npz")
    words = ["--continue", tmp_path / "before.npz", "--model", "rules"]
    if command == "idle":
        clip = idle(tmp_path, "--seconds", 6, *words)
    else:
        out = tmp_path / "clip.npz"
        assert main([str(word) for word in ["generate", SPEECH, "--out", out, *words]]) == 0
        clip = MotionClip.load(out)
    at_25 = moving_clip(60, fps) if fps == 25.0 else None
    last = {name: getattr(before, name)[-1] for name in ("expression", "jaw", "head")}
    for name, value in last.items():
        usual = np.abs(np.diff(getattr(before, name).astype(float), axis=0)).max() * fps / 25
        assert np.abs(getattr(clip, name)[0, : len(value)] - value).max() <= 1.1 * usual + 0.01
    if at_25 is not None:
        whole = np.concatenate([before.head, clip.head]).astype(float)
        speed, bend = np.abs(np.diff(whole, axis=0)), np.abs(np.diff(whole, n=2, axis=0))
        assert speed[58:62].max() < 1.1 * speed[:58].max() + 1e-3
        assert bend[57:61].max() < 4 * bend[:57].max()
    # A second later it is its own.
    plain = idle(tmp_path, "--seconds", 6) if command == "idle" else None
    if plain is not None:
        assert clip.head[20:] == pytest.approx(plain.head[20:], abs=1e-6)


def test_it_goes_on_from_landmarks(tmp_path, capsys):
    face = FaceModel.load(HEAD)
    turned = replace(still_clip(30), head=np.tile([[0.0, 0.2, 0.0]], (30, 1)).astype(np.float32))
    LandmarkTrack(clip_landmarks(turned, face), 25.0, "metre").save(tmp_path / "t.npz")
    clip = idle(tmp_path, "--seconds", 4, "--continue", tmp_path / "t.npz", "--continue-face", HEAD)
    assert clip.head[0, 1] == pytest.approx(0.2, abs=0.02)
    for words, said in (
        (["--continue", tmp_path / "t.npz"], "no head to fit it to"),
        (["--continue-face", HEAD], "for a landmark track"),
    ):
        assert main([str(w) for w in ["idle", "--out", tmp_path / "i.npz", *words]]) == 2
        assert said in capsys.readouterr().err


def other_basis(folder):
    path = folder / "flame.npz"
    still_clip(5, basis="flame2020").save(path)
    return path


def a_large_file(folder):
    path = folder / "large.npz"
    with path.open("wb") as stream:
        stream.truncate(2**26)
    return path


def no_clip(folder):
    path = folder / "no.npz"
    path.write_bytes(b"nothing")
    return path


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--seconds", "0.1"], 2, "out of range"),
        (["--seconds", "nan"], 2, "out of range"),
        (["--seconds", "1e9"], 2, "out of range"),
        (["--seconds", "-3"], 2, "out of range"),
        (["--seconds", "many"], 2, "many"),
        (["--style", "jolly"], 2, "no style named 'jolly'"),
        (["--model", "nowhere"], 2, "nowhere"),
        (["--set", "smile=9"], 2, "out of range"),
        (["--takes", "0"], 2, "takes"),
        (["--continue", "nowhere.npz"], 3, "nowhere.npz"),
        (["--continue", other_basis], 3, "basis flame2020"),
        (["--continue", no_clip], 3, "not a motion clip"),
        (["--continue", a_large_file], 3, "larger than 8 MB"),
        (["--continue", "."], 3, "is a folder"),
    ],
)
def test_bad_input_is_one_sentence_and_writes_nothing(tmp_path, capsys, words, code, said):
    given = [str(word(tmp_path)) if callable(word) else word for word in words]
    assert main(["idle", "--out", str(tmp_path / "idle.npz"), *given]) == code
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err
    assert not (tmp_path / "idle.npz").exists()


def test_what_it_reads_is_not_written_over(tmp_path, capsys):
    moving_clip(5).save(tmp_path / "a.npz")
    words = ["idle", "--out", str(tmp_path / "a.npz"), "--continue", str(tmp_path / "a.npz")]
    assert main(words) == 2
    assert MotionClip.load(tmp_path / "a.npz").frames == 5


def test_from_python():
    studio = Studio()
    (clip,) = studio.idle(2.0).clips
    assert clip.meta["model"] == "rules"
    before = content(moving_clip(20))
    request = PerformanceRequest(model="rules", settings=GenerationSettings(before=before, takes=2))
    first, second = studio.idle(2.0, request).clips
    for made in (first, second):
        assert made.head[0] == pytest.approx(moving_clip(21).head[-1], abs=0.02)
    with pytest.raises(SettingsError, match="out of range"):
        studio.idle(0.0)
    with pytest.raises(InputError, match="not a motion clip"):
        studio.idle(2.0, replace(request, settings=GenerationSettings(before=b"x")))


def test_silence_is_the_same_each_time_and_says_nothing():
    silence = silent_speech(2.5)
    assert (silence.frames, silence.silent, silence.phones) == (63, True, None)
    assert silence.audio_sha256 == silent_speech(2.5).audio_sha256 != silent_speech(3.5).audio_sha256


def test_a_silent_recording_in_a_batch_of_recordings():
    got = []
    spoken = Spoken(silent_speech(6.0), GenerationSettings(), got.append)
    assert RulesGenerator().stream_together([spoken], Progress()) == (None,)
    assert got[0].clips[0].frames == 150


def test_no_more_is_read_of_a_large_file_than_shows_that_it_is(tmp_path):
    content = earlier_content(Namespace(before=a_large_file(tmp_path), before_face=None))
    assert len(content) == LARGEST + 1
