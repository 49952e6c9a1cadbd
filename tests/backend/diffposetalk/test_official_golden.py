"""Recorded runs of the official program; skipped unless ``ELOCUTE_GOLDEN`` names their folder.

Where they are not, these tests of the same parts stand in for them, with numbers that were kept when
the recorded runs agreed, or that are worked out by hand: sampling step by step, windows encoded alone,
audio features, styles and official files in test_sampling.py (make_expected.py), audio lengths in
test_audio_input.py, the style encoder in test_style_encoder.py, training steps in
training/test_objective.py, the dataset in dataset/.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from elocute.diffusion.noise import RecordedNoise
from elocute.models.diffposetalk.audio_input import fill_windows, normalise, plan_windows
from elocute.models.diffposetalk.convert import convert_official
from elocute.models.diffposetalk.folder import load_folder
from elocute.models.diffposetalk.sampling import DiffPoseTalkSampler
from elocute.models.diffposetalk.sampling_settings import SamplingSettings
from elocute.models.diffposetalk.styles import extract_style
from elocute.models.diffposetalk.voice import Voice
from elocute.motion.official import load_official
from elocute.progress import Progress
from elocute.speech_encoders.padding import pad_for_encoder

GOLDEN = Path(os.environ.get("ELOCUTE_GOLDEN", "not given")) / "diffposetalk"

pytestmark = pytest.mark.skipif(not GOLDEN.is_dir(), reason="no recorded runs of the official program here")

# Case folder of a denoiser -> case folder of the style encoder whose vectors it takes.
SAMPLING_CASES = sorted(
    p.parent.name for p in GOLDEN.glob("*/checkpoint.pt") if (p.parent / "audio_encoder_config.json").exists()
)
STYLE_CASES = sorted(p.parent.name for p in GOLDEN.glob("d*/checkpoint.pt"))


def arrays(path: Path) -> dict[str, torch.Tensor]:
    with np.load(path) as data:
        return {
            name: torch.from_numpy(
                data[name].astype(np.float32) if data[name].dtype == np.float16 else data[name]
            )
            for name in data.files
        }


class Case:
    def __init__(self, name: str, out: Path) -> None:
        self.folder = GOLDEN / name
        self.settings = json.loads((self.folder / "case.json").read_text())
        self.input = arrays(self.folder / "input.npz")
        self.output = arrays(self.folder / "output.npz")
        encoder = str(self.folder / "audio_encoder_config.json")
        convert_official(
            self.folder / "checkpoint.pt", self.folder / "coef_stats.npz", encoder, None, out / name
        )
        self.model = load_folder(out / name)

    def close(self, value: torch.Tensor, name: str, tolerance: float) -> None:
        expected = self.output[name]
        assert value.shape == expected.shape, name
        assert (value - expected).abs().max().item() < tolerance, name


@pytest.fixture(scope="module", params=SAMPLING_CASES)
def case(request, tmp_path_factory):
    return Case(request.param, tmp_path_factory.mktemp("golden"))


def settings_of(case: Case, **changes) -> SamplingSettings:
    infer = case.settings["infer"]
    guide = infer.get("cfg_cond")
    scale = infer.get("cfg_scale", 1.15)
    scales = (
        dict(zip(guide or (), scale, strict=True))
        if isinstance(scale, list)
        else dict.fromkeys(guide or (), scale)
    )
    threshold = infer.get("dynamic_threshold") or 0.0
    if isinstance(threshold, list):
        assert threshold[1:] == [1.0, 4.0]
        threshold = threshold[0]
    return SamplingSettings(
        "ddpm",
        guidance=infer.get("cfg_mode"),
        guide=None if guide is None else tuple(guide),
        audio_scale=scales.get("audio", 1.15),
        style_scale=scales.get("style", 3.0),
        threshold=threshold,
        **changes,
    )


def voice_of(case: Case) -> Voice:
    style = case.input.get("style")
    return Voice(
        case.input["audio"], case.input["shape"], style if case.model.config.denoiser.style_dim else None
    )


@torch.inference_mode()
def test_audio(case):
    network, config = case.model.network, case.model.config
    samples = normalise(case.input["audio"])
    plan = plan_windows(len(samples), config.fps, config.denoiser.motions)
    filled = fill_windows(samples, plan, config.padding or "zero")
    expected = case.settings["audio"]
    assert (plan.windows, plan.pad_samples) == (expected["n_windows"], expected["n_padding_samples"])
    assert plan.frames == len(case.output["coef_exp"][0])
    case.close(filled[case.output["audio_norm_idx"]], "audio_norm_sel", 2e-6)
    assert len(filled) == case.output["audio_norm_len"]
    case.close(network.audio_encoder.feature_extractor(pad_for_encoder(filled[None])), "conv_feat", 3e-5)
    frames = plan.windows * config.denoiser.motions
    case.close(network.encode_audio(filled[None], frames), "audio_feat", 2e-5)


@torch.inference_mode()
def test_single_denoiser_calls(case):
    given = case.input
    if "direct_motion" not in given:
        pytest.skip("not recorded")
    out = case.model.network.denoising_net(
        given["direct_motion"],
        given["direct_audio"],
        given["direct_person"],
        given["direct_prev_motion"],
        given["direct_prev_audio"],
        given["direct_step"],
        given.get("direct_indicator"),
    )
    case.close(out, "direct_out", 3e-5)


@pytest.mark.parametrize("shortcut", [True, False])
def test_sampling_step_by_step(case, shortcut):
    steps: dict[tuple[int, int], tuple[torch.Tensor, ...]] = {}

    def observe(window):
        return lambda t, *tensors: steps.__setitem__((window, t), tensors)

    pipeline = DiffPoseTalkSampler(case.model)
    noise = RecordedNoise.load(case.folder / "input.npz")
    motion = pipeline.sample(voice_of(case), settings_of(case, shortcut=shortcut), noise, Progress(), observe)
    checked = 0
    for name in case.output:
        window, _, rest = name.partition("_")
        kind, _, t = rest.rpartition("_t")
        if window[0] == "w" and kind in ("x", "x0", "next"):
            value = steps[int(window[1:]), int(t)][("x", "x0", "next").index(kind)]
            case.close(value, name, 1e-4)
            checked += 1
    assert checked >= 9
    expression, pose = case.model.stats.restore_motion(motion, case.model.config.layout)
    case.close(expression, "coef_exp", 5e-5)
    case.close(pose, "coef_pose", 5e-6)


def test_windows_encoded_alone(case):
    if "nocontext_coef_exp" not in case.output:
        pytest.skip("not recorded")
    noise = RecordedNoise.load(case.folder / "input.npz")
    settings = settings_of(case, audio_context="window")
    motion = DiffPoseTalkSampler(case.model).sample(voice_of(case), settings, noise, Progress())
    expression, pose = case.model.stats.restore_motion(motion, case.model.config.layout)
    case.close(expression, "nocontext_coef_exp", 5e-5)
    case.close(pose, "nocontext_coef_pose", 5e-6)


@pytest.mark.parametrize("name", STYLE_CASES)
def test_styles(name, tmp_path):
    style = GOLDEN / name
    head = not json.loads((style / "case.json").read_text())["args"]["no_head_pose"]
    denoiser = next((GOLDEN / c for c in SAMPLING_CASES if _fits(GOLDEN / c, head)), None)
    if denoiser is None:
        pytest.skip("no denoiser that fits this style encoder")
    convert_official(
        denoiser / "checkpoint.pt",
        style / "coef_stats.npz",
        str(denoiser / "audio_encoder_config.json"),
        style / "checkpoint.pt",
        tmp_path / "model",
    )
    model = load_folder(tmp_path / "model")
    given, expected = arrays(style / "input.npz"), arrays(style / "output.npz")
    clip = load_official(style / "coef.npz")
    vector = extract_style(model, clip, int(given["start_frame"]))
    assert np.abs(vector - expected["style"].numpy()).max() < 5e-6
    with torch.inference_mode():
        first = model.style_encoder(given["motion"][None, :60])[0]
    assert (first - expected["style_first60"]).abs().max().item() < 5e-6


def _fits(folder: Path, head: bool) -> bool:
    args = json.loads((folder / "case.json").read_text())["args"]
    return args.get("style_enc_ckpt") is not None and bool(args.get("no_head_pose")) != head


@pytest.mark.skipif(not (GOLDEN / "f_audio_lengths").is_dir(), reason="not recorded")
@torch.inference_mode()
def test_audio_lengths(tmp_path):
    lengths = Case.__new__(Case)
    lengths.output = arrays(GOLDEN / "f_audio_lengths" / "output.npz")
    samples = arrays(GOLDEN / "f_audio_lengths" / "input.npz")["audio"]
    network = Case("a_head_hubert_incremental", tmp_path).model.network
    settings = json.loads((GOLDEN / "f_audio_lengths" / "case.json").read_text())
    for item in settings["lengths"]:
        count = item["samples"]
        clip = normalise(samples[:count])[None]
        padded = pad_for_encoder(clip)[0]
        assert len(padded) == item["padded"]
        lengths.close(padded[:64], f"head_{count}", 2e-6)
        lengths.close(padded[-64:], f"tail_{count}", 2e-6)
        tolerance = 2e-5 if count % 320 == 0 else 3e-4
        lengths.close(network.encode_audio(clip, settings["frame_num"])[0], f"feat_{count}", tolerance)
    for item in settings["window_bookkeeping"]:
        plan = plan_windows(item["samples"], 25.0, 100)
        assert (plan.windows, plan.pad_samples, plan.frames) == (
            item["n_windows"],
            item["pad_samples"],
            item["out_frames"],
        )
        assert plan.pad_frames == max(item["pad_frames"], 0)
