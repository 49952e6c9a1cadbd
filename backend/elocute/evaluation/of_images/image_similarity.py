"""How close images are to true ones: PSNR, SSIM, and LPIPS where its package is installed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import SettingsError, one_line
from elocute.optional_packages import missing_package, package_error

_LEVELS: Final = 255.0
_SIGMA: Final = 1.5
_WEIGHTS: Final = {"alex": "AlexNet_Weights", "vgg": "VGG16_Weights", "squeeze": "SqueezeNet1_1_Weights"}
"""What torchvision calls the weights of each network."""


def peak_signal_to_noise(images: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """PSNR in decibels: mean over images of -10 log10(mean((x - y)^2)), levels in 0..1.

    Args:
        images: (N, H, W, 3).
        truth: (N, H, W, 3).

    Returns:
        Infinite for equal images.

    Raises:
        ValueError: the shapes differ.
    """
    x, y = _pair(images, truth)
    errors = ((x - y) ** 2).reshape(len(x), -1).mean(1)
    with np.errstate(divide="ignore"):
        return float((-10 * np.log10(errors)).mean())


def structural_similarity(images: NDArray[np.uint8], truth: NDArray[np.uint8]) -> float:
    """SSIM, 1 is best: Wang et al. 2004, Gaussian window of 1.5 pixels, mean over channels and images.

    Args:
        images: (N, H, W, 3), at least 11 pixels on each side.
        truth: (N, H, W, 3).

    Raises:
        ValueError: the shapes differ.
        SettingsError: scikit-image is not installed.
    """
    if missing_package(["skimage"]):
        raise package_error("skimage", "SSIM")
    from skimage.metrics import structural_similarity as of_image

    x, y = _pair(images, truth)
    scores = [
        of_image(  # type: ignore[no-untyped-call]
            a, b, channel_axis=-1, data_range=1.0, gaussian_weights=True, sigma=_SIGMA,
                 use_sample_covariance=False)
        for a, b in zip(x, y, strict=True)
    ]  # fmt: skip
    return float(np.mean(scores))


def perceptual_distance(images: NDArray[np.uint8], truth: NDArray[np.uint8], network: str = "alex") -> float:
    """LPIPS, 0 is best (Zhang et al. 2018), by the package ``lpips``, mean over images.

    The package loads the weights of a network trained on ImageNet from torchvision's folder of weights;
    nothing is downloaded. Papers do not say which network they use.

    Args:
        images: (N, H, W, 3).
        truth: (N, H, W, 3).
        network: ``alex``, ``vgg`` or ``squeeze``.

    Raises:
        ValueError: the shapes differ.
        SettingsError: the package is not installed, or its network's weights are not there.
    """
    x, y = _pair(images, truth)
    distance = _lpips(network)
    return float(np.mean([distance(a, b) for a, b in zip(x, y, strict=True)]))


def perceptual_loss(network: str) -> Callable[[Any, Any], Any]:
    """LPIPS of tensors (N, 3, H, W) in -1..1, mean over N, for trainings.

    Args:
        network: ``alex``, ``vgg`` or ``squeeze``.

    Raises:
        SettingsError: the package is not installed, or its network's weights are not there.
    """
    if missing_package(["lpips"]):
        raise SettingsError(
            "LPIPS needs the Python package lpips, which is not installed.",
            "Install it with torchvision, or leave LPIPS out.",
            code="missing_package",
        )
    try:
        _check_weights(network)
        import lpips

        with warnings.catch_warnings():
            # It names torchvision's weights as older versions did.
            warnings.simplefilter("ignore", UserWarning)
            loaded = lpips.LPIPS(net=network, verbose=False).eval().requires_grad_(False)
    except (OSError, RuntimeError, ImportError) as error:
        raise SettingsError(
            f"The weights of the network {network} for LPIPS cannot be loaded ({one_line(str(error), 120)}).",
            "Put torchvision's weights into its folder of checkpoints, or leave LPIPS out.",
            code="missing_weights",
        ) from error
    return lambda x, y: loaded.to(x.device)(x, y).mean()


def _check_weights(network: str) -> None:
    """Refuse to let torchvision download them.

    Raises:
        SettingsError: they are not in its folder.
        ImportError: there is no torchvision.
    """
    import torchvision
    from torch import hub

    address = str(getattr(torchvision.models, _WEIGHTS[network]).IMAGENET1K_V1.url)
    path = Path(hub.get_dir()) / "checkpoints" / address.rpartition("/")[2]
    if not path.is_file():
        raise SettingsError(
            f"LPIPS needs the weights of the network {network}, which are not in {path.parent}.",
            f"Download {address} into that folder, or leave LPIPS out.",
            code="missing_weights",
        )


def _lpips(network: str) -> Callable[[NDArray[Any], NDArray[Any]], float]:
    loss = perceptual_loss(network)
    import torch

    def distance(x: NDArray[Any], y: NDArray[Any]) -> float:
        first, second = (torch.from_numpy(2 * side - 1).permute(2, 0, 1)[None].float() for side in (x, y))
        with torch.inference_mode():
            return float(loss(first, second))

    return distance


def _pair(images: NDArray[Any], truth: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if np.shape(images) != np.shape(truth) or np.ndim(images) != 4 or not np.size(images):
        raise ValueError(f"images of shapes {np.shape(images)} and {np.shape(truth)}")
    return np.asarray(images, np.float64) / _LEVELS, np.asarray(truth, np.float64) / _LEVELS
