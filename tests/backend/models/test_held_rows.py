"""What a diffusion model is held to while it makes some seconds of a clip anew."""

from __future__ import annotations

import numpy as np

from elocute.models.held_rows import known_rows
from elocute.motion.head1_basis import EXPRESSION_INDEX
from elocute.motion.revision import Revision
from tests.backend.motion.test_revised import clip_of, content


def rows(expression, pose):
    return np.concatenate([expression * 2.0, pose[:, [0, 1, 2, 3]]], axis=1)


def known_of(parts=(), pins=(), expressions=43):
    clip = clip_of(1, frames=200)
    held = Revision(content(clip), ((3.2, 4.8),), parts, pins).held(clip.basis, clip.fps)
    return clip, known_rows(held, expressions, rows, [0, 1, 2, 3])


def test_all_but_what_is_chosen_is_held_at_the_clips_own_numbers():
    clip, known = known_of(("mouth",))
    assert known.values.shape == (200, 43 + 4)
    smile, brow = EXPRESSION_INDEX["mouthSmileLeft"], EXPRESSION_INDEX["browInnerUp"]
    held = known.mask == 1
    assert not held[80:121, smile].any()
    assert held[:80, smile].all()
    assert held[121:, smile].all()
    assert held[:, brow].all()
    assert held[:, 43:].all()
    assert np.allclose(known.values[:, brow], 2.0 * clip.expression[:, brow])
    assert np.allclose(known.values[:, 43:46], clip.head)
    assert np.allclose(known.values[:, 46], clip.jaw[:, 0])


def test_what_is_free_beside_what_is_held_follows_it():
    _, known = known_of(("mouth",))
    smile = EXPRESSION_INDEX["mouthSmileLeft"]
    assert 0.8 < known.mask[80, smile] < 1
    assert 0 < known.mask[85, smile] < 0.2
    assert known.mask[86:115, smile].max() == 0


def test_lids_near_the_range_are_the_models_own_and_those_far_away_are_held():
    _, known = known_of(("mouth",))
    blink = EXPRESSION_INDEX["eyeBlinkLeft"]
    assert (known.mask[40:160, blink] == 0).all()
    assert (known.mask[:20, blink] == 1).all()


def test_a_pin_holds_its_nearest_frame_and_only_where_it_is_free():
    _, known = known_of(("mouth",), (("mouthSmileLeft", 4.01, 0.9), ("browInnerUp", 4.0, 0.9)))
    smile, brow = EXPRESSION_INDEX["mouthSmileLeft"], EXPRESSION_INDEX["browInnerUp"]
    assert known.mask[100, smile] == 1
    assert np.isclose(known.values[100, smile], 1.8)
    assert known.mask[99, smile] < 1
    assert not np.isclose(known.values[100, brow], 1.8)


def test_a_pin_behind_the_end_holds_nothing():
    clip = clip_of(1, frames=200)
    told = Revision(content(clip), ((7.0, 9.0),), ("mouth",), (("mouthSmileLeft", 50.0, 0.9),))
    known = known_rows(told.held(clip.basis, clip.fps), 43, rows, [0, 1, 2, 3])
    assert known.mask[199, EXPRESSION_INDEX["mouthSmileLeft"]] < 1


def test_expressions_that_a_clip_lacks_are_held_at_rest():
    clip = clip_of(1, frames=200, expressions=43)
    held = Revision(content(clip), ((3.2, 4.8),)).held(clip.basis, clip.fps)
    known = known_rows(held, 50, rows, [0, 1, 2, 3])
    assert (known.mask[:, 43:50] == 1).all()
    assert not known.values[:, 43:50].any()
