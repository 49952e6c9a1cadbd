from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from elocute.checkpoint.folder import WEIGHTS
from elocute.checkpoint.weights import read_weights, save_weights
from elocute.clips_in_the_making import make_clips
from elocute.diffusion.noise import SeededNoise
from elocute.errors import Cancelled, InputError, SettingsError
from elocute.evaluation.mouth_signals import mouth_signals
from elocute.face.model import FaceModel
from elocute.finishing.lip_contacts.probe import MouthProbe
from elocute.finishing.needs import EYES_KEY, PROBE
from elocute.generator import GenerationSettings
from elocute.models.diffposetalk.folder import load_folder, save_folder
from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator
from elocute.models.diffposetalk.sampling import DiffPoseTalkSampler
from elocute.models.diffposetalk.sampling_settings import SamplingSettings
from elocute.models.diffposetalk.style_file import save_style
from elocute.models.diffposetalk.voice import Voice
from elocute.motion.head1_basis import EXPRESSION_INDEX
from elocute.progress import Progress
from elocute.speech_encoders.phonetic_input import phonetic_input
from tests.backend.diffposetalk.phonetic_model import WINDOW, phonetic_model
from tests.backend.diffposetalk.spoken import PHONES, spoken_line

FACE = FaceModel.load(Path(__file__).parents[3] / "flame_assets" / "elocute-head-1.npz")
STYLE = torch.linspace(-1, 1, 8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A finished folder as training writes it: styles with their gaze, and the mouth probe."""
    path = tmp_path_factory.mktemp("model") / "small"
    model = phonetic_model()
    config = replace(model.config, sampling=replace(model.config.sampling, style="lively"))
    save_folder(path, replace(model, config=config), "card")
    save_style(
        path / "styles" / "lively.npz",
        STYLE,
        {EYES_KEY: {"gaze_amount": 1.5, "blink_rate": 30.0}},
    )
    save_style(path / "styles" / "still.npz", -STYLE, {EYES_KEY: {"gaze_amount": 0.0, "blink_rate": 0.0}})
    MouthProbe.from_face(FACE).save(path / PROBE)
    return path


def generate(generator, speech=None, **settings):
    return make_clips(generator, speech or spoken_line(), GenerationSettings(**settings), Progress())


def test_a_clip_has_the_speechs_frames_and_says_what_made_it(folder):
    generator = DiffPoseTalkGenerator.from_folder(folder)
    (clip,) = generate(generator, seed=3)
    assert clip.frames == spoken_line().frames == 38
    assert clip.shape is None
    assert clip.eyes is not None
    assert {
        "model": "small", "seed": 3, "style": "lively", "steps": 4, "audio_scale": 1.0, "gaze_amount": 1.5,
        "blink_rate": 30.0,
        "lip_contacts": True, "phone_source": "transcript", "notes": ["a note"],
    }.items() <= clip.meta.items()  # fmt: skip
    assert clip.expression.min() >= 0.0
    assert clip.expression.max() <= 1.0
    assert clip.jaw[:, 0].min() >= 0.0


def test_the_default_style_comes_first_and_is_what_no_style_means(folder):
    generator = DiffPoseTalkGenerator.from_folder(folder)
    assert generator.info.styles == ("lively", "still")
    named, unnamed = generate(generator, style="lively")[0], generate(generator)[0]
    assert np.array_equal(named.expression, unnamed.expression)
    assert not np.array_equal(generate(generator, style="still")[0].expression, unnamed.expression)


def test_contacts_are_made_on_the_head_unless_not_wanted(folder):
    generator = DiffPoseTalkGenerator.from_folder(folder)
    gaps = {}
    for wanted in (True, False):
        clip = generate(generator, lip_contacts=wanted)[0]
        assert clip.meta["lip_contacts"] is wanted
        opening = mouth_signals(clip, FACE).opening
        gaps[wanted] = [
            opening[int(p.start * 25) - 1 : int(p.end * 25) + 2].min() for p in PHONES if p.label in "PBM"
        ]
    assert max(gaps[True]) < 0.0005
    assert max(gaps[False]) > 0.0005  # what random weights do is not shut


def test_eyes_wander_as_the_style_wants(folder):
    generator, line = DiffPoseTalkGenerator.from_folder(folder), spoken_line(None, 8.0)
    still = generate(generator, line, style="still", head_motion=False)[0]
    assert np.abs(still.eyes).max() < 1e-6
    assert not still.head.any()
    assert np.abs(generate(generator, line, head_motion=False)[0].eyes).max() > 0.01
    calm = generate(generator, line, head_motion=False, options={"gaze": 0.0})[0]
    assert np.abs(calm.eyes).max() < 1e-6


def test_eyes_blink_as_the_style_wants(folder):
    generator, line = DiffPoseTalkGenerator.from_folder(folder), spoken_line(None, 20.0)
    lid = EXPRESSION_INDEX["eyeBlinkLeft"]
    assert generate(generator, line)[0].expression[:, lid].max() > 0.99
    assert generate(generator, line, style="still")[0].expression[:, lid].max() < 0.5
    assert generate(generator, line, options={"blinks": 0.0})[0].expression[:, lid].max() < 0.5


def test_takes_differ_and_do_not_depend_on_how_many_are_made(folder):
    generator = DiffPoseTalkGenerator.from_folder(folder)
    pair = generate(generator, takes=2, seed=5)
    alone = generate(generator, seed=6)[0]
    assert np.allclose(pair[1].expression, alone.expression, atol=1e-5)
    assert not np.allclose(pair[0].expression, pair[1].expression, atol=1e-3)


def test_sound_alone_and_phones_alone(folder):
    generator = DiffPoseTalkGenerator.from_folder(folder)
    clip = generate(generator, spoken_line(None))[0]
    assert clip.frames == 38
    assert clip.meta["lip_contacts"] is False


def test_half_precision_weights_load(folder, tmp_path):
    halved = {name: value.half() for name, value in read_weights(folder / WEIGHTS).items()}
    save_weights(tmp_path / "half.safetensors", halved)
    network = load_folder(folder).network
    before = network.denoising_net.feature_proj.weight.clone()
    network.load_state_dict(read_weights(tmp_path / "half.safetensors"))
    assert network.denoising_net.feature_proj.weight.dtype == torch.float32
    assert torch.allclose(network.denoising_net.feature_proj.weight, before, atol=1e-3)


def test_scales_of_one_need_one_branch_and_give_the_same():
    model = phonetic_model()
    sound = phonetic_input(spoken_line())
    pipeline = DiffPoseTalkSampler(model)
    quick = pipeline.sample(
        Voice(sound, None, STYLE), SamplingSettings(), SeededNoise.from_seed(1, 1), Progress()
    )
    # A scale beside 1 by nothing that matters computes every branch.
    nearly = SamplingSettings(audio_scale=1.0 + 1e-6, style_scale=1.0 - 1e-6)
    full = pipeline.sample(Voice(sound, None, STYLE), nearly, SeededNoise.from_seed(1, 1), Progress())
    assert torch.allclose(quick, full, atol=1e-4)


def test_windows_start_from_noise_of_their_own_or_from_the_same():
    sound = phonetic_input(spoken_line(None, 2 * WINDOW / 25))
    seen: dict[bool, list[torch.Tensor]] = {True: [], False: []}
    for repeat, starts in seen.items():

        def watch(window, starts=starts):
            def observe(t, x, prediction, following):
                if t == 20:
                    starts.append(x)

            return observe

        DiffPoseTalkSampler(phonetic_model(repeat_noise=repeat)).sample(
            Voice(sound, None, STYLE), SamplingSettings(), SeededNoise.from_seed(1, 1), Progress(), watch
        )
    assert torch.equal(*seen[True])
    assert not torch.equal(*seen[False])


def test_the_second_window_hears_as_the_whole_clip_does():
    """A clip's features do not depend on where windows are cut: only the last frames see its end."""
    model = phonetic_model()
    pipeline = DiffPoseTalkSampler(model)
    long, short = phonetic_input(spoken_line(PHONES)), phonetic_input(spoken_line(PHONES))
    short = replace(short, sound=short.sound[:WINDOW], phones=short.phones[:WINDOW])
    reach = model.network.audio_encoder.config.reach
    _, all_of_it = pipeline._encode(long, "auto", Progress())
    _, part = pipeline._encode(short, "auto", Progress())
    assert all_of_it.shape == (1, 3 * WINDOW, 16)
    assert torch.allclose(all_of_it[:, : WINDOW - reach], part[:, : WINDOW - reach], atol=1e-6)


def test_cancelling_takes_effect_within_a_step(folder):
    progress = Progress()
    steps = []

    def listen(stage, fraction, message):
        if stage == "motion":
            steps.append(message)
            if len(steps) == 2:
                progress.cancel()

    progress.listener = listen
    with pytest.raises(Cancelled):
        make_clips(DiffPoseTalkGenerator.from_folder(folder), spoken_line(), GenerationSettings(), progress)
    assert len(steps) == 2


def test_unknown_style_parameter(folder):
    with pytest.raises(SettingsError, match="no setting named 'smile'"):
        generate(DiffPoseTalkGenerator.from_folder(folder), options={"smile": 1.0})


def test_a_damaged_style_is_said_when_loading(folder, tmp_path):
    model = load_folder(folder)
    save_folder(tmp_path, model, "card")
    (tmp_path / "styles" / "odd.npz").write_bytes(b"PK\x03\x04 nonsense")
    with pytest.raises(InputError, match=r"odd\.npz is damaged"):
        DiffPoseTalkGenerator.from_folder(tmp_path)
