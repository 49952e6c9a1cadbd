"""PSNR, SSIM and CPBD by hand."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, gaussian_filter1d

from elocute.errors import SettingsError
from elocute.evaluation.of_images import image_similarity
from elocute.evaluation.of_images.image_similarity import (
    peak_signal_to_noise,
    perceptual_distance,
    structural_similarity,
)
from elocute.evaluation.of_images.sharpness import edge_widths, noticed, sharp_edge_share

IMAGES = np.random.default_rng(2).integers(60, 200, (2, 40, 50, 3)).astype(np.uint8)


def test_psnr():
    assert peak_signal_to_noise(IMAGES + 51, IMAGES) == pytest.approx(-10 * np.log10(0.2**2))
    mixed = IMAGES.copy()
    mixed[0] += 51
    mixed[1, ::2] += 51
    assert peak_signal_to_noise(mixed, IMAGES) == pytest.approx(-5 * (np.log10(0.04) + np.log10(0.02)))
    assert peak_signal_to_noise(IMAGES, IMAGES) == np.inf


def test_ssim_follows_its_formula():
    other = np.clip(IMAGES.astype(int) + np.random.default_rng(3).normal(0, 30, IMAGES.shape), 0, 255).astype(
        np.uint8
    )

    def by_hand(x, y):
        def mean(a):
            return gaussian_filter(a, 1.5, truncate=3.5)

        c1, c2 = 0.01**2, 0.03**2
        mx, my = mean(x), mean(y)
        vx, vy, both = mean(x * x) - mx**2, mean(y * y) - my**2, mean(x * y) - mx * my
        score = (2 * mx * my + c1) * (2 * both + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
        return score[5:-5, 5:-5].mean()

    pairs = [
        (a[..., c] / 255.0, b[..., c] / 255.0) for a, b in zip(other, IMAGES, strict=True) for c in range(3)
    ]
    assert structural_similarity(other, IMAGES) == pytest.approx(
        np.mean([by_hand(*pair) for pair in pairs]), abs=1e-6
    )
    assert structural_similarity(IMAGES, IMAGES) == pytest.approx(1)
    assert structural_similarity(IMAGES[:, ::-1], IMAGES) < 0.3


def test_measures_that_need_a_package_say_so(monkeypatch):
    monkeypatch.setattr(image_similarity, "missing_package", lambda names: names[0])
    with pytest.raises(SettingsError, match="lpips"):
        perceptual_distance(IMAGES, IMAGES)
    with pytest.raises(SettingsError, match="skimage"):
        structural_similarity(IMAGES, IMAGES)


_LPIPS = """
import warnings
import torch

class LPIPS(torch.nn.Module):
    def __init__(self, net, verbose):
        super().__init__()
        warnings.warn("the old name of the weights")
        self.scale = {"alex": 1.0, "vgg": 2.0}[net]

    def forward(self, x, y):
        assert x.shape[1] == 3 and float(x.min()) >= -1 and float(x.max()) <= 1 and not self.training
        return self.scale * (x - y).square().mean((1, 2, 3), keepdim=True)
"""
_TORCHVISION = """
class models:
    class AlexNet_Weights:
        class IMAGENET1K_V1:
            url = "https://example.org/models/alexnet-1.pth"
    class VGG16_Weights:
        class IMAGENET1K_V1:
            url = "https://example.org/models/vgg16-1.pth"
"""


@pytest.fixture
def lpips_package(tmp_path, monkeypatch):
    """A stand-in for the packages; returns torchvision's folder of weights."""
    for name, text in (("lpips", _LPIPS), ("torchvision", _TORCHVISION)):
        (tmp_path / f"{name}.py").write_text(text)
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    folder = tmp_path / "torch" / "hub" / "checkpoints"
    folder.mkdir(parents=True)
    yield folder
    for name in ("lpips", "torchvision"):
        sys.modules.pop(name, None)


def test_lpips_is_the_mean_of_the_package_s_distances(lpips_package, recwarn):
    """Of images in -1..1: a step of 51 levels is 0.4 there."""
    for name in ("alexnet-1.pth", "vgg16-1.pth"):
        (lpips_package / name).write_bytes(b"made up")
    other = IMAGES.copy()
    other[1] += 51
    assert perceptual_distance(other, IMAGES) == pytest.approx(0.4**2 / 2, rel=1e-4)
    assert perceptual_distance(other, IMAGES, "vgg") == pytest.approx(0.4**2, rel=1e-4)
    assert perceptual_distance(IMAGES, IMAGES) == 0
    assert not list(recwarn)


def test_lpips_does_not_download_its_weights(lpips_package):
    (lpips_package / "vgg16-1.pth").write_bytes(b"made up")
    with pytest.raises(
        SettingsError, match=r"weights of the network alex.*example\.org/models/alexnet-1\.pth"
    ):
        perceptual_distance(IMAGES, IMAGES)


def test_lpips_that_cannot_be_loaded_is_a_sentence(lpips_package):
    (lpips_package / "alexnet-1.pth").write_bytes(b"made up")
    (lpips_package.parents[2] / "lpips.py").write_text("raise RuntimeError('operator does not exist')")
    with pytest.raises(SettingsError, match=r"cannot be loaded .operator does not exist"):
        perceptual_distance(IMAGES, IMAGES)
    (lpips_package.parents[2] / "lpips.py").write_text(_LPIPS)
    (lpips_package.parents[2] / "torchvision.py").unlink()
    sys.modules.pop("torchvision", None)
    with pytest.raises(SettingsError, match=r"cannot be loaded .*torchvision"):
        perceptual_distance(IMAGES, IMAGES)


@pytest.mark.parametrize("measure", [peak_signal_to_noise, structural_similarity, perceptual_distance])
def test_images_that_do_not_fit(measure):
    with pytest.raises(ValueError, match="shapes"):
        measure(IMAGES[:1], IMAGES)


def test_the_width_of_an_edge():
    line = np.array([10.0] * 10 + [20, 60, 120, 160, 170] + [180.0] * 10)
    row = np.repeat(line[None], 5, axis=0)
    widths = edge_widths(row)
    assert np.unique(widths[widths > 0]).tolist() == [6.0]
    assert (np.nonzero(widths[2])[0] == np.nonzero(edge_widths(row.max() - row)[2])[0]).all()
    assert not edge_widths(np.full((5, 20), 7.0)).any()


def test_the_chance_that_blur_is_noticed():
    assert noticed(np.array([0.0, 3.0, 1.0]), 200.0) == pytest.approx([0.63, 0.02])
    assert noticed(np.array([5.0]), 50.0) == pytest.approx([0.63])


def as_image(luma):
    return np.repeat(np.rint(luma)[..., None], 3, axis=-1).astype(np.uint8)


def ramps(width, contrast):
    """Rows that rise within ``width`` pixels and fall likewise."""
    steps = np.clip((np.arange(64) - 30) / width, 0, 1)
    return np.repeat((40 + contrast * np.concatenate([steps, steps[::-1]]))[None], 128, axis=0)


@pytest.mark.parametrize(
    ("width", "contrast", "share"), [(1, 180, 1), (3, 180, 1), (5, 180, 0), (5, 40, 1), (8, 40, 0)]
)
def test_the_share_of_edges_whose_blur_is_not_noticed(width, contrast, share):
    """Just noticeable are 3 pixels, and 5 where the contrast is at most 50 levels."""
    assert sharp_edge_share(as_image(ramps(width, contrast))) == share


def test_a_blurred_image_and_one_without_edges():
    stripes = np.repeat((np.arange(256) // 16 % 2 * 200.0 + 20)[None], 128, axis=0)
    assert sharp_edge_share(as_image(stripes)) > 0.95
    assert sharp_edge_share(as_image(gaussian_filter1d(stripes, 3, axis=1))) < 0.05
    assert sharp_edge_share(np.full((128, 128, 3), 90, np.uint8)) == 0
