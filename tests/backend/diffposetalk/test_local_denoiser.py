import tracemalloc
from dataclasses import replace

import numpy as np
import pytest
import torch

from elocute.behaviour.style_shares import style_shares
from elocute.clips_in_the_making import make_clips
from elocute.diffusion.constraints import Known
from elocute.diffusion.noise import SeededNoise
from elocute.errors import InputError, SettingsError
from elocute.generator import GenerationSettings
from elocute.models.diffposetalk import local_sampling
from elocute.models.diffposetalk.config import DiffPoseTalkConfig, LocalConfig
from elocute.models.diffposetalk.folder import load_folder, save_folder
from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator
from elocute.models.diffposetalk.local_denoiser import LocalDenoiser
from elocute.models.diffposetalk.local_network import LocalStep
from elocute.models.diffposetalk.local_prediction import StyleLayers
from elocute.models.diffposetalk.local_sampling import LocalSampler
from elocute.models.diffposetalk.mouth import MouthTold
from elocute.models.diffposetalk.sampling import DiffPoseTalkSampler
from elocute.models.diffposetalk.sampling_settings import SamplingSettings
from elocute.models.diffposetalk.style_file import save_style, style_content
from elocute.models.diffposetalk.style_mix import StyleMix
from elocute.models.diffposetalk.torch_local_network import TorchLocalNetwork
from elocute.models.diffposetalk.voice import Voice
from elocute.progress import Progress
from elocute.speech_encoders.phonetic_input import PhoneticInput, phonetic_input
from tests.backend.diffposetalk.local_model import LOCAL, local_model
from tests.backend.diffposetalk.spoken import spoken_line

STYLE = torch.linspace(-1, 1, 8)
SECONDS = 30.0


@pytest.fixture(scope="module")
def denoiser():
    torch.manual_seed(3)
    return LocalDenoiser(LOCAL, width=5, features=7, asked=2, person=4, steps=20).eval()


def numbers(*shape, seed=1):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_a_frame_depends_on_its_reach_only(denoiser):
    frames, middle = 41, 20
    motion, audio, person = numbers(1, frames, 5), numbers(1, frames, 7, seed=2), numbers(1, 4, seed=3)
    step = denoiser.embed_steps(torch.tensor([4]))

    def predicted(x):
        return denoiser.denoise(x, step, denoiser.remember(audio, person))[0, middle]

    plain = predicted(motion)
    for distance, changes in ((LOCAL.reach, True), (LOCAL.reach + 1, False)):
        for side in (-1, 1):
            other = motion.clone()
            other[0, middle + side * distance] += 3.0
            assert torch.equal(predicted(other), plain) is not changes


def test_step_style_and_what_is_asked_matter(denoiser):
    motion, audio, person = numbers(1, 9, 5), numbers(1, 9, 7, seed=2), numbers(1, 4, seed=3)

    def predicted(step=4, style=person, sound=audio):
        return denoiser.denoise(
            motion, denoiser.embed_steps(torch.tensor([step])), denoiser.remember(sound, style)
        )

    plain = predicted()
    assert not torch.allclose(plain, predicted(step=15), atol=1e-4)
    assert not torch.allclose(plain, predicted(style=-person), atol=1e-4)
    asked = audio.clone()
    asked[..., -2:] += 1.0
    assert not torch.allclose(plain, predicted(sound=asked), atol=1e-3)
    with torch.no_grad():
        kept, denoiser.sound_in.weight = denoiser.sound_in.weight, torch.nn.Parameter(torch.zeros(24, 7))
        direct = predicted(sound=asked) - predicted(sound=audio)
        denoiser.sound_in.weight = kept
    expected = denoiser.asked_out.weight.sum(dim=1)  # straight to the result
    assert torch.allclose(direct, expected.expand_as(direct), atol=1e-5)


def test_what_lies_after_the_end_does_not_matter(denoiser):
    motion, audio, person = numbers(1, 30, 5), numbers(1, 30, 7, seed=2), numbers(1, 4, seed=3)
    step = denoiser.embed_steps(torch.tensor([4]))
    short = denoiser.denoise(motion[:, :20], step, denoiser.remember(audio[:, :20], person))
    inside = (torch.arange(30) < 20).float()[None, :, None]
    cut = denoiser.denoise(motion, step, denoiser.remember(audio, person), inside)[:, :20]
    assert torch.allclose(short, cut, atol=1e-5)


def test_clips_of_other_lengths_are_one_batch(denoiser):
    steps = []
    for number, (frames, takes, branches) in enumerate(((12, 1, 1), (30, 2, 2), (7, 1, 3))):
        audio = numbers(branches * takes, frames, 7, seed=number)
        memory = denoiser.remember(audio, numbers(branches * takes, 4, seed=9))
        embedding = denoiser.embed_steps(torch.tensor(3 + number))
        steps.append(LocalStep(numbers(takes, frames, 5, seed=20 + number), embedding, memory))
    together = denoiser.denoise_together(steps)
    for step, told in zip(steps, together, strict=True):
        alone = denoiser.denoise(step.motion, step.embedding, step.memory)
        assert told.shape == alone.shape
        assert torch.allclose(told, alone, atol=1e-5)


def sampled(model, seconds=SECONDS, takes=1, seed=5, known=None, **settings):
    voice = Voice(phonetic_input(spoken_line(None, seconds)), None, STYLE)
    return DiffPoseTalkSampler(model).sample(
        voice, SamplingSettings(**settings), SeededNoise.from_seed(seed, takes), Progress(), known=known
    )


def test_stretches_make_the_whole_clip(monkeypatch):
    """With a margin of the model's reach for every step, how a clip is cut changes nothing."""
    model = local_model()
    monkeypatch.setattr(local_sampling, "MARGIN", 4 * LOCAL.reach)
    monkeypatch.setattr(local_sampling, "FADE", 4)
    for sampler in ("dpmpp", "ddpm"):  # without and with noise in every step
        results = []
        for first, length in ((25, 40), (200, 31), (10_000, 1)):
            monkeypatch.setattr(local_sampling, "FIRST", first)
            monkeypatch.setattr(local_sampling, "LENGTH", max(length, 4))
            results.append(sampled(model, 12.0, sampler=sampler, steps=4))
        assert results[0].shape == (1, 300, 47)
        assert torch.allclose(results[0], results[2], atol=1e-4)
        assert torch.allclose(results[1], results[2], atol=1e-4)


def test_a_long_clip_comes_in_parts_that_make_it(monkeypatch):
    parts = []
    model, seconds = local_model(), 60.0
    voice = Voice(phonetic_input(spoken_line(None, seconds)), None, STYLE)
    whole = DiffPoseTalkSampler(model).sample(
        voice, SamplingSettings(), SeededNoise.from_seed(1, 2), Progress(),
        on_window=lambda first, motion: parts.append((first, motion)),
    )  # fmt: skip
    assert whole.shape == (2, 1500, 47)
    assert len(parts) > 2
    assert [first for first, _ in parts] == np.cumsum([0, *(m.shape[1] for _, m in parts[:-1])]).tolist()
    assert parts[0][1].shape[1] == local_sampling.FIRST
    assert torch.equal(torch.cat([motion for _, motion in parts], dim=1), whole)


def test_takes_do_not_depend_on_how_many_are_made():
    model = local_model()
    pair = sampled(model, 8.0, takes=2, seed=5)
    assert torch.equal(pair[1], sampled(model, 8.0, seed=6)[0])
    assert not torch.allclose(pair[0], pair[1], atol=1e-2)


def test_scales_of_one_need_one_branch_and_others_give_more():
    plain = sampled(local_model(), 6.0)
    nearly = sampled(local_model(), 6.0, audio_scale=1.0 + 1e-6, style_scale=1.0 - 1e-6)
    assert torch.allclose(plain, nearly, atol=1e-4)
    assert not torch.allclose(plain, sampled(local_model(), 6.0, style_scale=3.0), atol=1e-3)
    assert not torch.allclose(plain, sampled(local_model(), 6.0, audio_scale=3.0), atol=1e-3)


def test_held_numbers_are_held_across_stretches():
    model, frames = local_model(), 1000
    values = torch.zeros(frames, 47)
    values[300:340, 3] = 2.0
    held = torch.zeros(frames, 47, dtype=torch.bool)
    held[300:340, 3] = True
    made = sampled(model, 40.0, known=Known.with_soft_edges(held, values, 6))
    assert torch.equal(made[0, 300:340, 3], torch.full((40,), 2.0))


@pytest.mark.parametrize("changing", [False, True])
def test_clips_side_by_side_are_those_made_alone(changing):
    """Also where the style of one of them changes, which asks the network more often."""
    model = local_model()
    shares = style_shares([1.0, 2.0], 100, 25.0)
    styles = (StyleMix(np.stack([STYLE.numpy(), -STYLE.numpy()]), shares) if changing else STYLE, STYLE)
    lines = [phonetic_input(spoken_line(None, seconds)) for seconds in (4.0, 9.0)]
    samplers, calls = DiffPoseTalkSampler(model).side_by_side(2)
    from concurrent.futures import ThreadPoolExecutor

    def one(number):
        try:
            return samplers[number].sample(
                Voice(lines[number], None, styles[number]),
                SamplingSettings(),
                SeededNoise.from_seed(3, 1),
                Progress(),
            )
        finally:
            calls.leave()

    with ThreadPoolExecutor(2) as threads:
        together = list(threads.map(one, range(2)))
    for line, style, made in zip(lines, styles, together, strict=True):
        alone = DiffPoseTalkSampler(model).sample(
            Voice(line, None, style), SamplingSettings(), SeededNoise.from_seed(3, 1), Progress()
        )
        assert torch.allclose(made, alone, atol=1e-4)


def test_a_folder_keeps_it(tmp_path):
    model = local_model()
    save_folder(tmp_path / "local", model, "card")
    read = load_folder(tmp_path / "local")
    assert read.config.local == LOCAL
    assert read.config.audio.options["mouth"] is True
    generator = DiffPoseTalkGenerator.from_folder(tmp_path / "local")
    (clip,) = make_clips(generator, spoken_line(), GenerationSettings(style="null"), Progress())
    assert clip.frames == spoken_line().frames


def test_folders_from_before_have_windows():
    told = local_model().config.to_json()
    del told["local"]
    assert DiffPoseTalkConfig.from_json(told, "it").local is None
    told["local"] = {"width": 24, "kernel": 4, "dilations": [1], "condition": 8}
    with pytest.raises(InputError, match="local denoiser"):
        DiffPoseTalkConfig.from_json(told, "it")


@pytest.mark.parametrize(
    "wrong", [{"kernel": 2}, {"dilations": ()}, {"width": 0}, {"dilations": (0,)}, {"condition": 10**6}]
)
def test_impossible_sizes(wrong):
    with pytest.raises(InputError, match="local denoiser"):
        replace(LocalConfig(), **wrong)


def test_half_of_the_arithmetic():
    model = local_model()
    voice = Voice(phonetic_input(spoken_line()), None, STYLE)
    results = [
        DiffPoseTalkSampler(model, precision).sample(
            voice, SamplingSettings(), SeededNoise.from_seed(1, 1), Progress()
        )
        for precision in ("float32", "bfloat16")
    ]
    assert not torch.equal(*results)
    assert torch.allclose(*results, atol=0.3)


def styled_folder(tmp_path):
    path = tmp_path / "styled"
    model = local_model()
    config = replace(model.config, sampling=replace(model.config.sampling, style="calm"))
    save_folder(path, replace(model, config=config), "card")
    for name, vector in (("calm", 30 * STYLE), ("sad", -30 * STYLE), ("happy", 40 * STYLE.flip(0))):
        save_style(path / "styles" / f"{name}.npz", vector, {})
    return path


def test_a_style_may_change_within_a_line(tmp_path):
    generator = DiffPoseTalkGenerator.from_folder(styled_folder(tmp_path))
    assert generator.info.changes_styles
    line = spoken_line(None, 12.0)

    def made(style=None, **options):
        settings = GenerationSettings(style=style, seed=3, options=options)
        return make_clips(generator, line, settings, Progress())[0].expression

    calm, sad = made("calm"), made("sad")
    changed = made("calm@5,sad@7")
    far = 40  # what the lids' height between two blinks follows from
    assert np.allclose(changed[: 125 - far], calm[: 125 - far], atol=1e-5)
    assert np.allclose(changed[175 + far :], sad[175 + far :], atol=1e-5)
    assert not np.allclose(changed[:125], sad[:125], atol=1e-2)
    assert np.allclose(made("sad*0"), calm, atol=1e-5)
    assert np.allclose(made("sad", intensity=0.0), calm, atol=1e-5)
    assert np.allclose(made("sad*1"), sad, atol=1e-5)
    half = made("sad", intensity=0.5)
    assert np.allclose(half, made("sad*0.5"), atol=1e-5)
    assert not np.allclose(half, sad, atol=1e-3)
    with pytest.raises(SettingsError, match="glad"):
        made("calm@0,glad@2")


def raw(generator, line, **settings):
    """Every take's numbers as the model makes them, (K, T, 49)."""
    windows = []
    generator.stream(line, GenerationSettings(**settings), Progress(), windows.append)
    return np.stack(
        [
            np.concatenate(
                [np.hstack([w.clips[k].expression, w.clips[k].jaw, w.clips[k].head]) for w in windows]
            )
            for k in range(settings.get("takes", 1))
        ]
    )


def test_styles_change_at_their_times_across_stretches_in_every_take(tmp_path, monkeypatch):
    generator = DiffPoseTalkGenerator.from_folder(styled_folder(tmp_path))
    monkeypatch.setattr(local_sampling, "FIRST", 60)
    monkeypatch.setattr(local_sampling, "LENGTH", 80)
    monkeypatch.setattr(local_sampling, "MARGIN", 20)
    monkeypatch.setattr(local_sampling, "FADE", 10)
    line, keys = spoken_line(None, 14.0), {"sad": (0.0, 3.0, 9.0), "happy": (4.0, 8.0), "calm": (12.0,)}
    text = ",".join(f"{name}@{at}" for at, name in sorted((at, n) for n, ats in keys.items() for at in ats))
    same = {"seed": 5, "takes": 2}
    for choices in ({}, {"sampler": "ddpm"}):
        options = {"steps": 6.0} if choices else {}
        told = {**same, "choices": choices, "options": options}
        made = raw(generator, line, style=text, **told)
        moments = sorted(at for ats in keys.values() for at in ats)
        shares = style_shares(moments, 350, 25.0)
        wanted = np.zeros_like(made)
        for name, ats in keys.items():
            share = shares[:, [moments.index(at) for at in ats]].sum(axis=1)
            wanted += share[:, None] * raw(generator, line, style=name, **told)
        assert made == pytest.approx(wanted, abs=2e-4)
        assert not np.allclose(made[0], made[1], atol=1e-2)


def test_an_intensity_that_a_file_does_not_tell_of_is_a_mixture_of_motions(tmp_path):
    generator = DiffPoseTalkGenerator.from_folder(styled_folder(tmp_path))
    line = spoken_line(None, 3.0)
    files = {"mine.npz": style_content(50 * STYLE.flip(0), {})}
    calm, mine, sad = (
        raw(generator, line, style=name, style_files=files)[0] for name in ("calm", "mine.npz", "sad")
    )
    for amount in (0.0, 0.4, 1.0, 1.5):
        wanted = pytest.approx(calm + amount * (mine - calm), abs=1e-4)
        assert raw(generator, line, style=f"mine.npz*{amount}", style_files=files)[0] == wanted
        told = raw(generator, line, style="mine.npz", style_files=files, options={"intensity": amount})[0]
        assert told == wanted
    changing = raw(generator, line, style="mine.npz*0.5@1,sad@2", style_files=files)[0]
    assert changing[:25] == pytest.approx((calm + mine)[:25] / 2, abs=1e-4)
    assert changing[50:] == pytest.approx(sad[50:], abs=1e-4)
    curve = {"intensity": ((0.02, 0.0), (2.98, 1.0))}
    growing = raw(generator, line, style="mine.npz", style_files=files, curves=curve)[0]
    share = np.linspace(0.0, 1.0, 75)[:, None]
    assert growing == pytest.approx(calm * (1 - share) + mine * share, abs=1e-4)
    blend = {"style": "mine.npz:0.5,sad:0.5", "style_files": files}
    some = raw(generator, line, **blend, options={"intensity": 0.3})[0]
    assert some == pytest.approx(0.7 * calm + 0.3 * raw(generator, line, **blend)[0], abs=1e-4)


@pytest.mark.parametrize("mode", ["incremental", "independent"])
def test_guidance_changes_when_it_is_told_to(tmp_path, monkeypatch, mode):
    generator = DiffPoseTalkGenerator.from_folder(styled_folder(tmp_path))
    monkeypatch.setattr(local_sampling, "FIRST", 60)
    monkeypatch.setattr(local_sampling, "MARGIN", 20)
    monkeypatch.setattr(local_sampling, "FADE", 10)
    line = spoken_line(None, 8.0)
    choices = {"guidance": mode}
    for name, other in (("audio_scale", "style_scale"), ("style_scale", "audio_scale")):
        told = {"choices": choices, "options": {other: 0.7}}
        low, high = (
            raw(generator, line, style="sad", choices=choices, options={other: 0.7, name: value})[0]
            for value in (0.5, 2.5)
        )
        curve = {name: ((4.0, 0.5), (4.04, 2.5))}
        made = raw(generator, line, style="sad", curves=curve, **told)[0]
        far = 4 * LOCAL.reach
        assert made[: 100 - far] == pytest.approx(low[: 100 - far], abs=1e-4)
        assert made[101 + far :] == pytest.approx(high[101 + far :], abs=1e-4)
        assert not np.allclose(low, high, atol=1e-2)
        both = raw(generator, line, style="sad@2,happy@3", curves=curve, **told)[0]
        happy = raw(generator, line, style="happy", curves=curve, **told)[0]
        assert both[:50] == pytest.approx(made[:50], abs=1e-4)
        assert both[75:] == pytest.approx(happy[75:], abs=1e-4)


def test_passages_are_no_longer_than_they_must_be():
    shares = np.zeros((100, 2))
    shares[:, 0] = 1.0
    shares[[10, 12, 40], 1] = 0.5
    layers = StyleLayers(None, None, shares, 5).at(0, 100)
    assert [(layer.first, layer.last) for layer in layers] == [(0, 100), (5, 18), (35, 46)]
    assert [(layer.first, layer.last) for layer in StyleLayers(None, None, shares, 5).at(11, 42)] == [
        (11, 42),
        (11, 18),
        (35, 42),
    ]
    assert layers[1].share[[5, 7]].tolist() == [0.5, 0.5]
    _, joined = StyleLayers(None, None, shares, 14).at(0, 100)
    assert (joined.first, joined.last) == (0, 55)


def test_models_with_windows_have_one_style():
    from tests.backend.diffposetalk.phonetic_model import phonetic_model

    generator = DiffPoseTalkGenerator(phonetic_model())
    assert not generator.info.changes_styles
    assert "intensity" not in generator.info.options
    two = StyleMix(np.stack([STYLE, -STYLE]), np.full((50, 2), 0.5))
    voice = Voice(phonetic_input(spoken_line(None, 2.0)), None, two)
    with pytest.raises(SettingsError, match="cannot change"):
        DiffPoseTalkSampler(phonetic_model()).sample(
            voice, SamplingSettings(), SeededNoise.from_seed(1, 1), Progress()
        )


def test_what_is_told_may_count_more_than_what_is_heard():
    def features(share, speech, heard=True):
        model = local_model()
        own = replace(model.config.sampling, sound_share=share)
        model = replace(model, config=replace(model.config, sampling=own))
        network, cpu = model.network, torch.device("cpu")
        computed = TorchLocalNetwork(network, network.denoising_net, lambda step: step.motion, cpu)
        sampler = LocalSampler(model, computed)
        return sampler.told_features(phonetic_input(speech, heard=heard))[0]

    line = spoken_line()
    all_heard, deaf = features(1.0, line), features(1.0, line, heard=False)
    assert torch.allclose(features(0.25, line), 0.25 * all_heard + 0.75 * deaf, atol=1e-5)
    assert torch.equal(features(0.25, line, heard=False), deaf)
    untold = spoken_line(None)  # nothing else than the sound is there
    assert torch.equal(features(0.25, untold), features(1.0, untold))
    for wrong in (-0.001, 0.006):
        with pytest.raises(InputError, match="parts lips"):
            replace(local_model().config.sampling, parted_lips=wrong)
    for wrong in (-0.1, 1.1):
        with pytest.raises(InputError, match="share of sound"):
            replace(local_model().config.sampling, sound_share=wrong)
        with pytest.raises(InputError, match="noise of the mouth"):
            replace(local_model().config.sampling, mouth_noise=wrong)


def test_where_a_closure_is_heard_wrongly_only_the_phones_count(monkeypatch):
    model = local_model()
    half = replace(model.config.sampling, sound_share=0.5)
    model = replace(model, config=replace(model.config, sampling=half))
    wrong = np.zeros(spoken_line().frames, bool)
    wrong[[7, 20]] = True
    monkeypatch.setattr(local_sampling, "without_room", lambda _, frames: wrong[:frames])
    monkeypatch.setattr(local_sampling, "heard_wrongly", lambda no_room, likely: no_room[: len(likely)])
    network = TorchLocalNetwork(
        model.network, model.network.denoising_net, lambda step: step.motion, torch.device("cpu")
    )
    sampler, mouth = LocalSampler(model, network), MouthTold(None, (), sure=False)
    told = phonetic_input(spoken_line())
    with torch.inference_mode():
        usual = sampler.told_features(told)[0]
        deaf = sampler.told_features(replace(told, heard=False), mouth)[0]
        features = sampler.told_features(told, mouth)[0]
        monkeypatch.setattr(local_sampling, "HEARD_AT_ONCE", 15)
        in_parts = sampler.told_features(told, mouth)[0]
    assert torch.equal(features[:, wrong], deaf[:, wrong])
    assert torch.equal(features[:, ~wrong], usual[:, ~wrong])
    assert not torch.allclose(usual[:, wrong], deaf[:, wrong])
    assert torch.allclose(in_parts, features, atol=1e-6)


@pytest.mark.parametrize("phones", [True, False])
def test_a_long_clip_is_heard_in_parts_as_at_once(monkeypatch, phones):
    model = local_model()
    speech = spoken_line(seconds=SECONDS) if phones else spoken_line(None, seconds=SECONDS)
    told = phonetic_input(speech)
    network = TorchLocalNetwork(
        model.network, model.network.denoising_net, lambda step: step.motion, torch.device("cpu")
    )
    lengths = []
    hear = network.hear
    monkeypatch.setattr(network, "hear", lambda part: lengths.append(part.frames) or hear(part))
    sampler = LocalSampler(model, network)
    with torch.inference_mode():
        features, likely = sampler.told_features(told)
        assert max(lengths) == told.frames
        monkeypatch.setattr(local_sampling, "HEARD_AT_ONCE", 90)
        lengths.clear()
        in_parts, likely_in_parts = sampler.told_features(told)
    assert max(lengths) < 110
    assert torch.allclose(in_parts, features, atol=1e-6)
    assert np.allclose(likely_in_parts, likely, atol=1e-6)


def test_what_is_heard_of_a_long_clip_lies_in_memory_once():
    class Hearing:
        def hear(self, part):
            return np.ones((1, part.frames, 200), np.float32), np.zeros((part.frames, 2), np.float32)

    rows = (np.zeros((20000, 1), np.float32) for _ in range(3))
    sampler = LocalSampler(local_model(), Hearing())
    tracemalloc.start()
    try:
        features, likely = sampler.told_features(PhoneticInput(*rows, np.zeros(3, np.float32)))
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert features.shape == (1, 20000, 200)
    assert (features == 1).all()
    assert likely.shape == (20000, 2)
    assert most < 1.3 * features.nbytes


def test_the_network_never_remembers_more_than_the_frames_at_hand(monkeypatch):
    lengths = []
    remember = TorchLocalNetwork.remember
    monkeypatch.setattr(
        TorchLocalNetwork,
        "remember",
        lambda self, audio, *rest: lengths.append(audio.shape[1]) or remember(self, audio, *rest),
    )
    monkeypatch.setattr(local_sampling, "LENGTH", 100)
    DiffPoseTalkGenerator(local_model()).stream(
        spoken_line(seconds=SECONDS), GenerationSettings(), Progress(), lambda window: None
    )
    assert len(lengths) > 2
    assert max(lengths) < SECONDS * 25 / 2
