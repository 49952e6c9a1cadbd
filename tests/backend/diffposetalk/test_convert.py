"""Official files in, our folder out; everything that does not fit is named."""

import json
import os
import shutil
import zipfile
from pathlib import PosixPath

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from elocute.errors import InputError
from elocute.models.diffposetalk.config import DiffPoseTalkConfig, MotionLayout
from elocute.models.diffposetalk.convert import convert_official
from elocute.models.diffposetalk.folder import load_folder
from elocute.speech_encoders.config import AudioEncoderConfig
from tests.backend.diffposetalk.tiny_model import (
    encoder_options,
    official_args,
    official_weights,
    save_official,
    tiny_config,
    tiny_model,
    write_official,
)


@pytest.fixture(scope="module")
def model():
    return tiny_model()


@pytest.fixture
def official(tmp_path, model):
    return write_official(tmp_path, model)


def convert(official, out, **changes):
    paths = {**official, **changes}
    style = paths.get("style_encoder")
    return convert_official(paths["checkpoint"], paths["stats"], str(paths["audio_encoder"]), style, out)


VARIANTS = [
    {},
    {"audio": AudioEncoderConfig("wav2vec2", encoder_options("wav2vec2")), "guidance": "independent"},
    {"layout": MotionLayout(head=0), "padding": "replicate", "indicator": False},
    {"style_dim": 0, "style_encoder": None, "guiding": ("audio",), "schedule": "linear"},
    {"learned_positions": False, "alignment_width": 0, "target": "noise", "schedule": "quadratic"},
    {"alignment_width": 4, "schedule": "sigmoid", "guiding": (), "guidance": None, "padding": None},
]


@pytest.mark.parametrize("changes", VARIANTS)
def test_round_trip(tmp_path, changes):
    made = tiny_model(tiny_config(**changes))
    convert(write_official(tmp_path, made), tmp_path / "out")
    read = load_folder(tmp_path / "out")
    assert read.config == made.config
    assert read.name == "out"
    assert torch.equal(read.schedule.betas, made.schedule.betas)
    for name, value in made.network.state_dict().items():
        assert torch.equal(read.network.state_dict()[name], value)
    for name, value in made.stats.to_tensors().items():
        assert torch.equal(read.stats.to_tensors()[name], value)
    assert (read.style_encoder is None) == (made.style_encoder is None)
    assert not any(p.requires_grad for p in read.network.parameters())
    assert not read.network.training
    assert (tmp_path / "out" / "README.md").read_text().startswith("# DiffPoseTalk, converted")
    assert not list((tmp_path / "out").rglob("*.p*t"))


def test_old_weight_norm_names(tmp_path, model, official):
    weights = official_weights(model)
    stem = "audio_encoder.encoder.pos_conv_embed.conv."
    for new, old in (("original0", "weight_g"), ("original1", "weight_v")):
        weights[stem + old] = weights.pop(f"{stem}parametrizations.weight.{new}")
    old = save_official(tmp_path / "old.pt", official_args(model.config), weights)
    convert(official, tmp_path / "out", checkpoint=old)
    read = load_folder(tmp_path / "out").network.state_dict()
    for name, value in model.network.state_dict().items():
        assert torch.equal(read[name], value)


@pytest.mark.parametrize("old_names", [True, False])
def test_options_of_old_files(tmp_path, old_names):
    """Absent options mean no mask, no head and constant positions, unless their older names say otherwise."""
    config = tiny_config(
        alignment_width=1 if old_names else 0,
        learned_positions=old_names,
        layout=MotionLayout(head=3 if old_names else 0),
        indicator=False,
        guiding=(),
        guidance=None,
        padding=None,
        style_encoder=None,
    )
    made = tiny_model(config)
    files = write_official(tmp_path, made)
    args = official_args(config)
    for name in ("align_mask_width", "no_head_pose", "no_use_learnable_pe"):
        del args[name]
    for name in ("use_indicator", "guiding_conditions", "cfg_mode", "pad_mode", "architecture"):
        del args[name]
    if old_names:
        args |= {"use_alignment_mask": True, "predict_head_pose": True, "use_learnable_pe": True}
    old = save_official(tmp_path / "old.pt", args, official_weights(made))
    assert convert(files, tmp_path / "out", checkpoint=old) == config


def test_step_table_may_be_absent(tmp_path, model, official):
    weights = official_weights(model)
    del weights["denoising_net.TE.pe"]
    convert(
        official,
        tmp_path / "out",
        checkpoint=save_official(tmp_path / "b.pt", official_args(model.config), weights),
    )


def test_the_files_own_schedule_is_kept(tmp_path, model, official):
    weights = official_weights(model)
    betas = torch.linspace(0.01, 0.3, 9)
    betas[0] = 0
    weights["diffusion_sched.betas"] = betas
    weights["diffusion_sched.alpha_bars"] = torch.cumprod(1 - betas, 0)
    file = save_official(tmp_path / "b.pt", official_args(model.config), weights)
    convert(official, tmp_path / "out", checkpoint=file)
    assert torch.equal(load_folder(tmp_path / "out").schedule.betas, betas[1:])


def broken(tmp_path, model, *, args=None, weights=None, drop_args=(), key="model"):
    options = {**official_args(model.config), **(args or {})}
    for name in drop_args:
        del options[name]
    return save_official(tmp_path / "broken.pt", options, weights or official_weights(model), key)


def edit(model, **changes):
    weights = official_weights(model)
    for name, value in changes.items():
        name = name.replace("__", ".")  # noqa: PLW2901
        if value is None:
            del weights[name]
        else:
            weights[name] = value
    return weights


WEIGHT_FAULTS = {
    "missing": ({"audio_feature_map__bias": None}, r"missing: audio_feature_map\.bias"),
    "extra": ({"lip_loss__weight": torch.zeros(2)}, r"unexpected: lip_loss\.weight"),
    "misshapen": ({"start_motion_feat": torch.zeros(1, 9, 54)}, "start_motion_feat is 1x9x54, not 1x10x54"),
    "nan": ({"null_audio_feat": torch.full((1, 1, 16), torch.nan)}, "not finite: null_audio_feat"),
    "integers": ({"null_audio_feat": torch.zeros(1, 1, 16, dtype=torch.int64)}, "not finite"),
    "mask": ({"denoising_net__alignment_mask": torch.zeros(111, 110, dtype=torch.bool)}, "alignment_mask"),
    "no mask": ({"denoising_net__alignment_mask": None}, "alignment_mask"),
    "schedule": ({"diffusion_sched__betas": torch.zeros(5)}, "lacks the noise schedule of its 8 steps"),
    "crooked schedule": ({"diffusion_sched__alpha_bars": torch.ones(9)}, "is inconsistent"),
}


@pytest.mark.parametrize("fault", WEIGHT_FAULTS)
def test_weights_that_do_not_fit(tmp_path, model, official, fault):
    changes, message = WEIGHT_FAULTS[fault]
    file = broken(tmp_path, model, weights=edit(model, **changes))
    with pytest.raises(InputError, match=message):
        convert(official, tmp_path / "out", checkpoint=file)
    assert not (tmp_path / "out").exists()


def test_all_faults_are_listed_at_once(tmp_path, model, official):
    weights = edit(model, audio_feature_map__bias=None, more=torch.zeros(1), start_motion_feat=torch.zeros(1))
    with pytest.raises(InputError) as caught:
        convert(official, tmp_path / "out", checkpoint=broken(tmp_path, model, weights=weights))
    for part in ("audio_feature_map.bias", "more", "start_motion_feat is 1, not 1x10x54"):
        assert part in caught.value.message


OPTION_FAULTS = [
    ({"architecture": "encoder"}, (), "another architecture: architecture is 'encoder'"),
    ({"rot_repr": "6d"}, (), "another architecture: rot_repr is '6d'"),
    ({"audio_model": "wav2vec2"}, (), "was trained with wav2vec2"),
    ({"feature_dim": "big"}, (), "no usable option feature_dim: 'big'"),
    ({}, ("n_layers",), "no usable option n_layers: None"),
    ({"n_heads": 3}, (), "sizes are inconsistent"),
    ({"n_heads": 0}, (), "sizes are inconsistent"),
    ({"diff_schedule": "cubic"}, (), "unknown schedule: 'cubic'"),
    ({"target": ["sample"]}, (), "no usable option target"),
    ({"guiding_conditions": "audio,text"}, (), "cannot be guided by audio, text"),
    ({"style_enc_ckpt": None}, (), "cannot be guided by"),
    ({"feature_dim": 32}, (), "wrong shape"),
    ({"n_diff_steps": 10}, (), "noise schedule of its 10 steps"),
    ({"no_head_pose": True}, (), "wrong shape"),
]


@pytest.mark.parametrize(("args", "drop", "message"), OPTION_FAULTS)
def test_options_that_do_not_fit(tmp_path, model, official, args, drop, message):
    file = broken(tmp_path, model, args=args, drop_args=drop)
    with pytest.raises(InputError, match=message):
        convert(official, tmp_path / "out", checkpoint=file)


def test_swapped_files(tmp_path, official):
    with pytest.raises(InputError, match="holds no denoiser"):
        convert(official, tmp_path / "out", checkpoint=official["style_encoder"])
    with pytest.raises(InputError, match="holds no style encoder"):
        convert(official, tmp_path / "out", style_encoder=official["checkpoint"])
    with pytest.raises(InputError, match="lacks exp_mean"):
        np.savez(tmp_path / "other.npz", a=1)
        convert(official, tmp_path / "out", stats=tmp_path / "other.npz")
    torch.save({"state_dict": {}}, tmp_path / "other.pt")
    with pytest.raises(InputError, match="not an official DiffPoseTalk checkpoint"):
        convert(official, tmp_path / "out", checkpoint=tmp_path / "other.pt")


def test_hostile_and_truncated_checkpoints(tmp_path, model, official):
    class Evil(PosixPath):
        def __reduce__(self):
            return os.system, (f"touch {tmp_path}/owned",)

    hostile = save_official(tmp_path / "h.pt", {"a": Evil("x")}, official_weights(model))
    with pytest.raises(InputError, match=r"is refused: it tries to load posix\.system"):
        convert(official, tmp_path / "out", checkpoint=hostile)
    assert not (tmp_path / "owned").exists()
    data = official["checkpoint"].read_bytes()
    (tmp_path / "t.pt").write_bytes(data[: len(data) // 2])
    with pytest.raises(InputError, match="truncated"):
        convert(official, tmp_path / "out", checkpoint=tmp_path / "t.pt")


def test_stats_of_the_wrong_size(tmp_path, official):
    with np.load(official["stats"]) as data:
        arrays = dict(data)
    for change, message in (
        ({"exp_mean": np.zeros(49)}, "exp_mean has 49 numbers, not 50"),
        ({"pose_std": np.full(6, np.nan)}, "NaN or infinity in pose_std"),
        ({"shape_std": np.zeros(100)}, "not positive"),
    ):
        np.savez(tmp_path / "bad.npz", **{**arrays, **change})
        with pytest.raises(InputError, match=message):
            convert(official, tmp_path / "out", stats=tmp_path / "bad.npz")


def test_style_encoder_of_another_size(tmp_path, model, official):
    weights = dict(model.style_encoder.state_dict())
    args = {"feature_dim": 8, "n_heads": 2, "n_layers": 1, "mlp_ratio": 2, "n_motions": 100}
    file = save_official(tmp_path / "se2.pt", args, weights, "encoder")
    with pytest.raises(InputError, match="produces style vectors of size 8; the model takes 12"):
        convert(official, tmp_path / "out", style_encoder=file)


def test_speech_encoder_sources(tmp_path, official, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    as_file = official["audio_encoder"] / "config.json"
    convert(official, tmp_path / "out", audio_encoder=as_file)
    (tmp_path / "bert").mkdir()
    (tmp_path / "bert" / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(InputError, match="describes a bert model"):
        convert(official, tmp_path / "out2", audio_encoder=tmp_path / "bert")
    with pytest.raises(InputError, match="no speech encoder configuration"):
        convert(official, tmp_path / "out2", audio_encoder=tmp_path / "nothing" / "here")


# The folder ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def converted(tmp_path_factory, model):
    folder = tmp_path_factory.mktemp("converted")
    convert(write_official(folder, model), folder / "out")
    return folder / "out"


@pytest.fixture
def copy(tmp_path, converted):
    shutil.copytree(converted, tmp_path / "copy")
    return tmp_path / "copy"


def test_config_json_is_plain_and_complete(converted):
    data = json.loads((converted / "config.json").read_text())
    assert data["architecture"] == "diffposetalk"
    assert data["basis"] == "flame2020"
    assert data["denoiser"]["alignment_width"] == 1
    assert DiffPoseTalkConfig.from_json(data, "x") == load_folder(converted).config


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architecture": "other"}, "not the configuration of a diffposetalk model"),
        ({"format": 99}, "format 99; this version reads 1"),
        ({"colour": "red"}, "missing or unknown fields: colour"),
        ({"layout": {"expression": 50}}, "missing or unknown fields: head, jaw"),
        ({"target": "velocity"}, "unknown target: 'velocity'"),
        ({"steps": "many"}, "wrong type"),
    ],
)
def test_config_faults(copy, change, message):
    data = json.loads((copy / "config.json").read_text()) | change
    (copy / "config.json").write_text(json.dumps(data))
    with pytest.raises(InputError, match=message):
        load_folder(copy)


def test_weights_in_the_folder_are_checked(copy):
    file = copy / "model.safetensors"
    weights = load_file(file)
    save_file({**weights, "null_audio_feat": torch.full((1, 1, 16), torch.inf)}, file)
    with pytest.raises(InputError, match="not finite: null_audio_feat"):
        load_folder(copy)
    weights.pop("null_audio_feat")
    save_file(weights, file)
    with pytest.raises(InputError, match="missing: null_audio_feat"):
        load_folder(copy)
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(InputError, match="is damaged"):
        load_folder(copy)
    file.unlink()
    with pytest.raises(InputError, match="lacks model"):
        load_folder(copy)


def test_folders_that_are_none(tmp_path):
    with pytest.raises(InputError, match="not a model folder"):
        load_folder(tmp_path / "nothing")
    with pytest.raises(InputError, match="not a model folder"):
        load_folder(tmp_path)
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(InputError, match="damaged"):
        load_folder(tmp_path)


def test_archives_are_not_left_open(official, tmp_path):
    convert(official, tmp_path / "out")
    official["checkpoint"].rename(tmp_path / "moved.pt")
    assert zipfile.is_zipfile(tmp_path / "moved.pt")
