"""A film of a face in an image that moves as a clip does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
from elocute.face.fit.points import landmark_points, shaped_rest
from elocute.face.geometry_file import clip_landmarks
from elocute.face.model import FaceModel
from elocute.motion.clip import MotionClip
from elocute.motion.landmark_track import LandmarkTrack
from elocute.progress import Progress
from elocute.renderers.mtov.conditions import (
    UInt8Array,
    draw_landmarks,
    hide_below_nose,
    in_crop,
    squared,
)
from elocute.renderers.mtov.config import MtovConfig
from elocute.renderers.mtov.face_points import points_in_image
from elocute.renderers.mtov.sampling import FilmRenderer, FilmSettings

LONGEST_MINUTES: Final = 10.0
"""Longest film: on a processor a second of it takes minutes."""


@dataclass(frozen=True)
class Scene:
    """What a film shows, in pixels of its square images.

    Attributes:
        face: (S, S, 3) the image.
        points: (T, 68, 2) landmarks of every frame.
        pose: (S, S, 3) the image without what lies below the nose.
        fps: frames per second.
    """

    face: UInt8Array
    points: NDArray[np.float64]
    pose: UInt8Array
    fps: float

    @property
    def frames(self) -> int:
        """Length T."""
        return len(self.points)


def scene_of(
    image: UInt8Array,
    image_points: NDArray[np.float64],
    clip: MotionClip,
    head: FaceModel,
    config: MtovConfig,
) -> Scene:
    """The scene of a clip.

    Args:
        image: (H, W, 3); its middle square is filmed.
        image_points: (68, 2) its landmarks in pixels.
        clip: the motion; other frame rates than the renderer's are resampled.
        head: the head of the clip's basis.
        config: of the renderer.

    Raises:
        InputError: the head does not fit the clip or has no landmarks, the image's landmarks are not those of
            a face or lie outside the square, or the film would be too long.
    """
    if clip.seconds > LONGEST_MINUTES * 60:
        raise InputError(
            f"A film of {clip.seconds / 60:.0f} minutes is longer than {LONGEST_MINUTES:g} minutes.",
            "Make it in parts.",
            code="too_long",
        )
    moved = resampled(clip_landmarks(clip, head), clip.fps, config.fps)
    track = LandmarkTrack(moved, config.fps, "metre")
    rest = landmark_points(head).at(shaped_rest(head, clip.shape))
    size = config.autoencoder.size
    height, width = image.shape[:2]
    placed = in_crop(image_points, height, width, size)
    if not ((placed >= 0) & (placed < size)).all():
        raise InputError(
            "The face is not inside the middle square of the image.",
            "Crop the image to the face.",
            code="bad_image",
        )
    pose = hide_below_nose(image[None], np.asarray(image_points)[None])
    return Scene(
        squared(image[None], size)[0],
        points_in_image(track, placed, rest),
        squared(pose, size)[0],
        config.fps,
    )


def resampled(points: NDArray[np.float32], fps: float, wanted: float) -> NDArray[np.float32]:
    """(T', 68, 3) at another frame rate, linearly between frames."""
    if fps == wanted:
        return points
    last = len(points) - 1
    times = np.arange(int(last / fps * wanted) + 1) * (fps / wanted)
    before = np.minimum(times.astype(np.int64), max(last - 1, 0))
    share = (times - before)[:, None, None].astype(np.float32)
    after = np.minimum(before + 1, last)
    mixed: NDArray[np.float32] = points[before] * (1 - share) + points[after] * share
    return mixed


def film_of(
    scene: Scene, renderer: FilmRenderer, settings: FilmSettings, progress: Progress
) -> Iterator[UInt8Array]:
    """Frames of the film, (n, S, S, 3) at a time.

    Raises:
        SettingsError: settings that the renderer cannot follow.
        Cancelled: ``progress`` was cancelled.
    """
    config = renderer.config
    size = config.autoencoder.size

    def dots(first: int, end: int) -> UInt8Array:
        rows = np.minimum(np.arange(first, end), scene.frames - 1)
        return draw_landmarks(scene.points[rows], size, config.dot_radius)

    def poses(first: int, end: int) -> UInt8Array:
        return np.repeat(scene.pose[None], end - first, axis=0)

    yield from renderer.film(
        scene.face,
        dots,
        poses,
        scene.frames,
        settings,
        lambda done, total: progress.report("film", done / total),
    )
    progress.report("film", 1.0)
