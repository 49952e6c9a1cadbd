"""A film of a face in an image that moves as a clip does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from elocute.errors import InputError
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
from elocute.renderers.mtov.driving import Driving
from elocute.renderers.mtov.face_motion import FaceMotion
from elocute.renderers.mtov.face_points import points_in_image
from elocute.renderers.mtov.sampling import FilmRenderer, FilmSettings


@dataclass(frozen=True)
class Scene:
    """What a film shows, in pixels of its square images.

    Attributes:
        face: (S, S, 3) the image.
        points: (T, 68, 2) landmarks of every frame.
        poses: (1 or T, S, S, 3) what is seen above the base of the nose, of all or of every frame.
        fps: frames per second.
    """

    face: UInt8Array
    points: NDArray[np.float64]
    poses: UInt8Array
    fps: float

    @property
    def frames(self) -> int:
        """Length T."""
        return len(self.points)


def scene_of(
    image: UInt8Array,
    image_points: NDArray[np.float64],
    motion: FaceMotion,
    config: MtovConfig,
    driving: Driving | None = None,
) -> Scene:
    """The scene of a motion.

    Args:
        image: (H, W, 3); its middle square is filmed.
        image_points: (68, 2) its landmarks in pixels.
        motion: other frame rates than the renderer's are resampled.
        config: of the renderer.
        driving: whose head's pose is taken over, and whose upper face is shown as pose; None for the image.

    Raises:
        InputError: the landmarks are not those of a face or lie outside the square, or the driving film is
            shorter than the motion.
    """
    size = config.autoencoder.size
    height, width = image.shape[:2]
    moved = motion.at_rate(config.fps)
    placed = in_crop(image_points, height, width, size)
    if not ((placed >= 0) & (placed < size)).all():
        raise InputError(
            "The face is not inside the middle square of the image.",
            "Crop the image to the face.",
            code="bad_image",
        )
    face = squared(image[None], size)[0]
    if driving is not None:
        rows = driving.rows_at(config.fps, moved.frames)
        frames, points = driving.film.images[rows], driving.placed(moved, image_points, rows)
        poses = squared(hide_below_nose(frames, driving.points[rows]), size)
        return Scene(face, in_crop(points, frames.shape[1], frames.shape[2], size), poses, config.fps)
    pose = hide_below_nose(image[None], np.asarray(image_points)[None])
    track = LandmarkTrack(moved.posed, config.fps, "metre")
    return Scene(face, points_in_image(track, placed, moved.rest), squared(pose, size), config.fps)


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
        return scene.poses[np.minimum(np.arange(first, end), len(scene.poses) - 1)]

    yield from renderer.film(
        scene.face,
        dots,
        poses,
        scene.frames,
        settings,
        lambda done, total: progress.report("film", done / total),
    )
    progress.report("film", 1.0)
