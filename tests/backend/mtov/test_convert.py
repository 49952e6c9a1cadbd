"""Published files in, our folder out; everything that does not fit is named and nothing is executed."""

from __future__ import annotations

import json
import pickle
import zipfile

import pytest
import torch

from elocute.cli.main import main
from elocute.errors import InputError
from elocute.renderers.mtov.config import AutoencoderConfig, MtovConfig, UnetConfig
from elocute.renderers.mtov.convert import convert_official, read_official_autoencoder
from elocute.renderers.mtov.folder import load_folder
from tests.backend.mtov import published_mtov as published

EXPECTED = MtovConfig(
    AutoencoderConfig(
        size=32, frames=4, patch=8, width=16, layers=2, heads=8, head_width=4, pool_layers=1, pool_heads=4,
        pool_head_width=3, pool_hidden=10, latent=4,
    ),
    UnetConfig(32, (1, 2), 1, (0,), 8),
)  # fmt: skip


def converted(tmp_path, film=None, landmarks=None, unet=None):
    contents = {
        "film": published.autoencoder_state(),
        "landmarks": published.autoencoder_state("dots "),
        "unet": published.unet_state(),
    }
    for name, change in (("film", film), ("landmarks", landmarks), ("unet", unet)):
        if change is not None:
            change(contents[name])
        torch.save(contents[name], tmp_path / f"{name}.pth")
    convert_official(*(tmp_path / f"{name}.pth" for name in contents), tmp_path / "model")
    return load_folder(tmp_path / "model")


def test_sizes_are_read_from_the_weights_and_every_weight_arrives(tmp_path):
    loaded = converted(tmp_path)
    assert loaded.config == EXPECTED
    assert loaded.name == "model"
    theirs = published.unet_state()
    arrived = {tuple(value.flatten()[:6].tolist()) for value in loaded.unet.state_dict().values()}
    live = [value for name, value in theirs.items() if "output_bg" not in name]
    assert len(loaded.unet.state_dict()) == len(live)
    assert all(tuple(value.flatten()[:6].tolist()) in arrived for value in live)
    assert torch.equal(loaded.landmarks.pool_yt.token, published.autoencoder_state("dots ")["yt_token"])
    assert "unet.pth" in (tmp_path / "model" / "README.md").read_text()


def test_what_is_never_used_may_lack(tmp_path):
    def lighter(content):
        for name in [
            name for name in content if "output_bg" in name or "rot_emb" in name or name == "coords"
        ]:
            del content[name]

    converted(tmp_path, lighter, lighter, lighter)


def test_a_buffer_of_larger_published_networks_is_left_out(tmp_path):
    converted(tmp_path, unet=lambda content: content.update({"diffusion_model.zeros": torch.zeros(1, 4, 48)}))


def without(name):
    return lambda content: content.pop(name)


def with_weight(name, value):
    return lambda content: content.update({name: value})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("to_pixel.1.bias"), "missing: pixels.bias"),
        (without("to_pixel.1.weight"), "to_pixel.1.weight is missing"),
        (with_weight("to_pixel.1.weight", torch.zeros(3)), "to_pixel.1.weight is of the wrong shape"),
        (with_weight("stranger", torch.zeros(1)), "unexpected: stranger"),
        (with_weight("xy_token", torch.full((1, 1, 16), torch.nan)), "not finite: pool_xy.token"),
        (with_weight("pre_xt.bias", torch.zeros(5)), "pre_xt.bias is 5, not 4"),
        (with_weight("encoder.frame_rot_emb.inv_freqs", torch.ones(2)), "rotary frequencies"),
        (with_weight("decoder.image_rot_emb.scales", torch.ones(3)), "rotary frequencies"),
        (with_weight("encoder.layers.999.0.norm.bias", torch.zeros(16)), "beyond reason"),
        (with_weight("xt_pos_embedding", torch.zeros(1, 999_999, 16)), "beyond reason"),
        (with_weight("xy_pos_embedding", [1.0]), "not tensors"),
        (with_weight(5, torch.zeros(1)), "not tensors"),
        (dict.clear, "not a published MToV checkpoint"),
    ],
)
def test_an_autoencoder_that_does_not_fit(tmp_path, change, words):
    with pytest.raises(InputError, match=words):
        converted(tmp_path, film=change)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("diffusion_model.out.2.bias"), "missing: end.bias"),
        (without("diffusion_model.output_blocks.1.1.out_layers.0.weight"), "missing: up.1.then"),
        (without("diffusion_model.input_blocks.0.0.weight"), "input_blocks.0.0.weight is missing"),
        (with_weight("diffusion_model.input_blocks.7.0.x", torch.zeros(1)), "do not add up|is missing"),
        (with_weight("diffusion_model.stranger", torch.zeros(1)), "unexpected: stranger"),
        (with_weight("diffusion_model.mid_attn.qkv.bias", torch.zeros(3)), "middle.across.qkv.bias is 3"),
    ],
)
def test_a_denoising_network_that_does_not_fit(tmp_path, change, words):
    with pytest.raises(InputError, match=words):
        converted(tmp_path, unet=change)
    assert not (tmp_path / "model").exists()


def test_autoencoders_of_different_sizes(tmp_path):
    def narrower(content):
        for name in [name for name in content if name.startswith("decoder.layers.1.")]:
            del content[name]
        for name in [name for name in content if name.startswith("encoder.layers.1.")]:
            del content[name]

    with pytest.raises(InputError, match="different sizes"):
        converted(tmp_path, landmarks=narrower)


class Hostile:
    def __reduce__(self):
        return print, ("executed",)


@pytest.mark.parametrize("kind", ["pickle", "list", "text", "truncated", "empty", "nothing"])
def test_files_of_another_kind(tmp_path, published_files, kind, capsys):
    path = tmp_path / "film.pth"
    if kind == "pickle":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("film/data.pkl", pickle.dumps({"xy_token": Hostile()}))
    elif kind == "list":
        torch.save([1, 2], path)
    elif kind == "text":
        path.write_text("weights")
    elif kind == "truncated":
        path.write_bytes(published_files[0].read_bytes()[:4000])
    elif kind == "empty":
        path.touch()
    with pytest.raises(InputError):
        read_official_autoencoder(path)
    assert "executed" not in capsys.readouterr().out


def test_on_the_command_line(tmp_path, published_files, capsys):
    film, landmarks, unet = map(str, published_files)
    out = tmp_path / "models" / "model"  # the first model makes the folder of models
    words = ["convert", "mtov", "--film", film, "--landmarks", landmarks, "--unet", unet, "--out", str(out)]
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["config"]["autoencoder"]["size"] == 32
    assert load_folder(out).config == EXPECTED
    assert main([*words[:-1], film]) == 3
    assert "is a file" in capsys.readouterr().err


@pytest.mark.parametrize(
    "change",
    [
        {"steps": 0},
        {"steps": 10**9},
        {"first_beta": 0.0},
        {"noised_start": 1.0},
        {"fps": float("nan")},
        {"renderer": "atom"},
        {"format": 2},
        {"more": 1},
        {"unet": {"base": 128}},
        {"unet": {"base": 33, "multipliers": [1], "blocks": 1, "attended": [], "heads": 3}},
        {"unet": {"base": 128, "multipliers": [1] * 7, "blocks": 1, "attended": [], "heads": 8}},
    ],
)
def test_a_damaged_configuration(renderer_folder, tmp_path, change):
    config = json.loads((renderer_folder / "config.json").read_text()) | change
    with pytest.raises(InputError):
        MtovConfig.from_json(json.loads(json.dumps(config)), "config.json")
