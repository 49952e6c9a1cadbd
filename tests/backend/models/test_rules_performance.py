"""Head, brows, lids and eyes; seeds, takes, styles and refusals."""

import dataclasses
import itertools
import json

import numpy as np
import pytest

import elocute
from elocute.audio.phone import Phone, Word
from elocute.audio.phrasing import analyse_prosody
from elocute.audio.speech_features import FPS
from elocute.behaviour.blinks import blink_frames, lid_curves
from elocute.behaviour.curve_shapes import add_step, calm_ends, drift
from elocute.clips_in_the_making import make_clips
from elocute.errors import Cancelled, SettingsError
from elocute.generator import GenerationSettings
from elocute.models.rules.brows import brow_motion
from elocute.models.rules.generator import RulesGenerator
from elocute.models.rules.head import head_motion
from elocute.models.rules.style import LIMITS, PARAMETERS, PRESETS, RulesStyle
from elocute.models.rules.style_track import StyleTrack
from elocute.motion.head1_basis import EXPRESSION_INDEX
from elocute.progress import Progress

LINE = "SIL HH AH L OW SIL M AY N EY M IH Z AE N SIL W AH T D UW Y UW DH IH NG K SIL"


def value(clip, name):
    return clip.expression[:, EXPRESSION_INDEX[name]]


def same(a, b):
    return all(
        np.array_equal(getattr(a, n), getattr(b, n)) for n in ("expression", "jaw", "head", "eyes")
    ) and {**a.meta, "take": None} == {**b.meta, "take": None}


def test_same_seed_same_bits(perform):
    assert same(perform(LINE, seed=7), perform(LINE, seed=7))


def test_take_k_is_the_clip_of_seed_plus_k(make_speech, perform):
    speech = make_speech(LINE)
    takes = make_clips(RulesGenerator(), speech, GenerationSettings(seed=3, takes=3), Progress())
    assert [take.meta["seed"] for take in takes] == [3, 4, 5]
    assert same(takes[2], perform(speech, seed=5))


def test_takes_differ_in_head_and_little_in_lips(make_speech, perform):
    speech = make_speech(LINE)
    a, b = perform(speech, seed=0), perform(speech, seed=1)
    assert np.abs(a.head - b.head).max() > np.radians(1.0)
    assert np.abs(a.jaw - b.jaw).max() < np.radians(0.6)
    pucker = value(a, "mouthPucker") - value(b, "mouthPucker")
    assert np.abs(pucker).max() < 0.05


def test_head_starts_and_ends_at_rest_and_never_jumps(make_speech, perform):
    clip = perform(
        make_speech(
            [Phone("SIL", 0, 1), *make_speech(LINE).phones[1:]][:1]
            + [Phone(p.label, p.start + 1, p.end + 1) for p in make_speech(LINE).phones]
        )
    )
    assert np.abs(clip.head[[0, -1]]).max() < 1e-6
    assert np.degrees(np.abs(np.diff(clip.head, axis=0))).max() * FPS < 60.0
    assert 1.0 < np.degrees(np.abs(clip.head)).max() < 16.0


def test_without_head_motion_the_head_is_exactly_at_rest(perform):
    clip = perform(LINE, head_motion=False)
    assert not clip.head.any()
    assert clip.neck is None
    assert np.abs(clip.eyes).max() < np.radians(20.0)


def test_eyes_turn_against_the_head(perform):
    still = {"gaze_amount": 0.0}
    clip = perform(LINE, options=still)
    moving = np.abs(clip.head[:, 1]) > np.radians(0.3)
    assert (np.sign(clip.eyes[moving, 1]) == -np.sign(clip.head[moving, 1])).all()
    assert np.array_equal(clip.eyes[:, :3], clip.eyes[:, 3:])


def test_another_line_with_the_same_seed_blinks_elsewhere(make_speech, perform):
    speech = make_speech(LINE)
    other = dataclasses.replace(speech, audio_sha256="cd" * 32)
    assert not np.array_equal(perform(speech).head, perform(other).head)


def test_amounts_scale_head_and_brows(perform):
    quiet = perform(LINE, options={"head_amount": 0.0, "brow_amount": 0.0})
    assert not quiet.head.any()
    assert not value(quiet, "browInnerUp").any()
    small, large = (perform(LINE, options={"head_amount": a}) for a in (0.5, 1.5))
    assert np.abs(large.head).max() > 2.0 * np.abs(small.head).max()


def test_asymmetry_zero_is_symmetric(perform):
    clip = perform(LINE, options={"asymmetry": 0.0})
    for name in ("mouthSmile", "browOuterUp", "eyeBlink", "mouthStretch"):
        assert np.array_equal(value(clip, f"{name}Left"), value(clip, f"{name}Right"))


def test_brows_move_as_far_as_one_sees(make_speech, perform):
    speech = make_speech(LINE)
    highest = [value(perform(speech, style="lively", seed=seed), "browInnerUp").max() for seed in range(6)]
    assert min(highest) > 0.25
    assert max(highest) < 0.8


def test_accents_move_the_brows(make_speech):
    speech = make_speech(LINE)
    prosody = analyse_prosody(speech)
    plain = prosody.syllables
    marked = tuple(
        dataclasses.replace(each, accented=n % 3 == 1, prominence=0.8) for n, each in enumerate(plain)
    )
    style = StyleTrack.constant(PRESETS["lively"], speech.frames)
    moved = []
    for seed in range(12):
        with_accents, without = (
            brow_motion(each, style, np.random.default_rng(seed)).height
            for each in (dataclasses.replace(prosody, syllables=marked), prosody)
        )
        moved.append(np.abs(with_accents - without).max())
    assert max(moved) > 0.3
    assert np.median(moved) > 0.15


def test_two_takes_differ_in_brows(make_speech, perform):
    speech = make_speech(LINE)
    brows = [index for name, index in EXPRESSION_INDEX.items() if name.startswith("brow")]
    takes = [perform(speech, style="lively", seed=seed).expression[:, brows] for seed in range(6)]
    apart = [np.linalg.norm(a - b, axis=1).mean() for a, b in itertools.pairwise(takes)]
    assert np.mean(apart) > 0.1


def test_a_smile_is_on_its_way_before_the_word(make_speech, perform):
    phones = [Phone("SIL", 0.0, 2.0)]
    phones += [
        Phone(p.label, p.start + 1.5, p.end + 1.5) for p in make_speech("SIL S AE S AE S SIL").phones[1:]
    ]
    for seed in range(4):
        clip = perform(make_speech(phones), style="cheerful", seed=seed)
        smile = value(clip, "mouthSmileLeft")
        assert smile[int(1.88 * FPS)] > smile[int(1.45 * FPS)] + 0.003
    assert smile[:30].min() > 0.2


def test_lips_are_pressed_in_some_long_pauses_and_no_short_ones(make_speech, perform):
    def pressed(pause):
        phones, time = [], 0.0
        for label, length in [("SIL", 0.4), ("AA", 0.3), ("S", 0.1), ("SIL", pause)] * 6:
            phones.append(Phone(label, time, time + length))
            time += length
        clip = perform(make_speech(phones), options={"breath": 0.0})
        press = value(clip, "mouthPressLeft")
        return (np.diff((press > 0.12).astype(int)) == 1).sum(), clip

    often, clip = pressed(2.2)
    assert 1 <= often <= 5
    shut = value(clip, "mouthPressLeft") > 0.12
    gap = clip.jaw[:, 0] / np.radians(16.0) - value(clip, "mouthClose")
    assert gap[shut].max() < 0.1
    assert pressed(0.8)[0] >= 1  # too short to swallow in
    assert pressed(0.4)[0] == 0


def test_the_head_shakes_at_some_negations(make_speech, perform):
    speech = make_speech("SIL N AA T N AA T N AA T N AA T N AA T N AA T N AA T N AA T SIL")

    def turned(text):
        words = tuple(Word(text, 0.5 + 0.3 * n, 0.8 + 0.3 * n) for n in range(8))
        return perform(dataclasses.replace(speech, words=words)).head[:, 1]

    apart = np.degrees(np.abs(turned("not") - turned("pot")))
    assert 0.8 < apart.max() < 12.0
    assert np.array_equal(turned("don't"), turned("Not,"))
    assert not np.array_equal(turned("don't"), turned("dont"))


def test_long_phrases_change_posture(make_speech):
    speech = make_speech("SIL " + "T AA S IH " * 20 + "SIL")
    prosody = analyse_prosody(speech)
    style = StyleTrack.constant(RulesStyle(), speech.frames)
    still = dataclasses.replace(prosody, syllables=tuple(
        dataclasses.replace(s, accented=False) for s in prosody.syllables
    ))  # fmt: skip
    spread = [
        np.std([head_motion(p, (), style, np.random.default_rng(seed))[:, 1] for seed in range(12)])
        for p in (prosody, still)
    ]
    assert spread[0] > 1.03 * spread[1]


def test_blinks_follow_a_rate_that_changes(make_speech):
    prosody = analyse_prosody(make_speech([Phone("SIL", 0.0, 600.0)]))
    rate = np.where(np.arange(15000) < 7500, 30.0, 0.0)
    blinks = np.array(blink_frames(prosody, 15000, rate, np.random.default_rng(0)))
    assert (blinks < 7500 + FPS * 3).all()
    assert len(blinks) / 5.0 == pytest.approx(30.0, rel=0.2)
    steady = np.full(15000, 18.0)
    alike = [blink_frames(prosody, 15000, each, np.random.default_rng(4)) for each in (18.0, steady)]
    assert alike[0] == alike[1]


def test_smile_and_frown(perform):
    assert value(perform(LINE, style="cheerful"), "mouthSmileLeft").mean() > 0.2
    assert value(perform(LINE, options={"smile": -0.5}), "mouthFrownLeft").mean() > 0.15


@pytest.mark.parametrize("rate", [10.0, 18.0, 30.0])
def test_blink_rate_is_met_over_many_minutes(make_speech, rate):
    prosody = analyse_prosody(make_speech([Phone("SIL", 0.0, 600.0)]))
    blinks = blink_frames(prosody, 15000, rate, np.random.default_rng(0))
    assert len(blinks) / 10.0 == pytest.approx(rate, rel=0.2)
    gaps = np.diff(blinks) / FPS
    assert gaps.min() >= 0.9 - 1 / FPS
    assert gaps.std() > 0.3 * gaps.mean()


def test_nobody_stares(make_speech):
    speech = make_speech(" ".join(["SIL AA T AA"] * 60))
    prosody, gaps = analyse_prosody(speech), []
    for seed in range(60):
        blinks = blink_frames(prosody, speech.frames, 18.0, np.random.default_rng(seed))
        gaps += [(after - before) / FPS for before, after in itertools.pairwise(blinks)]
    # A blink is drawn to a phrase's end by 0.6 s, and left out where another has just been.
    assert np.mean(np.array(gaps) > 1.7 * 60.0 / 18.0 + 0.8) < 0.02
    assert max(gaps) > 5.0


def test_blinks_shut_fully_close_fast_and_last_four_to_eight_frames():
    left, right = lid_curves([20, 60], 90, 0.3, np.random.default_rng(1))
    for lid in (left, right):
        assert lid[20] == lid[60] == 1.0
        moving = np.flatnonzero(lid[:40] > 0.02)
        assert 4 <= len(moving) <= 8
        assert 20 - moving[0] < moving[-1] - 20


def test_no_blinks_when_asked_for_none(perform):
    clip = perform(LINE, options={"blink_rate": 0.0, "gaze_amount": 0.0, "head_amount": 0.0})
    assert value(clip, "eyeBlinkLeft").max() == 0.0


@pytest.mark.parametrize("seconds", [0.01, 0.05, 0.3])
@pytest.mark.parametrize("with_phones", [True, False])
def test_tiny_clips(make_speech, perform, seconds, with_phones):
    speech = make_speech([Phone("B", 0.0, seconds)], with_phones=with_phones)
    clip = perform(speech, style="lively")
    assert clip.frames == speech.frames


@pytest.mark.parametrize("with_phones", [True, False])
def test_digital_silence_is_quiet_motion(make_speech, perform, with_phones):
    speech = make_speech([Phone("SIL", 0.0, 12.0)], with_phones=with_phones)
    speech.energy_db[:], speech.log_mel[:] = -100.0, np.log(1e-10)
    clip = perform(speech)
    assert clip.jaw.max() < np.radians(0.2)
    assert value(clip, "eyeBlinkLeft").max() == 1.0
    assert 0.0 < np.degrees(np.abs(clip.head)).max() < 6.0


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("end", [0, 1])
def test_the_ends_of_every_parameter_work(perform, name, end):
    clip = perform(LINE, options={name: LIMITS[name][end]})
    assert clip.expression.min() >= -1e-6
    assert clip.expression.max() <= 1.0 + 1e-6


def test_parameters_and_presets_agree_with_their_limits():
    assert set(PARAMETERS) == set(LIMITS) == set(vars(RulesStyle()))
    for preset in PRESETS.values():
        for name, (low, high) in LIMITS.items():
            assert low <= getattr(preset, name) <= high
    assert next(iter(PRESETS)) == "neutral"


@pytest.mark.parametrize(
    "settings",
    [
        {"style": "nonsense"},
        {"options": {"nonsense": 1.0}},
        {"options": {"jaw": 99.0}},
        {"options": {"jaw": float("nan")}},
        {"seed": -1},
        {"takes": 0},
    ],
)
def test_bad_settings_are_refused_in_one_sentence(perform, settings):
    with pytest.raises(SettingsError) as caught:
        perform(LINE, **settings)
    assert caught.value.message.endswith(".")
    assert caught.value.hint


def test_cancel_stops_the_work(make_speech, cancelled_progress):
    with pytest.raises(Cancelled):
        make_clips(RulesGenerator(), make_speech(LINE), GenerationSettings(), cancelled_progress)


def test_progress_runs_to_the_end(make_speech):
    seen = []
    progress = Progress(listener=lambda stage, fraction, _: seen.append((stage, fraction)))
    make_clips(RulesGenerator(), make_speech(LINE), GenerationSettings(takes=2), progress)
    fractions = [fraction for _, fraction in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_meta_says_what_was_done(make_speech, perform):
    speech = make_speech(LINE)
    meta = perform(speech, style="calm", seed=4, options={"jaw": 1.2}).meta
    json.dumps(meta)
    assert meta["audio_sha256"] == speech.audio_sha256
    assert meta["audio_seconds"] == speech.seconds
    assert (meta["model"], meta["seed"], meta["style"]) == ("rules", 4, "calm")
    assert meta["options"]["jaw"] == 1.2
    assert meta["elocute_version"] == elocute.__version__
    assert meta["phone_source"] == "transcript"
    assert meta["notes"] == ["a note"]


def test_drift_has_unit_variance_and_no_jitter():
    noise = drift(np.random.default_rng(2), 60000, 0.4)
    assert noise.std() == pytest.approx(1.0, abs=0.08)
    spectrum = np.abs(np.fft.rfft(noise)) ** 2
    slow = np.fft.rfftfreq(60000, 1 / FPS) < 1.0
    assert spectrum[slow].sum() > 0.999 * spectrum.sum()


def test_a_step_arrives_and_stays():
    curve = np.zeros(50)
    add_step(curve, 0.4, 0.4, 2.0)
    assert not curve[:10].any()
    assert curve[20:] == pytest.approx(2.0)
    assert (np.diff(curve) >= 0).all()


def test_ends_are_calm():
    window = calm_ends(100, 0.8)
    assert window[0] == window[-1] == 0.0
    assert window[50] == 1.0
    assert calm_ends(1, 0.8).shape == (1,)
