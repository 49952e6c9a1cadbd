import numpy as np
import pytest
import torch

from elocute.diffusion.noise import RecordedNoise, SeededNoise
from elocute.errors import InputError, SettingsError


def test_a_take_does_not_depend_on_how_many_are_made():
    three, one = SeededNoise.from_seed(5, 3), SeededNoise.from_seed(6, 1)
    assert torch.equal(three.start(4, 2)[1:2], one.start(4, 2))
    assert torch.equal(three.step(0, 0, (3, 4, 2))[1:2], one.step(0, 0, (1, 4, 2)))


def test_a_single_take_draws_in_the_published_order():
    noise = SeededNoise.from_seed(9, 1)
    drawn = [noise.start(4, 2), noise.step(0, 0, (1, 4, 2)), noise.step(0, 1, (1, 4, 2))]
    generator = torch.Generator().manual_seed(9)
    expected = [torch.randn(1, 4, 2, generator=generator) for _ in range(3)]
    assert all(torch.equal(a, b) for a, b in zip(drawn, expected, strict=True))


def test_the_global_generator_is_left_alone():
    torch.manual_seed(1)
    state = torch.random.get_rng_state()
    SeededNoise.from_seed(3, 2).start(4, 2)
    assert torch.equal(state, torch.random.get_rng_state())


def test_recorded_noise_is_read_in_its_layout(tmp_path):
    start, z = np.random.rand(2, 4, 3), np.random.rand(5, 7, 2, 4, 3)
    np.savez(tmp_path / "n.npz", motion_at_T=start.astype(np.float16), z=z.astype(np.float16))
    noise = RecordedNoise.load(tmp_path / "n.npz")
    assert noise.takes == 2
    assert np.array_equal(noise.start(4, 3), start.astype(np.float16).astype(np.float32))
    assert np.array_equal(noise.step(3, 6, (2, 4, 3)), z[3, 6].astype(np.float16).astype(np.float32))


def test_recorded_noise_that_is_too_short_or_of_another_size(tmp_path):
    np.savez(tmp_path / "n.npz", motion_at_T=np.zeros((1, 4, 3)), z=np.zeros((1, 7, 1, 4, 3)))
    noise = RecordedNoise.load(tmp_path / "n.npz")
    with pytest.raises(SettingsError, match="1 windows of 7 steps"):
        noise.step(1, 0, (1, 4, 3))
    with pytest.raises(SettingsError, match=r"\(4, 3\) frames and numbers"):
        noise.start(5, 3)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"motion_at_T": np.zeros((1, 4, 3))}, "needs the arrays"),
        ({"motion_at_T": np.zeros((1, 4, 3)), "z": np.zeros((1, 7, 1, 4, 2))}, "wrong shape"),
        ({"motion_at_T": np.zeros((4, 3)), "z": np.zeros((1, 7, 4, 3))}, "wrong shape"),
        ({"motion_at_T": np.full((1, 4, 3), np.nan), "z": np.zeros((1, 7, 1, 4, 3))}, "NaN"),
        ({"motion_at_T": np.array([None]), "z": np.zeros(1)}, "not recorded noise"),
    ],
)
def test_bad_recordings(tmp_path, arrays, message):
    np.savez(tmp_path / "n.npz", **arrays)
    with pytest.raises(InputError, match=message):
        RecordedNoise.load(tmp_path / "n.npz")


def test_missing_and_foreign_recordings(tmp_path):
    with pytest.raises(InputError, match="no file"):
        RecordedNoise.load(tmp_path / "none.npz")
    (tmp_path / "x.npz").write_text("hello")
    with pytest.raises(InputError, match="not recorded noise"):
        RecordedNoise.load(tmp_path / "x.npz")


def test_recorded_noise_of_some_timesteps_only():
    z = torch.randn(1, 2, 1, 4, 3)
    noise = RecordedNoise(torch.zeros(1, 4, 3), z, timesteps=(1000, 980))
    assert torch.equal(noise.step(0, 0, (1, 4, 3)), z[0, 0])
    assert torch.equal(noise.step(0, 20, (1, 4, 3)), z[0, 1])
    with pytest.raises(SettingsError, match="lacks timestep 960"):
        noise.step(0, 40, (1, 4, 3))


def test_recorded_start_of_several_windows():
    start = torch.randn(1, 8, 3)
    noise = RecordedNoise(start, torch.zeros(2, 1, 1, 4, 3))
    assert torch.equal(noise.start(8, 3), start)
    with pytest.raises(InputError, match="wrong shape"):
        RecordedNoise(start, torch.zeros(2, 1, 1, 3, 3))
