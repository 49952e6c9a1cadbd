"""What the lips must do for the phones, whatever the speed, style or timing."""

import numpy as np
import pytest

from elocute.articulation.contacts import contact_curves
from elocute.articulation.dominance import Gestures, at_frames, blend, frame_times, grid_times
from elocute.articulation.targets import CHANNELS, DIPHTHONGS, TARGETS
from elocute.audio.phone import ARPABET, SILENCE, Phone
from elocute.audio.speech_features import FPS
from elocute.models.rules.style import PRESETS
from elocute.motion.head1_basis import EXPRESSION_INDEX, JAW_OPEN_RADIANS


def value(clip, name):
    return clip.expression[:, EXPRESSION_INDEX[name]]


def opening(clip):
    return clip.jaw[:, 0] / JAW_OPEN_RADIANS - value(clip, "mouthClose")


def frames_of(phone):
    return slice(max(int(phone.start * FPS) - 1, 0), int(phone.end * FPS) + 2)


def test_every_phone_has_a_target():
    assert set(TARGETS) | set(DIPHTHONGS) == {*ARPABET, SILENCE}


@pytest.mark.parametrize("style", PRESETS)
@pytest.mark.parametrize("length", [0.02, 0.045, 0.07, 0.12])
def test_lips_seal_on_every_bilabial(make_speech, perform, style, length):
    speech = make_speech("SIL AA P AE B AA M AA P UW M OW B IY SIL", seconds=length)
    clip = perform(speech, style=style)
    for phone in speech.phones:
        if phone.label in "PBM":
            assert np.abs(opening(clip)[frames_of(phone)]).min() < 1e-6, phone


@pytest.mark.parametrize("start", np.linspace(0.40, 0.44, 9))
def test_a_bilabial_shorter_than_a_frame_seals_wherever_it_falls(make_speech, perform, start):
    phones = [
        Phone("AA", 0.0, start),
        Phone("B", start, start + 0.012),
        Phone("AA", start + 0.012, 0.8),
    ]
    clip = perform(make_speech(phones))
    sealed = np.flatnonzero(opening(clip) < 1e-6)
    assert len(sealed) >= 1
    assert np.abs((sealed + 0.5) / FPS - (start + 0.006)).max() < 0.05
    assert opening(clip)[[4, 16]].min() > 0.2


def test_what_opposes_a_seal_is_out_of_the_way(perform):
    clip = perform("SIL AE M AE M IY M SIL")
    sealed = (opening(clip) < 1e-6) & (clip.jaw[:, 0] > 0.02)
    assert sealed.any()
    for name in ("mouthUpperUpLeft", "mouthLowerDownRight", "mouthFunnel", "tongueOut"):
        assert value(clip, name)[sealed].max() < 1e-6


def test_lips_part_between_two_bilabials(make_speech, perform):
    clip = perform(make_speech("SIL M AA M AA SIL", seconds=0.08))
    between = slice(int(0.58 * FPS), int(0.66 * FPS) + 1)
    assert opening(clip)[between].max() > 0.1


def test_labiodentals_bring_the_lower_lip_to_the_teeth(make_speech, perform):
    speech = make_speech("SIL AA F AA V IY SIL", seconds=0.06)
    clip = perform(speech)
    for phone in speech.phones:
        if phone.label in "FV":
            frame = frames_of(phone)
            best = value(clip, "mouthRollLower")[frame].argmax() + frame.start
            assert value(clip, "mouthRollLower")[best] > 0.5
            assert clip.jaw[best, 0] / JAW_OPEN_RADIANS < 0.16


def test_rounding_begins_before_its_vowel(make_speech, perform):
    rounded = perform(make_speech("SIL S T UW SIL"))
    flat = perform(make_speech("SIL S T IY SIL"))
    at_t = int(0.65 * FPS)
    assert value(rounded, "mouthPucker")[at_t] > 0.15 + value(flat, "mouthPucker")[at_t]
    assert value(rounded, "mouthPucker").max() > 0.6


def test_sibilants_narrow_the_jaw_between_open_vowels(perform):
    clip = perform("SIL AA S AA SIL")
    s = int(0.65 * FPS)
    assert clip.jaw[s, 0] < 0.5 * clip.jaw[:, 0].max()


def test_fast_speech_opens_less(make_speech, perform):
    line = "SIL T AA T AA T AA T SIL"
    slow = perform(make_speech(line, seconds=0.20))
    fast = perform(make_speech(line, seconds=0.05))
    assert fast.jaw[:, 0].max() < 0.85 * slow.jaw[:, 0].max()


def test_stress_opens_the_jaw(make_speech, perform):
    speech = make_speech("SIL " + "D AA " * 7 + "SIL")
    speech.energy_db[:] = np.where(speech.energy_db > -30, -26.0, speech.energy_db)
    loud = slice(int(1.2 * FPS), int(1.3 * FPS) + 1)  # the fourth syllable
    speech.energy_db[loud] = -14.0
    speech.pitch_hz[speech.pitch_hz > 0] = 120.0
    jaw = perform(speech).jaw[:, 0]
    others = np.concatenate([jaw[int(0.8 * FPS) : int(1.1 * FPS)], jaw[int(1.4 * FPS) : int(1.7 * FPS)]])
    assert jaw[loud].max() > 1.1 * others.max()


def test_jaw_and_lip_strength_are_separate(perform):
    line = "SIL D AA W AA SIL"
    normal, still_jaw, still_lips = (
        perform(line),
        perform(line, options={"jaw": 0.0}),
        perform(line, options={"lip": 0.0}),
    )
    assert still_jaw.jaw[:, 0].max() < 0.3 * normal.jaw[:, 0].max()
    assert value(still_jaw, "mouthPucker").max() > 0.9 * value(normal, "mouthPucker").max()
    assert value(still_lips, "mouthPucker").max() < 1e-6
    assert still_lips.jaw[:, 0].max() > 0.9 * normal.jaw[:, 0].max()


@pytest.mark.parametrize("style", PRESETS)
def test_values_stay_plausible_and_smooth(make_speech, perform, style):
    clip = perform(
        make_speech("SIL HH AW SIL SH UW JH OY F AO R B W AE P IY CH UW M AA SIL", 0.07), style=style
    )
    assert clip.expression.min() >= -1e-6
    assert clip.expression.max() <= 1.0 + 1e-6
    assert (value(clip, "mouthFunnel") + value(clip, "mouthPucker")).max() <= 1.0 + 1e-6
    assert (value(clip, "mouthPressLeft") * value(clip, "mouthRollLower")).max() < 0.1
    assert clip.jaw[:, 0].max() < 0.9 * JAW_OPEN_RADIANS
    steps = np.abs(np.diff(clip.jaw[:, 0])) / JAW_OPEN_RADIANS
    assert steps.max() < 0.25


def test_a_jaw_that_is_asked_for_too_much_slows_down_instead_of_stopping(perform):
    line = "SIL T AA AA AA T SIL"
    modest, wide, wider = (
        perform(line, options={"jaw": amount, "articulation": 1.8}).jaw[:, 0] / JAW_OPEN_RADIANS
        for amount in (1.0, 1.7, 2.0)
    )
    assert modest.max() < wide.max() < wider.max() < 0.85
    assert wider.max() - wide.max() < 0.5 * (wide.max() - modest.max())


def test_silence_is_a_closed_mouth(make_speech, perform):
    clip = perform(make_speech([Phone("SIL", 0.0, 6.0)]))
    assert opening(clip).max() < 1e-3
    assert np.abs(clip.head).max() > 0.001  # alive, though


def test_a_breath_opens_the_mouth_before_a_phrase(make_speech, perform):
    speech = make_speech("SIL B AA SIL SIL B AA SIL")
    with_breath, without = perform(speech), perform(speech, options={"breath": 0.0})
    before = slice(int(1.2 * FPS), int(1.6 * FPS))
    assert opening(with_breath)[before].max() > 0.04 + opening(without)[before].max()


def test_without_phones_the_sound_moves_the_jaw(make_speech, perform):
    speech = make_speech("SIL D AA D IY S AA SIL", with_phones=False)
    clip = perform(speech, options={"breath": 0.0})
    talking, silent = slice(int(0.55 * FPS), int(1.05 * FPS)), slice(0, 4)
    assert clip.jaw[talking, 0].max() > 0.1 * JAW_OPEN_RADIANS
    assert clip.jaw[silent, 0].max() < 0.02 * JAW_OPEN_RADIANS
    assert clip.meta["phone_source"] == "none"


def test_contact_is_complete_on_a_frame_even_at_the_clips_edges():
    curves = contact_curves([Phone("M", 0.0, 0.005), Phone("F", 0.115, 0.12)], 3)
    assert curves.seal[0] == 1.0
    assert curves.bite[2] == 1.0


def test_neighbouring_contacts_both_happen():
    curves = contact_curves([Phone("V", 0.20, 0.27), Phone("P", 0.27, 0.34)], 15)
    assert curves.bite.max() == 1.0
    assert curves.seal.max() == 1.0
    assert (curves.bite + curves.seal).max() <= 1.0


def test_dominance_of_one_gesture_by_hand():
    gestures = Gestures(np.array([0.2]), np.array([0.3]), np.array([[0.8]]), np.array([[0.5]]))
    grid = blend(gestures, 20, anticipation=[10.0], carryover=[20.0], rest_strength=0.1)
    times = grid_times(20)
    inside, before = np.searchsorted(times, 0.25), np.searchsorted(times, 0.10)
    assert grid[inside, 0] == pytest.approx(0.5 * 0.8 / 0.6)
    weight = 0.5 * np.exp(-10.0 * (0.2 - times[before]))
    assert grid[before, 0] == pytest.approx(weight * 0.8 / (weight + 0.1))


def test_dominance_between_two_equal_gestures_is_their_mean():
    gestures = Gestures(
        np.array([0.105, 0.30]), np.array([0.11, 0.305]), np.array([[0.0], [1.0]]), np.array([[1.0], [1.0]])
    )
    grid = blend(gestures, 10, anticipation=[20.0], carryover=[20.0], rest_strength=0.0)
    assert grid[20, 0] == pytest.approx(0.5)


def test_frames_are_read_at_their_centres():
    assert at_frames(grid_times(7)) == pytest.approx(frame_times(7))
    assert len(CHANNELS) == len(set(CHANNELS))


def test_a_doubtful_bilabial_does_not_shut_the_mouth(make_speech, perform):
    def least_opening(confidence):
        phones = [Phone("AA", 0.0, 0.4), Phone("B", 0.4, 0.5, confidence), Phone("AA", 0.5, 0.9)]
        return float(opening(perform(make_speech(phones)))[8:14].min())

    sure, doubtful, unlikely = (least_opening(confidence) for confidence in (0.9, 0.5, 0.2))
    assert sure < 1e-6
    assert sure + 0.05 < doubtful < unlikely
