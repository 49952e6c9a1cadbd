"""The controls of a clip of any basis: exact where its expressions are controls, fitted to its head
elsewhere."""

from __future__ import annotations

from elocute.controls.exact import track_of_expressions
from elocute.controls.fit import FitReport, fit_track
from elocute.controls.track import ControlTrack
from elocute.errors import InputError
from elocute.exchange.head_points import HeadPoints
from elocute.face.model import FaceModel
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip


def controls_of(
    clip: MotionClip, face: FaceModel | HeadPoints | None
) -> tuple[ControlTrack, FitReport | None]:
    """The controls of a clip, and how well they fit it; None where they are exact.

    Args:
        clip: the motion.
        face: head of its basis, or its points, or None where the basis names its expressions.

    Raises:
        InputError: the basis has no names and there is no head, or the head is of another basis or cannot be
            measured.
    """
    basis = basis_of(clip.basis)
    count = clip.expression.shape[1]
    names = basis.expressions[:count]
    if basis.expressions and count in basis.widths:
        track = track_of_expressions(
            clip.fps, names, clip.expression, clip.jaw, clip.head, clip.neck, clip.eyes
        )
        return track, None
    if face is None:
        raise InputError(
            f"The expressions of the face basis {clip.basis} have no names; controls are fitted to a head.",
            "Name a head of that basis with --face.",
            code="no_face",
        )
    known = face.expressions if isinstance(face, HeadPoints) else len(face.expression_names)
    if face.basis != clip.basis or clip.expression.shape[1] > known:
        raise InputError(
            f"The clip is in the face basis {clip.basis} ({clip.expression.shape[1]} expressions), "
            f"the head in {face.basis} ({known}).",
            "Name a head of the clip's basis.",
            code="wrong_basis",
        )
    try:
        head = face if isinstance(face, HeadPoints) else HeadPoints.of_face(face, clip.shape)
        return fit_track(clip.fps, clip.expression, clip.jaw, clip.head, clip.neck, clip.eyes, head.points)
    except ValueError as error:
        raise InputError(f"The controls cannot be fitted: {error}.", code="bad_face") from error
