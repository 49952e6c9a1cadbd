import io
import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from elocute.errors import InputError, SettingsError
from elocute.models.diffposetalk.folder import load_folder, save_folder
from elocute.models.diffposetalk.style_file import read_style_file, save_style, style_content
from elocute.models.diffposetalk.styles import extract_style, read_style
from elocute.motion.clip import MotionClip
from tests.backend.diffposetalk.local_model import LOCAL
from tests.backend.diffposetalk.tiny_model import tiny_config, tiny_model, vector


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model") / "tiny"
    save_folder(folder, tiny_model(), "card\n")
    save_style(folder / "styles" / "calm.npz", vector(12, 0.4), {"name": "calm"})
    return load_folder(folder)


def clip(frames=150, **changes):
    generator = np.random.default_rng(3)
    arrays = {
        "expression": generator.standard_normal((frames, 50)),
        "jaw": generator.standard_normal((frames, 3)),
        "head": generator.standard_normal((frames, 3)),
    }
    settings = {"fps": 25.0, "basis": "flame2020", **arrays, **changes}
    return MotionClip(**settings)


def test_a_style_is_the_encoding_of_a_normalised_window(model):
    motion, stats = clip(), model.stats
    style = extract_style(model, motion, 17)
    window = slice(17, 117)
    numbers = np.concatenate(
        [
            (motion.expression[window] - stats.exp_mean.numpy()) / stats.exp_std.numpy(),
            (motion.head[window] - stats.pose_mean[:3].numpy()) / stats.pose_std[:3].numpy(),
            (motion.jaw[window, :1] - stats.pose_mean[3].numpy()) / stats.pose_std[3].numpy(),
        ],
        axis=1,
    )
    with torch.inference_mode():
        expected = model.style_encoder(torch.from_numpy(numpy32(numbers))[None])[0]
    assert np.allclose(style, expected.numpy(), atol=1e-6)
    assert style.shape == (12,)


def numpy32(array):
    return array.astype(np.float32)


def test_jaw_axes_that_are_not_modelled_do_not_matter(model):
    motion = clip()
    turned = motion.jaw.copy()
    turned[:, 1:] += 1
    changed = clip(expression=motion.expression, head=motion.head, jaw=turned)
    assert np.array_equal(extract_style(model, motion), extract_style(model, changed))


def test_a_style_encoder_without_head_beside_a_model_with_head(model):
    config = tiny_config(style_encoder=tiny_config().style_encoder.__class__(12, 2, 1, 2, head=0))
    mixed = tiny_model(config)
    motion = clip()
    still = clip(expression=motion.expression, jaw=motion.jaw, head=np.zeros((150, 3)))
    assert np.array_equal(extract_style(mixed, motion), extract_style(mixed, still))


def test_motion_that_does_not_fit(model):
    with pytest.raises(
        InputError, match=r"43 expressions of elocute-head-1; the model reads 50 of flame2020"
    ):
        extract_style(model, clip(basis="elocute-head-1", expression=np.zeros((150, 43))))
    with pytest.raises(InputError, match="24 frames a second; the model reads 25") as caught:
        extract_style(model, clip(fps=24.0))
    assert "25 frames a second" in caught.value.hint
    for start in (-1, 150):
        with pytest.raises(SettingsError, match="frames 0 to 149"):
            extract_style(model, clip(), start)
    with pytest.raises(SettingsError, match="no style encoder"):
        extract_style(tiny_model(tiny_config(style_encoder=None)), clip())


def test_styles_from_files_names_and_blends(model, tmp_path):
    a, b = vector(12, 0.9), vector(12, 2.1)
    np.save(tmp_path / "b.npy", b.numpy())
    files = {"a.npz": style_content(a, {}), "b.npy": (tmp_path / "b.npy").read_bytes()}
    null = model.network.null_style_feat[0, 0]

    def read(text):
        style = read_style(text, files, model)
        return None if style is None else torch.from_numpy(style)

    assert torch.equal(read("a.npz"), a)
    assert torch.equal(read("calm"), vector(12, 0.4))
    assert torch.allclose(read("a.npz:0.7,b.npy:0.3"), 0.7 * a + 0.3 * b, atol=1e-6)
    assert torch.allclose(read("a.npz:3, calm:1"), 0.75 * a + 0.25 * vector(12, 0.4))
    assert torch.allclose(read("a.npz,b.npy"), (a + b) / 2)
    assert torch.allclose(read("calm:0.5,null:0.5"), (vector(12, 0.4) + null) / 2)
    assert read(None) is None
    assert read("null") is None


def test_no_file_is_opened_because_a_style_names_it(model, tmp_path, monkeypatch):
    save_style(tmp_path / "a.npz", vector(12), {})
    monkeypatch.chdir(tmp_path)
    for name in ("a.npz", str(tmp_path / "a.npz"), "../a"):
        with pytest.raises(SettingsError, match="There is no style"):
            read_style(name, {}, model)


def test_an_attached_file_goes_before_a_preset_of_the_same_name(model):
    mine = vector(12, 2.2)
    assert np.array_equal(read_style("calm", {"calm": style_content(mine, {})}, model), mine.numpy())


@pytest.mark.parametrize("text", ["calm:0", "calm:-1", "calm:nan", "calm:inf"])
def test_weights_must_be_positive(model, text):
    with pytest.raises(SettingsError, match="weight of the style calm must be a positive number"):
        read_style(text, {}, model)


def test_styles_that_are_not_there(model):
    with pytest.raises(SettingsError, match=r"no style angry\. The model has calm\.") as caught:
        read_style("angry", {}, model)
    assert caught.value.code == "unknown_style"
    with pytest.raises(SettingsError, match="style is empty"):
        read_style("", {}, model)
    plain = tiny_model(tiny_config(style_dim=0, style_encoder=None, guiding=("audio",)))
    with pytest.raises(SettingsError, match="has no styles"):
        read_style("calm", {}, plain)


def test_a_style_of_another_length(model):
    with pytest.raises(InputError, match=r"style mine\.npz has 11 numbers; the model takes 12"):
        read_style("mine.npz", {"mine.npz": style_content(vector(11), {})}, model)


def test_saved_styles_carry_their_facts(tmp_path):
    save_style(tmp_path / "s.npz", vector(12), {"source": "clip.npz"})
    with np.load(tmp_path / "s.npz", allow_pickle=False) as data:
        assert json.loads(str(data["meta"])) == {"source": "clip.npz"}


def steps_of(*values):
    return {amount: torch.full((12,), value) for amount, value in values}


def test_a_style_is_what_its_file_says_at_other_intensities(model):
    full = torch.full((12,), 4.0)
    told = {"mine.npz": style_content(full, {}, steps_of((0.5, 10.0), (1.5, 6.0)))}

    def at(intensity, files=told):
        return float(read_style("mine.npz", files, model, intensity)[0])

    assert [at(amount) for amount in (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)] == [0, 5, 10, 7, 4, 5, 6]
    assert at(1.75) == 7.0  # straight on
    plain = {"mine.npz": style_content(full, {})}
    assert [at(amount, plain) for amount in (0.0, 1.0)] == [0, 4]


def test_an_intensity_over_time_goes_through_what_the_file_says(model):
    local = replace(model, config=replace(model.config, local=LOCAL))
    full = torch.full((12,), 4.0)
    files = {"mine.npz": style_content(full, {}, steps_of((0.5, 10.0), (1.5, 6.0)))}
    amounts = np.array([0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5])
    mix = read_style("mine.npz", files, local, amounts, 7)
    assert sorted(mix.vectors[:, 0]) == [0, 4, 6, 10]
    assert mix.shares.sum(axis=1) == pytest.approx(1.0)
    assert ((mix.shares > 0).sum(axis=1) <= 2).all()  # of neighbours only
    assert mix.shares @ mix.vectors[:, 0] == pytest.approx([0, 5, 10, 7, 4, 5, 6])
    timed = read_style("mine.npz*0.5@0,calm@0.24", files, local, 1.0, 7)
    assert len(timed.vectors) == 2
    assert isinstance(read_style("mine.npz*0.5@0,mine.npz*0.5@0.24", files, local, 1.0, 7), np.ndarray)


def test_a_file_may_be_called_like_a_style_that_changes(model):
    files = {"a@1.npz": style_content(torch.full((12,), 4.0), {})}
    local = replace(model, config=replace(model.config, local=LOCAL))
    assert read_style("a@1.npz", files, local)[0] == 4.0


def test_of_a_blend_every_style_has_the_intensity(model):
    files = {
        "a.npz": style_content(torch.full((12,), 4.0), {}, steps_of((0.5, 10.0))),
        "b.npz": style_content(torch.full((12,), 8.0), {}),
    }
    assert float(read_style("a.npz:0.25,b.npz:0.75", files, model, 0.5)[0]) == 0.25 * 10 + 0.75 * 4
    assert read_style("a.npz:0.25,b.npz:0.75", files, model, 0.25)[0] == 0.5 * (0.25 * 10 + 0.75 * 4)


def test_steps_come_back(tmp_path):
    save_style(tmp_path / "s.npz", vector(12), {}, steps_of((0.5, 1.0), (1.5, 2.0)))
    read = read_style_file(tmp_path / "s.npz", "s", 12)
    assert np.array_equal(read.vector, vector(12))
    assert set(read.steps) == {0.5, 1.5}
    assert np.array_equal(read.steps[1.5], np.full(12, 2.0))


@pytest.mark.parametrize(
    "steps",
    [
        steps_of((0.0, 1.0)),
        steps_of((1.0, 1.0)),
        steps_of((1.6, 1.0)),
        steps_of((float("nan"), 1.0)),
        steps_of((0.5, float("nan"))),
        {0.5: torch.ones(11)},
        steps_of(*((0.01 * number, 1.0) for number in range(1, 18))),
    ],
)
def test_steps_that_are_none(steps):
    with pytest.raises(InputError, match=r"mine\.npz is not a style file"):
        read_style_file(style_content(vector(12), {}, steps), "mine.npz", 12)


@pytest.mark.parametrize("left", ["intensities", "steps"])
def test_steps_without_their_intensities(left):
    arrays = {"style": vector(12).numpy(), left: np.ones(2, np.float32)}
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    with pytest.raises(InputError, match=r"mine\.npz is not a style file"):
        read_style_file(stream.getvalue(), "mine.npz", 12)
