"""ONNX Runtime computes the bundled model as PyTorch does."""

import json
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from elocute.checkpoint.folder import CONFIG, WEIGHTS
from elocute.diffusion.constraints import Known
from elocute.diffusion.noise import SeededArrays
from elocute.errors import InputError, SettingsError
from elocute.generator import GenerationSettings, MotionWindow
from elocute.installation import standard_pipeline
from elocute.models import registry
from elocute.models.diffposetalk.files import (
    DENOISER,
    GRAPHS,
    MANIFEST,
    MEMORY,
    SPEECH,
    STATS,
    STYLE,
    STYLE_WEIGHTS,
)
from elocute.models.diffposetalk.folder import load_folder, save_folder
from elocute.models.diffposetalk.generator import DiffPoseTalkGenerator
from elocute.models.diffposetalk.graph_session import GraphSession
from elocute.models.diffposetalk.onnx_folder import OnnxModel, load_onnx_folder
from elocute.models.diffposetalk.onnx_local_network import sine_rows
from elocute.models.diffposetalk.positions import sinusoidal_table
from elocute.models.diffposetalk.sampling_settings import SamplingSettings
from elocute.models.diffposetalk.style_file import style_content
from elocute.models.diffposetalk.styles import extract_style
from elocute.models.diffposetalk.voice import Voice
from elocute.models.family import LoadOptions
from elocute.motion.clip import MotionClip
from elocute.progress import Progress
from elocute.speech_encoders.phonetic_input import phonetic_input
from elocute.training.elocute_lite.graphs import write_graphs
from tests.backend.diffposetalk.local_model import local_model
from tests.backend.diffposetalk.spoken import spoken_line
from tests.backend.diffposetalk.tiny_model import tiny_model

ROOT = Path(__file__).resolve().parents[3]
BUNDLED = ROOT / "backend" / "elocute" / "bundled" / "elocute-lite"
DEMO = ROOT / "flame_assets" / "demo"
CLOSE = 1e-4


@pytest.fixture(scope="module")
def models():
    return load_onnx_folder(BUNDLED), load_folder(BUNDLED)


@pytest.fixture(scope="module")
def line():
    words = (DEMO / "line.txt").read_text(encoding="utf-8")
    return standard_pipeline().analyse(DEMO / "line.flac", words, "en", Progress())


def made(model, speech, deaf=False, **settings):
    generator = DiffPoseTalkGenerator(model)
    if deaf:
        generator = generator.without_sound()
    windows: list[MotionWindow] = []
    generator.stream(speech, GenerationSettings(**settings), Progress(), windows.append)
    takes = len(windows[0].clips)
    return [
        np.concatenate(
            [np.hstack([w.clips[take].expression, w.clips[take].jaw, w.clips[take].head]) for w in windows]
        )
        for take in range(takes)
    ]


CASES = {
    "as it is": {},
    "one branch left out": {"options": {"style_scale": 2.5}},
    "every branch": {"options": {"audio_scale": 1.4, "style_scale": 2.5}},
    "independent": {
        "options": {"audio_scale": 1.4, "style_scale": 2.5},
        "choices": {"guidance": "independent"},
    },
    "guided by nothing": {"choices": {"guide": "none"}},
    "no style": {"style": "null"},
    "threshold": {"options": {"threshold": 0.9, "audio_scale": 1.2}},
    "every step at random": {"choices": {"sampler": "ddpm"}, "options": {"steps": 8}},
    "first order": {"choices": {"sampler": "ddim"}, "options": {"steps": 6}},
    "changing style": {"style": "sad@0,happy*1.5@2.5", "options": {"style_scale": 2.0}},
    "three styles, one held": {"style": "sad@0,sad@1,happy*0.4@3,angry@3.2", "takes": 2, "seed": 7},
    "an intensity over time": {"style": "angry", "curves": {"intensity": ((0.0, 0.1), (4.0, 1.4))}},
    "a style file at an intensity": {
        "style": "mine.npz*0.5@1,calm@3",
        "style_files": {"mine.npz": style_content(np.linspace(-1, 1, 64, dtype=np.float32), {})},
    },
    "guidance over time": {
        "style": "sad@1,happy@2",
        "curves": {"audio_scale": ((1.0, 1.0), (3.0, 2.0)), "style_scale": ((0.0, 0.5), (4.0, 2.5))},
    },
    "independent guidance over time, at random": {
        "curves": {"style_scale": ((0.0, 0.0), (4.0, 2.5))},
        "choices": {"guidance": "independent", "sampler": "ddpm"},
        "options": {"steps": 5, "threshold": 0.9},
    },
    "blend at an intensity": {"style": "angry:0.4,calm:0.6", "options": {"intensity": 1.4}},
    "two takes": {"takes": 2, "seed": 2**32 - 2},
    "lips alone": {"lip_contacts": False, "head_motion": False},
}


@pytest.mark.parametrize("name", CASES)
def test_the_demo_line_is_the_same_with_both(models, line, name):
    ours, theirs = (made(model, line, **CASES[name]) for model in models)
    for one, other in zip(ours, theirs, strict=True):
        assert one.shape == other.shape
        assert np.abs(one - other).max() < CLOSE


@pytest.mark.parametrize("told", ["phones alone", "sound alone", "a doubtful recogniser"])
def test_every_way_to_hear(models, line, told):
    speech = {
        "phones alone": line,
        "sound alone": replace(line, phones=None, phone_source="none"),
        "a doubtful recogniser": replace(line, phone_source="recognition"),
    }[told]
    ours, theirs = (made(model, speech, deaf=told == "phones alone")[0] for model in models)
    assert np.abs(ours - theirs).max() < CLOSE


def test_a_long_line_is_the_same_over_all_its_stretches(models):
    speech = spoken_line(seconds=70.0)
    ours, theirs = (made(model, speech)[0] for model in models)
    assert len(ours) == 1750
    assert np.abs(ours - theirs).max() < CLOSE


def test_held_numbers(models, line):
    results = []
    for model in models:
        held = np.zeros((line.frames, model.config.layout.width), bool)
        held[40:60, 5] = True
        values = np.full(held.shape, 1.5, np.float32)
        sampler = model.sampler(LoadOptions())
        style = np.zeros(64, np.float32)
        voice = Voice(phonetic_input(line), None, style)
        noise = SeededArrays.from_seed(3, 1)
        known = Known.with_soft_edges(held, values, 6)
        if not isinstance(model, OnnxModel):
            import torch

            known = Known.with_soft_edges(torch.from_numpy(held), torch.from_numpy(values), 6)
        results.append(np.asarray(sampler.sample(voice, SamplingSettings(), noise, Progress(), known=known)))
        assert (results[-1][0, 40:60, 5] == 1.5).all()
    assert np.abs(results[0] - results[1]).max() < CLOSE


def test_styles_are_encoded_alike(models):
    random = np.random.default_rng(5)
    for frames in (2, 57, 200, 400):
        clip = MotionClip(
            fps=25.0,
            basis="elocute-head-1",
            expression=random.random((frames, 43)).astype(np.float32),
            jaw=random.random((frames, 3)).astype(np.float32) * 0.1,
            head=random.random((frames, 3)).astype(np.float32) * 0.1,
        )
        ours, theirs = (extract_style(model, clip) for model in models)
        assert np.abs(ours - theirs).max() < CLOSE


def test_the_graphs_are_those_of_the_networks(tmp_path):
    """Whoever changes a network or packs a model of other sizes: python -m scripts.train.export_graphs."""
    write_graphs(tmp_path, load_folder(BUNDLED))
    names = {SPEECH, MEMORY, DENOISER, STYLE, MANIFEST}
    assert {path.name for path in (BUNDLED / GRAPHS).iterdir()} == names
    for name in names:
        assert (tmp_path / GRAPHS / name).read_bytes() == (BUNDLED / GRAPHS / name).read_bytes(), name


def test_threads_that_wait_leave_the_processor_alone(models):
    options = models[0].network._denoiser._session.get_session_options()
    assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"


def test_weights_are_stored_once():
    assert sum(path.stat().st_size for path in (BUNDLED / GRAPHS).iterdir()) < 300_000


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exported") / "small"
    save_folder(folder, local_model(audio_scale=1.3, style_scale=0.7), "card")
    write_graphs(folder, load_folder(folder))
    return folder


@pytest.fixture
def small(exported, tmp_path):
    return Path(shutil.copytree(exported, tmp_path / "small"))


def test_any_model_with_a_local_denoiser_has_graphs(small):
    line = spoken_line(seconds=9.0)
    ours, theirs = (made(load(small), line, style="null")[0] for load in (load_onnx_folder, load_folder))
    assert np.abs(ours - theirs).max() < CLOSE


def test_weights_may_be_trained_again_and_graphs_kept(small, tmp_path):
    import torch

    other = load_folder(small)
    with torch.no_grad():
        for weight in other.network.parameters():
            weight.add_(0.01)
    save_folder(tmp_path / "other", other, "card")
    shutil.copytree(small / GRAPHS, tmp_path / "other" / GRAPHS)
    line = spoken_line()
    ours, theirs = (
        made(load(tmp_path / "other"), line, style="null")[0] for load in (load_onnx_folder, load_folder)
    )
    assert np.abs(ours - theirs).max() < CLOSE
    assert np.abs(ours - made(load_onnx_folder(small), line, style="null")[0]).max() > 1e-3


def test_models_of_windows_have_none(tmp_path):
    with pytest.raises(SettingsError, match="no graphs"):
        write_graphs(tmp_path, tiny_model())


GRAPHS_BROKEN = {
    "a graph cut short": (DENOISER, lambda content: content[: len(content) // 2]),
    "no graph at all": (MEMORY, lambda _: b"hello"),
    "a graph without end": (DENOISER, lambda content: content.ljust(2**24 + 1, b"\0")),
    "no text where a name should be": (SPEECH, lambda content: content.replace(b"Gelu", b"\xb1elu")),
}


def broken(folder, what):
    graphs = folder / GRAPHS
    if what in GRAPHS_BROKEN:
        name, change = GRAPHS_BROKEN[what]
        (graphs / name).write_bytes(change((graphs / name).read_bytes()))
    elif what == "a graph gone":
        (graphs / SPEECH).unlink()
    elif what == "another graph":
        shutil.copyfile(graphs / SPEECH, graphs / DENOISER)
    elif what == "no manifest's text":
        (graphs / MANIFEST).write_text("[]")
    elif what == "a manifest without parts":
        content = json.loads((graphs / MANIFEST).read_text())
        del content["weights"][DENOISER]
        (graphs / MANIFEST).write_text(json.dumps(content))
    elif what == "another configuration":
        config = json.loads((folder / CONFIG).read_text())
        config["local"]["dilations"] = [1, 4, 1]
        (folder / CONFIG).write_text(json.dumps(config))
    elif what == "no weights":
        (folder / WEIGHTS).unlink()
    elif what == "half of the weights":
        (folder / WEIGHTS).write_bytes((folder / WEIGHTS).read_bytes()[:5000])
    return folder


@pytest.mark.parametrize(
    "what",
    [
        *GRAPHS_BROKEN,
        "a graph gone",
        "another graph",
        "no manifest's text",
        "a manifest without parts",
        "another configuration",
        "no weights",
        "half of the weights",
    ],
)
def test_damaged_folders_are_refused_in_a_sentence(small, what, capfd):
    with pytest.raises(InputError) as caught:
        load_onnx_folder(broken(small, what))
    assert str(caught.value).endswith(".")
    assert ". ." not in str(caught.value)
    assert capfd.readouterr() == ("", "")  # standard output belongs to --json and to the service's first line


def first_of(values, change):
    name = sorted(values)[0]
    return {**values, name: change(values[name])}


MORE = {"more": np.ones(1, np.float32)}
WEIGHTS_BROKEN = {
    "one is missing": (WEIGHTS, lambda v: {name: v[name] for name in sorted(v)[1:]}, "missing"),
    "one too many": (WEIGHTS, lambda v: {**v, **MORE}, "unexpected: more"),
    "another shape": (WEIGHTS, lambda v: first_of(v, lambda one: np.append(one, one)), "wrong shape"),
    "no number": (WEIGHTS, lambda v: first_of(v, lambda one: one * np.float32(np.nan)), "not finite"),
    "whole numbers": (WEIGHTS, lambda v: first_of(v, lambda one: one.astype(np.int32)), "other numbers"),
    "of the style encoder": (
        STYLE_WEIGHTS,
        lambda v: {**v, **MORE},
        "unexpected: more",
    ),
    "of the statistics": (STATS, lambda v: {**v, **MORE}, "unexpected: more"),
    "no spread": (STATS, lambda v: {**v, "exp_std": 0 * v["exp_std"]}, "not positive"),
}


@pytest.mark.parametrize("what", WEIGHTS_BROKEN)
def test_weights_that_are_not_the_models_are_named(small, what):
    name, change, said = WEIGHTS_BROKEN[what]
    save_file(change(load_file(small / name)), small / name)
    with pytest.raises(InputError, match=said) as caught:
        load_onnx_folder(small)
    assert name in str(caught.value)


@pytest.mark.parametrize(("told", "threads"), [("3", 3), ("1", 1), ("0", None), ("many", None), ("", None)])
def test_a_graph_computes_on_as_many_threads_as_the_program_was_told_to(monkeypatch, small, told, threads):
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    path = small / GRAPHS / MEMORY
    shapes = json.loads((small / GRAPHS / MANIFEST).read_text())["weights"][MEMORY]
    session = GraphSession(path, {name: np.zeros(shape, np.float32) for name, shape in shapes.items()})
    used = session._session.get_session_options().intra_op_num_threads
    assert used == threads if threads else 1 <= used <= 4


@pytest.mark.parametrize("told", ["1", "3"])
def test_jobs_that_share_a_model_give_what_each_gives_alone(monkeypatch, told):
    """Four at once, of different lengths, seeds and styles, through the same sessions."""
    monkeypatch.setenv("OMP_NUM_THREADS", told)
    shared = load_onnx_folder(BUNDLED)
    jobs = [(1.5, 1, "neutral"), (2.3, 2, "happy"), (5.0, 3, "sad"), (4.2, 4, "angry")]

    def one(seconds, seed, style):
        return made(shared, spoken_line(seconds=seconds), seed=seed, style=style)[0]

    alone = [one(*job) for job in jobs]
    begin = threading.Barrier(len(jobs))

    def again(job):
        begin.wait()
        return [one(*job) for _ in range(2)]

    with ThreadPoolExecutor(len(jobs)) as pool:
        for expected, found in zip(alone, pool.map(again, jobs), strict=True):
            for clip in found:
                np.testing.assert_array_equal(clip, expected)


def test_a_graph_is_read_within_bounds(small):
    with pytest.raises(InputError, match=r"denoiser\.onnx cannot be used: it is too large\."):
        load_onnx_folder(broken(small, "a graph without end"))


def test_other_devices_and_arithmetic_are_for_pytorch(models):
    for options in (LoadOptions(device="cuda"), LoadOptions(precision="bfloat16")):
        with pytest.raises(SettingsError, match="float32 on the processor"):
            models[0].sampler(options)


def test_sinusoidal_rows():
    table = sinusoidal_table(501, 128).numpy()
    assert np.abs(sine_rows([1, 17, 500], 128) - table[[1, 17, 500]]).max() < 1e-4


def test_the_registry_takes_what_is_there(monkeypatch):
    (bundled,) = registry.bundled_models()
    family = registry.family("diffposetalk")
    hidden: set[str] = set()

    def missing(names):
        return next((name for name in names if name in hidden), None)

    monkeypatch.setattr("elocute.models.diffposetalk.family.missing_package", missing)

    def engines():
        info = family.describe(bundled.folder, "x")
        return info.engine, family.packages(bundled.folder)

    assert engines() == ("ONNX Runtime", ("onnxruntime", "safetensors"))
    hidden |= {"torch"}
    assert engines() == ("ONNX Runtime", ("onnxruntime", "safetensors"))
    hidden |= {"onnxruntime"}
    assert engines() == ("ONNX Runtime", ("onnxruntime", "safetensors"))  # the smaller to install
    hidden -= {"torch"}
    assert engines() == ("PyTorch", ("torch", "safetensors"))
    assert family.load(bundled.folder, "x", LoadOptions()).info.engine == "PyTorch"
    hidden.clear()
    assert family.load(bundled.folder, "x", LoadOptions()).info.engine == "ONNX Runtime"
    assert family.load(bundled.folder, "x", LoadOptions(precision="bfloat16")).info.engine == "PyTorch"
