import io

import numpy as np
import pytest

from elocute.audio.speech_features import SpeechFeatures
from elocute.clips_in_the_making import make_clips
from elocute.errors import InputError, SettingsError
from elocute.generator import GenerationSettings, joined
from elocute.models.diffposetalk.folder import save_folder
from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator
from elocute.models.diffposetalk.style_file import style_content
from elocute.models.family import LoadOptions
from elocute.progress import Progress
from tests.backend.diffposetalk.tiny_model import noise_arrays, tiny_model, tone, vector

SAMPLES = 30000  # 46 frames and a bit


def speech(samples=SAMPLES):
    frames = -(-samples // 640)
    blank = np.zeros(frames, np.float32)
    return SpeechFeatures(
        seconds=samples / 16000,
        log_mel=np.zeros((frames, 4, 80), np.float32),
        energy_db=blank,
        pitch_hz=blank,
        voicing=blank,
        phones=None,
        words=(),
        phone_source="none",
        transcript=None,
        audio_sha256="ab" * 32,
        samples=tone(samples).numpy(),
    )


@pytest.fixture(scope="module")
def model():
    return tiny_model()


def generate(generator, **settings):
    return make_clips(generator, speech(), GenerationSettings(**settings), Progress())


def test_clips(model):
    generator = DiffPoseTalkGenerator(model)
    identity = tuple(vector(100).tolist())
    first, second = generate(generator, takes=2, seed=3, identity=identity)
    assert first.frames == second.frames == 46
    assert first.basis == generator.info.basis == "flame2020"
    assert first.fps == 25.0
    assert first.expression.shape == (46, 50)
    assert np.array_equal(first.shape, vector(100).numpy())
    assert not np.array_equal(first.expression, second.expression)
    assert first.meta["seed"] == 3
    assert second.meta["seed"] == 4
    assert first.meta["audio_sha256"] == "ab" * 32
    assert first.meta["sampler"] == "dpmpp"
    assert first.meta["steps"] == 8
    assert first.meta["style"] is None
    assert first.meta["shape"] == "given"
    alone = generate(generator, seed=4, identity=identity)[0]
    assert np.allclose(alone.expression, second.expression, atol=1e-5)


def test_average_shape_without_one(model):
    clip = generate(DiffPoseTalkGenerator(model))[0]
    assert np.array_equal(clip.shape, model.stats.shape_mean.numpy())
    assert clip.meta["shape"] == "average"


def test_no_head_motion(model):
    clip = generate(DiffPoseTalkGenerator(model), head_motion=False)[0]
    assert not clip.head.any()
    assert clip.jaw.any()


def test_recorded_noise_repeats_exactly(model):
    stream = io.BytesIO()
    np.savez(stream, **noise_arrays(model.config, 1))
    noise = stream.getvalue()
    generator = DiffPoseTalkGenerator(model)
    first, other_seed = (generate(generator, seed=seed, noise=noise)[0] for seed in (1, 2))
    assert first.meta["sampler"] == "ddpm"  # a recording repeats a published run
    quick = generate(generator, noise=noise, choices={"sampler": "ddim"}, options={"steps": 4.0})[0]
    assert quick.meta["sampler"] == "ddim"
    assert np.array_equal(first.expression, other_seed.expression)
    assert first.meta["seed"] is None
    assert first.meta["noise"] == "recorded"
    with pytest.raises(SettingsError, match="for 1 take, not 2"):
        generator.check(GenerationSettings(takes=2, noise=noise))
    with pytest.raises(InputError, match="The noise file is not recorded noise"):
        generator.check(GenerationSettings(noise=b"noise"))


def test_parameters_change_the_result_and_are_checked(model):
    generator = DiffPoseTalkGenerator(model)
    plain = generate(generator)[0]
    strong = generate(generator, options={"audio_scale": 3.0})[0]
    assert not np.allclose(plain.expression, strong.expression)
    assert strong.meta["audio_scale"] == 3.0
    assert generate(generator, options={"steps": 3.0})[0].meta["steps"] == 3
    with pytest.raises(SettingsError, match="no setting named 'smile'"):
        generate(generator, options={"smile": 1.0})
    with pytest.raises(SettingsError, match="whole number"):
        generate(generator, options={"steps": 2.5})
    with pytest.raises(SettingsError, match="audio_scale = -1 is out of range"):
        generate(generator, options={"audio_scale": -1.0})
    for takes in (0, 65):
        with pytest.raises(SettingsError, match=f"{takes} takes are out of range"):
            generate(generator, takes=takes)


@pytest.mark.parametrize(
    "choices",
    [
        {"sampler": "ddim"},
        {"guidance": "independent"},
        {"guide": "audio"},
        {"guide": "none"},
        {"audio_context": "window"},
    ],
)
def test_choices_change_the_result(model, choices):
    generator = DiffPoseTalkGenerator(model)
    options = {"audio_scale": 3.0, "style_scale": 2.0}
    wanted = {"style": "given.npz", "style_files": {"given.npz": style_content(vector(12, 0.4), {})}}
    long = speech(70000)  # two windows
    plain, other = (
        make_clips(generator, long, GenerationSettings(options=options, choices=c, **wanted), Progress())[0]
        for c in ({}, choices)
    )
    assert not np.allclose(plain.expression, other.expression, rtol=0, atol=1e-6)
    (name, value), *_ = choices.items()
    assert name == "guide" or other.meta[name] == value


def test_guidance_by_a_style_needs_one(model):
    with pytest.raises(SettingsError, match="needs a style"):
        DiffPoseTalkGenerator(model).check(GenerationSettings(choices={"guide": "audio,style"}))


def test_each_window_is_handed_over_and_together_they_are_the_clip(model):
    long, windows = speech(70000), []
    generator = DiffPoseTalkGenerator(model)
    generator.stream(long, GenerationSettings(takes=2), Progress(), windows.append)
    assert [(w.first, w.clips[0].frames) for w in windows] == [(0, 100), (100, 9)]
    whole = joined(windows)
    made = make_clips(generator, long, GenerationSettings(takes=2), Progress())
    for one, other in zip(whole, made, strict=True):
        assert np.array_equal(one.expression, other.expression)
        assert one.meta.items() <= other.meta.items()


def test_bfloat16_and_a_device_that_is_not_there(model):
    half = DiffPoseTalkGenerator(model, LoadOptions(precision="bfloat16"))
    clip = generate(half)[0]
    assert clip.meta["precision"] == "bfloat16"
    assert not np.array_equal(clip.expression, generate(DiffPoseTalkGenerator(model))[0].expression)
    with pytest.raises(SettingsError, match="no device 'abacus'"):
        DiffPoseTalkGenerator(model, LoadOptions(device="abacus"))


def test_sound_that_is_missing_or_too_short(model):
    generator = DiffPoseTalkGenerator(model)
    with pytest.raises(InputError, match="shorter than one frame"):
        make_clips(generator, speech(600), GenerationSettings(), Progress())
    without = SpeechFeatures(**{**speech().__dict__, "samples": None})
    with pytest.raises(InputError, match="lack the samples"):
        make_clips(generator, without, GenerationSettings(), Progress())


def test_silence_gives_finite_motion(model):
    silent = SpeechFeatures(**{**speech().__dict__, "samples": np.zeros(SAMPLES, np.float32)})
    clip = make_clips(DiffPoseTalkGenerator(model), silent, GenerationSettings(), Progress())[0]
    assert np.isfinite(clip.expression).all()


def test_from_folder(model, tmp_path):
    save_folder(tmp_path / "mine", model, "card\n")
    generator = DiffPoseTalkGenerator.from_folder(tmp_path / "mine")
    assert generator.info.id == "mine"
    assert generator.info.family == "diffposetalk"
    assert generator.info.styles == ()
    assert generator.info.unlisted_styles == ("null",)
    same = generate(DiffPoseTalkGenerator(model))[0]
    assert np.array_equal(generate(generator)[0].expression, same.expression)


def test_numbers_that_run_away_are_reported(model):
    broken = tiny_model()
    next(broken.network.denoising_net.parameters()).fill_(float("nan"))
    generator = DiffPoseTalkGenerator(broken)
    with pytest.raises(InputError, match="not finite"):
        generate(generator)
