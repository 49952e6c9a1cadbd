"""Published files in, our folder out; everything that does not fit is named."""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path

import pytest
import torch

from elocute.errors import InputError
from elocute.face.model import FaceModel
from elocute.models.atom.config import AtomConfig
from elocute.models.atom.convert import convert_official, read_official
from elocute.models.atom.folder import load_folder
from tests.backend.atom import published_atom as published

HEAD = FaceModel.load(Path(__file__).resolve().parents[3] / "flame_assets" / "elocute-head-1.npz")


def saved(path, change=None):
    content = published.checkpoint()
    if change is not None:
        change(content)
    torch.save(content, path)
    return path


def converted(tmp_path, change=None, **options):
    path = saved(tmp_path / "atom.pt", change)
    convert_official(path, tmp_path / "model", heads=published.HEADS, face=HEAD, **options)
    return load_folder(tmp_path / "model")


@pytest.mark.parametrize(("averaged", "seed"), [(False, ""), (True, "averaged ")])
def test_the_weights_asked_for_arrive(tmp_path, averaged, seed):
    network = converted(tmp_path, averaged=averaged).network
    theirs = published.state_dict(seed)
    assert torch.equal(network.out.weight, theirs["final_layer.weight"])
    film = theirs["seqTransDecoder.stack.1.film3.block.1.bias"]
    assert torch.equal(network.layers[1].film3.scale_shift.bias, film)


def test_the_folder_gives_the_numbers_of_the_file(tmp_path, network):
    loaded = converted(tmp_path)
    assert loaded.config == AtomConfig(network.config)
    assert loaded.name == "model"
    found = loaded.network.state_dict()
    assert all(torch.equal(found[name], value) for name, value in network.state_dict().items())
    card = (tmp_path / "model" / "README.md").read_text()
    assert "weights as trained" in card
    assert "windows of 12 frames" in card


def test_another_speech_encoder_is_kept(tmp_path):
    assert converted(tmp_path, speech_encoder="some/encoder").config.speech_encoder == "some/encoder"


def without(*names):
    def change(content):
        for name in names:
            del content["model_state_dict"][name]

    return change


def with_weight(name, value):
    def change(content):
        content["model_state_dict"][name] = value

    return change


def test_unused_weights_may_lack(tmp_path):
    names = [name for name in published.shapes() if name.startswith(("pos_", "face_mlp", "to_face"))]
    names += [name for name in published.state_dict() if "rotary" in name]
    names += [f"seqTransDecoder.stack.0.linear{k}.weight" for k in (1, 2)]
    converted(tmp_path, without(*names))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (without("final_layer.bias"), "missing: out.bias"),
        (without("seqTransDecoder.stack.0.linear3.weight"), "missing: layers.0.split.weight"),
        (with_weight("cond_encoder.2.norm1.bias", torch.zeros(16)), "unexpected: audio_encoder.2.norm1.bias"),
        (with_weight("stranger", torch.zeros(1)), "unexpected: stranger"),
        (with_weight("norm_cond.bias", torch.zeros(15)), "memory_norm.bias is 15, not 16"),
        (with_weight("final_layer.bias", torch.full((204,), torch.nan)), "not finite: out.bias"),
        (with_weight("final_layer.bias", torch.zeros(204, dtype=torch.int64)), "not finite: out.bias"),
        (with_weight("rotary.freqs", torch.ones(8)), "rotary frequencies"),
        (with_weight("cond_encoder.0.rotary.freqs", torch.ones(3)), "rotary frequencies"),
        (with_weight("null_cond_embed", torch.zeros(1, 12, 16)), "another rate of audio features"),
        (without("cond_projection.weight"), "cond_projection.weight is missing"),
        (
            with_weight("cond_projection.weight", torch.zeros(3)),
            "cond_projection.weight is of the wrong shape",
        ),
        (with_weight("final_layer.bias", [1.0]), "not tensors"),
        (with_weight(5, torch.zeros(1)), "not tensors"),
        (with_weight("seqTransDecoder.stack.9999.norm1.bias", torch.zeros(16)), "beyond reason"),
        (lambda content: content.pop("model_state_dict"), "no 'model_state_dict'"),
        (lambda content: content.update(model_state_dict=3), "no 'model_state_dict'"),
        (dict.clear, "not a published AToM checkpoint"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_written(tmp_path, change, words):
    with pytest.raises(InputError, match=words.replace("(", r"\(")):
        converted(tmp_path, change)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize("heads", [0, -4, 3, 10**6])
def test_heads_that_do_not_divide_the_width(published_file, heads):
    with pytest.raises(InputError):
        read_official(published_file, heads=heads)


class Hostile:
    def __reduce__(self):
        return print, ("executed",)


@pytest.mark.parametrize("kind", ["pickle", "not a dictionary", "text", "truncated", "empty", "nothing"])
def test_files_of_another_kind_are_refused_and_nothing_is_executed(tmp_path, kind, capsys):
    path = tmp_path / "atom.pt"
    if kind == "pickle":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("atom/data.pkl", pickle.dumps({"model_state_dict": Hostile()}))
    elif kind == "not a dictionary":
        torch.save([1, 2], path)
    elif kind == "text":
        path.write_text("weights")
    elif kind == "truncated":
        saved(path)
        path.write_bytes(path.read_bytes()[:5000])
    elif kind == "empty":
        path.touch()
    with pytest.raises(InputError):
        read_official(path, heads=published.HEADS)
    assert "executed" not in capsys.readouterr().out
