import numpy as np
import pytest
import torch

from elocute.audio.speech_features import SpeechFeatures
from elocute.diffusion.noise import RecordedNoise
from elocute.errors import InputError, SettingsError
from elocute.generator import GenerationSettings
from elocute.models.diffposetalk.folder import save_folder
from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator
from elocute.models.diffposetalk.sampling import SamplingSettings
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
    return generator.generate(speech(), GenerationSettings(**settings), Progress())


def test_clips(model):
    generator = DiffPoseTalkGenerator(model, shape=vector(100))
    first, second = generate(generator, takes=2, seed=3)
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
    alone = generate(generator, seed=4)[0]
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
    arrays = noise_arrays(model.config, 1)
    noise = RecordedNoise(*(torch.from_numpy(arrays[k].astype(np.float32)) for k in ("motion_at_T", "z")))
    generator = DiffPoseTalkGenerator(model, SamplingSettings("ddpm"), noise=noise)
    first, other_seed = generate(generator, seed=1)[0], generate(generator, seed=2)[0]
    assert np.array_equal(first.expression, other_seed.expression)
    assert first.meta["seed"] is None
    assert first.meta["noise"] == "recorded"
    with pytest.raises(SettingsError, match="for 1 takes, not 2"):
        generate(generator, takes=2)


def test_parameters_change_the_result_and_are_checked(model):
    generator = DiffPoseTalkGenerator(model)
    plain = generate(generator)[0]
    strong = generate(generator, options={"audio_scale": 3.0})[0]
    assert not np.allclose(plain.expression, strong.expression)
    assert strong.meta["audio_scale"] == 3.0
    assert generate(generator, options={"steps": 3.0})[0].meta["steps"] == 3
    with pytest.raises(SettingsError, match="no setting named smile"):
        generate(generator, options={"smile": 1.0})
    with pytest.raises(SettingsError, match="whole number"):
        generate(generator, options={"steps": 2.5})
    with pytest.raises(SettingsError, match="audio scale"):
        generate(generator, options={"audio_scale": -1.0})
    for takes in (0, 65):
        with pytest.raises(SettingsError, match="1 to 64 takes"):
            generate(generator, takes=takes)


def test_sound_that_is_missing_or_too_short(model):
    generator = DiffPoseTalkGenerator(model)
    with pytest.raises(InputError, match="shorter than one frame"):
        generator.generate(speech(600), GenerationSettings(), Progress())
    without = SpeechFeatures(**{**speech().__dict__, "samples": None})
    with pytest.raises(InputError, match="lack the samples"):
        generator.generate(without, GenerationSettings(), Progress())


def test_silence_gives_finite_motion(model):
    silent = SpeechFeatures(**{**speech().__dict__, "samples": np.zeros(SAMPLES, np.float32)})
    clip = DiffPoseTalkGenerator(model).generate(silent, GenerationSettings(), Progress())[0]
    assert np.isfinite(clip.expression).all()


def test_from_folder(model, tmp_path):
    save_folder(tmp_path / "mine", model, "card\n")
    generator = DiffPoseTalkGenerator.from_folder(tmp_path / "mine")
    assert generator.info.id == "mine"
    assert generator.info.family == "diffposetalk"
    assert generator.info.styles == ("null",)
    same = generate(DiffPoseTalkGenerator(model))[0]
    assert np.array_equal(generate(generator)[0].expression, same.expression)


def test_numbers_that_run_away_are_reported(model):
    generator = DiffPoseTalkGenerator(model, SamplingSettings(audio_scale=1e38, threshold=0.0))
    with pytest.raises(InputError, match="not finite"):
        generate(generator)
