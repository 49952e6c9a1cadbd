import numpy as np
import pytest
import torch

from elocute.diffusion.constraints import Known
from elocute.diffusion.guidance import Guidance, dynamic_threshold
from elocute.diffusion.noise import RecordedNoise, SeededNoise
from elocute.diffusion.sampler import make_sampler
from elocute.errors import Cancelled, InputError, SettingsError
from elocute.models.diffposetalk.audio_input import fill_windows, normalise, plan_windows
from elocute.models.diffposetalk.convert import convert_official
from elocute.models.diffposetalk.folder import load_folder
from elocute.models.diffposetalk.sampling import DiffPoseTalkSampler
from elocute.models.diffposetalk.sampling_settings import SamplingSettings
from elocute.models.diffposetalk.voice import Voice
from elocute.progress import Progress
from tests.backend.diffposetalk.make_expected import (
    CASES,
    EXPECTED,
    SAMPLES,
    compute,
    compute_audio,
    compute_steps,
    compute_style,
)
from tests.backend.diffposetalk.tiny_model import (
    noise_arrays,
    tiny_config,
    tiny_model,
    tone,
    vector,
    write_official,
)

STYLE = vector(12, 1.3)


def run(model, sampling=None, samples=SAMPLES, style=STYLE, takes=1, seed=0, noise=None, **more):
    voice = Voice(tone(samples), vector(100), style)
    sampling = sampling or SamplingSettings("ddim", 2)
    noise = noise or SeededNoise.from_seed(seed, takes)
    return DiffPoseTalkSampler(model).sample(voice, sampling, noise, Progress(), **more)


@pytest.fixture(scope="module")
def model():
    return tiny_model()


@pytest.mark.parametrize("name", CASES)
def test_numbers_stay_what_they_were(name):
    with np.load(EXPECTED) as expected:
        motion = compute(name)[:, ::7].numpy()
        assert motion.shape == expected[f"motion_{name}"].shape
        assert np.abs(motion - expected[f"motion_{name}"]).max() < 1e-4


def test_every_step_stays_what_it_was():
    with np.load(EXPECTED) as expected:
        steps = compute_steps()
        assert {f"step_{name}" for name in steps} == {n for n in expected.files if n.startswith("step_")}
        for name, value in steps.items():
            assert np.abs(value[:, ::7].numpy() - expected[f"step_{name}"]).max() < 1e-4, name


def test_an_official_file_gives_the_same_numbers_as_the_model_it_was_written_from(tmp_path):
    """From a checkpoint in the official form, through the folder, to motion and style."""
    paths = write_official(tmp_path, tiny_model())
    convert_official(
        paths["checkpoint"],
        paths["stats"],
        str(paths["audio_encoder"]),
        paths["style_encoder"],
        tmp_path / "out",
    )
    model = load_folder(tmp_path / "out")
    with np.load(EXPECTED) as expected:
        motion = compute("published", model)[:, ::7].numpy()
        assert np.abs(motion - expected["motion_published"]).max() < 1e-4
        assert np.abs(compute_style(model).numpy() - expected["style"]).max() < 1e-5


@pytest.mark.parametrize("kind", ["hubert", "wav2vec2"])
def test_audio_features_stay_what_they_were(kind):
    with np.load(EXPECTED) as expected:
        assert np.abs(compute_audio(kind)[::9].numpy() - expected[f"audio_{kind}"]).max() < 1e-4


@torch.inference_mode()
def plain_run(model, samples, style, noise, guide, scales, mode, threshold):
    """The published loop, written down without any of the shortcuts."""
    config, network = model.config, model.network
    length, previous = config.denoiser.motions, config.denoiser.previous_motions
    plan = plan_windows(samples, config.fps, length)
    filled = fill_windows(normalise(tone(samples)), plan, config.padding)
    audio = network.encode_audio(filled[None], plan.windows * length)
    takes = noise.takes
    shape = model.stats.normalise_shape(vector(100)).expand(takes, -1)
    sampler = make_sampler("ddpm", model.schedule, None, config.target)
    start = noise.start(length, config.layout.width)
    before, heard = network.start_motion_feat.expand(takes, -1, -1), network.start_audio_feat
    made = []
    for window in range(plan.windows):
        sound = audio[:, window * length : (window + 1) * length]
        null_audio = network.null_audio_feat.expand(1, length, -1) if "audio" in guide else sound
        null_style = network.null_style_feat[0] if "style" in guide else style[None]
        branches = [(null_audio, null_style)]
        for name in guide:
            if name == "audio":
                branches.append((sound, null_style))
            else:
                branches.append((sound if mode == "incremental" else null_audio, style[None]))
        indicator = torch.ones(takes, length)
        if window == plan.windows - 1 and plan.pad_frames > 0:
            indicator[:, -plan.pad_frames :] = 0
        sampler.restart()
        x = start
        for t in sampler.timesteps:
            results = []
            for sound_in, style_in in branches:
                out = network.denoising_net(
                    x,
                    sound_in.expand(takes, -1, -1),
                    torch.cat([shape, style_in.expand(takes, -1)], -1)[:, None],
                    before,
                    heard.expand(takes, -1, -1),
                    torch.full((takes,), t),
                    indicator,
                )
                results.append(dynamic_threshold(out, threshold, frames=length)[:, previous:])
            prediction = Guidance(mode, dict(zip(guide, scales, strict=True))).combine(results)
            z = noise.step(window, config.steps - t, x.shape) if t > 1 else None
            x = sampler.step(prediction, t, x, z)
        made.append(x)
        before, heard = x[:, -previous:], sound[:, -previous:]
    return torch.cat(made, 1)[:, : plan.frames]


@pytest.mark.parametrize("mode", ["incremental", "independent"])
@pytest.mark.parametrize("guide", [("audio", "style"), ("audio",), ("style",), ()])
def test_equals_the_loop_without_shortcuts(model, mode, guide):
    arrays = noise_arrays(model.config, 3, takes=2)
    noise = RecordedNoise(*(torch.from_numpy(arrays[k].astype(np.float32)) for k in ("motion_at_T", "z")))
    scales = {"audio": 1.15, "style": 3.0}
    sampling = SamplingSettings("ddpm", guidance=mode, guide=guide, threshold=0.7)
    ours = run(model, sampling, samples=130000, noise=noise)
    plain = plain_run(model, 130000, STYLE, noise, guide, tuple(scales[name] for name in guide), mode, 0.7)
    assert ours.shape == (2, 203, 54)
    assert torch.allclose(ours, plain, atol=2e-5)


def test_shortcut_changes_nothing(model):
    quick, plain = (run(model, SamplingSettings("ddim", 4, shortcut=flag)) for flag in (True, False))
    assert torch.allclose(quick, plain, atol=1e-5)


def test_same_seed_same_motion_other_seed_other_motion(model):
    ddpm = SamplingSettings("ddpm")
    assert torch.equal(run(model, ddpm, seed=4), run(model, ddpm, seed=4))
    assert (run(model, ddpm, seed=4) - run(model, ddpm, seed=5)).abs().max() > 0.01


def test_takes_in_a_batch_are_the_single_takes(model):
    ddpm = SamplingSettings("ddpm")
    together = run(model, ddpm, takes=3, seed=10)
    for take in range(3):
        assert torch.allclose(together[take : take + 1], run(model, ddpm, seed=10 + take), atol=2e-5)


def test_every_window_starts_from_the_same_noise(model):
    starts = []

    def observe(window):
        return lambda t, x, prediction, following: starts.append(x) if t == model.config.steps else None

    run(model, SamplingSettings("ddpm"), samples=3 * 64000, observe=observe)
    assert len(starts) == 3
    assert all(torch.equal(starts[0], start) for start in starts)


def test_random_draws_come_in_the_published_order(model):
    """x_T once, then one draw for each step but the last, window after window."""

    class Counting(SeededNoise):
        calls: list = []  # noqa: RUF012

        def step(self, window, index, shape):
            self.calls.append((window, index))
            return super().step(window, index, shape)

    noise = Counting.from_seed(0, 1)
    run(model, SamplingSettings("ddpm"), samples=128000, noise=noise)
    assert noise.calls == [(w, i) for w in range(2) for i in range(model.config.steps - 1)]


def test_context_of_the_second_window(model):
    """The frames of the first window after the last Lp do not matter to the second, those Lp do."""
    network = model.network
    seen = []
    original = network.denoising_net.remember

    def spy(audio, person, previous_motion, previous_audio, indicator, *, shortcut):
        seen.append((audio, previous_motion, previous_audio, indicator))
        return original(audio, person, previous_motion, previous_audio, indicator, shortcut=shortcut)

    network.denoising_net.remember = spy
    try:
        motion = run(model)
    finally:
        del network.denoising_net.remember
    (audio, start_motion, start_audio, full), (_, before, heard, partial) = seen
    assert torch.equal(start_motion, network.start_motion_feat)
    assert torch.equal(start_audio[0], network.start_audio_feat[0])
    assert torch.equal(before, motion[:, 90:100])
    assert torch.equal(heard[0], audio[0, -10:])  # the real audio in every branch, never the null one
    assert torch.equal(heard[1], audio[0, -10:])
    assert full.min() == 1
    assert partial[0].tolist() == [1.0] * 25 + [0.0] * 75


def test_jaw_axes_that_are_not_modelled_equal_their_mean(model):
    motion = torch.randn(1, 4, 54)
    expression, pose = model.stats.restore_motion(motion, model.config.layout)
    assert torch.equal(pose[0, :, 4:], model.stats.pose_mean[4:].expand(4, 2))
    assert torch.allclose(pose[..., 3], motion[..., 53] * model.stats.pose_std[3] + model.stats.pose_mean[3])
    assert torch.allclose(expression, motion[..., :50] * model.stats.exp_std + model.stats.exp_mean)


def test_no_head_model_gives_exact_zero():
    quiet = tiny_model(tiny_config(layout=CASES["independent_threshold"][0]["layout"]))
    _, pose = quiet.stats.restore_motion(torch.randn(1, 4, 51), quiet.config.layout)
    assert torch.equal(pose[..., :3], torch.zeros(1, 4, 3))


def test_progress_counts_every_step_and_cancels_within_one(model):
    reports = []
    progress = Progress(lambda *report: reports.append(report))
    sampling = SamplingSettings("ddpm")
    voice = Voice(tone(SAMPLES), None, STYLE)
    DiffPoseTalkSampler(model).sample(voice, sampling, SeededNoise.from_seed(0, 1), progress)
    motion = [report for report in reports if report[0] == "motion"]
    assert len(motion) == 2 * model.config.steps + 1
    assert [m[1] for m in motion] == sorted(m[1] for m in motion)
    assert motion[9][2] == "window 2 of 2, step 2 of 8"

    steps = []
    stopping = Progress()

    def observe(window):
        def watch(t, *_):
            steps.append(t)
            if t == 5:
                stopping.cancel()

        return watch

    with pytest.raises(Cancelled):
        DiffPoseTalkSampler(model).sample(voice, sampling, SeededNoise.from_seed(0, 1), stopping, observe)
    assert steps == [8, 7, 6, 5]


def test_long_clips_are_encoded_in_pieces(model, monkeypatch):
    from elocute.models.diffposetalk import audio_context

    monkeypatch.setattr(audio_context, "PIECE", 2)
    monkeypatch.setattr(audio_context, "MARGIN", 1)
    monkeypatch.setattr(audio_context, "LONGEST", 4)
    lengths = []
    original = type(model.network).encode_audio

    def spy(self, samples, frames):
        lengths.append((samples.shape[-1], frames))
        return original(self, samples, frames)

    monkeypatch.setattr(type(model.network), "encode_audio", spy)
    samples = normalise(tone(7 * 64000 + 300))
    with torch.inference_mode():
        pieces = audio_context.encode_clip(model.network, samples, 7, "auto", Progress())
        assert lengths == [(192000, 300), (256000, 400), (256300, 400), (128300, 200)]
        whole = audio_context.encode_clip(model.network, samples, 7, "clip", Progress())
        alone = audio_context.encode_clip(model.network, samples, 7, "window", Progress())
    assert pieces.shape == whole.shape == alone.shape == (1, 700, 16)
    spread = whole.std()
    assert (pieces - whole).pow(2).mean().sqrt() < 0.1 * spread
    assert (pieces - whole).abs().max() > 0


@pytest.mark.parametrize(
    ("sampling", "message"),
    [
        (SamplingSettings("ddim", 0), "1 to 8 steps"),
        (SamplingSettings("ddim", 9), "1 to 8 steps"),
        (SamplingSettings("euler"), "no sampler 'euler'"),
        (SamplingSettings(audio_scale=-1.0), "audio scale must be 0 or a positive number"),
        (SamplingSettings(style_scale=-3.0), "style scale must be 0 or a positive number"),
        (SamplingSettings(threshold=-0.1), "between 0 and 1"),
        (SamplingSettings(guidance="both"), "no guidance mode 'both'"),
        (SamplingSettings(guide=("text",)), "cannot be guided by text"),
    ],
)
def test_settings_that_cannot_be(model, sampling, message):
    with pytest.raises(SettingsError, match=message):
        run(model, sampling)


def test_style_and_shape_that_do_not_fit(model):
    with pytest.raises(SettingsError, match="style has 7 numbers; this model takes 12"):
        run(model, style=torch.zeros(7))
    with pytest.raises(SettingsError, match="shape has 99 coefficients; this model takes 100"):
        DiffPoseTalkSampler(model).sample(
            Voice(tone(9000), torch.zeros(99)), SamplingSettings(), SeededNoise.from_seed(0, 1), Progress()
        )
    with pytest.raises(SettingsError, match="needs a style"):
        run(model, SamplingSettings(guide=("style",)), style=None)


def test_styles_where_there_are_none():
    plain = tiny_model(tiny_config(style_dim=0, style_encoder=None, guiding=("audio",)))
    with pytest.raises(SettingsError, match="has no styles"):
        run(plain)
    unguided = tiny_model(tiny_config(guiding=()))
    with pytest.raises(SettingsError, match="needs a style"):
        run(unguided, style=None)
    assert run(unguided).shape == (1, 125, 54)


def test_too_short_audio(model):
    with pytest.raises(InputError, match="shorter than one frame"):
        run(model, samples=639)
    assert run(model, samples=640).shape == (1, 1, 54)


def test_windows_are_handed_over_as_they_become_final(model):
    windows, seen = [], []

    def on_window(first, motion):
        windows.append((first, motion))
        seen.append(len(reports))

    reports = []
    progress = Progress(lambda *report: reports.append(report))
    voice, noise = Voice(tone(SAMPLES), vector(100), STYLE), SeededNoise.from_seed(0, 2)
    sampler = DiffPoseTalkSampler(model)
    motion = sampler.sample(voice, SamplingSettings("ddim", 2), noise, progress, on_window=on_window)
    assert [(first, tuple(part.shape)) for first, part in windows] == [(0, (2, 100, 54)), (100, (2, 25, 54))]
    assert torch.equal(torch.cat([part for _, part in windows], dim=1), motion)
    assert seen[0] < seen[1]  # the second window's steps were reported in between
    windows[0][1].add_(1)  # a copy
    assert torch.equal(windows[0][1], motion[:, :100] + 1)


@pytest.mark.parametrize("kind", ["ddpm", "ddim", "dpmpp"])
def test_held_frames_and_channels_come_out_exactly(model, kind):
    """Over the border of two windows, of each take its own, and only where they are held."""
    held = torch.zeros(125, 54, dtype=torch.bool)
    held[95:105] = True
    held[:, 50:53] = True
    values = torch.randn(2, 125, 54, generator=torch.Generator().manual_seed(2))
    settings = SamplingSettings(kind, 4)
    motion = run(model, settings, takes=2, known=Known.with_soft_edges(held, values, 4))
    assert torch.equal(motion[:, held], values[:, held])
    free = run(model, settings, takes=2)
    assert (motion - free)[:, :80][:, ~held[:80]].abs().max() > 1e-4  # the rest fits itself to it
    nothing = Known(torch.zeros(125, 1), torch.zeros(125, 54))
    assert torch.equal(run(model, settings, takes=2, known=nothing), free)


def test_held_frames_are_final_when_they_are_handed_over(model):
    parts = []
    known = Known(torch.ones(125, 1), torch.full((125, 54), 0.25))
    run(model, known=known, on_window=lambda first, motion: parts.append(motion))
    assert [part.unique().tolist() for part in parts] == [[0.25], [0.25]]


def test_held_values_of_another_clip(model):
    known = Known(torch.ones(1, 1), torch.zeros(124, 54))
    with pytest.raises(SettingsError, match=r"shape \(124, 54\); this clip needs \(1, 125, 54\)"):
        run(model, known=known)
