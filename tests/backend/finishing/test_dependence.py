"""Which raw frames a corrected frame depends on, for contacts laid out by hand."""

import numpy as np
import pytest

from elocute.finishing.lip_contacts.dependence import TURNS, dependence
from elocute.finishing.lip_contacts.timing import JAW_LEAD, Contact

FPS = 25.0


def contact(frame, before, after, *, seal=True):
    """Held in one frame; a correction may start and end so many frames before and after it."""
    centre, held = (frame + 0.5) / FPS, np.array([frame])
    ramps = [max(frames / FPS - JAW_LEAD, 0.0) + 1e-9 for frames in (before, after)]
    return Contact(seal, held, held, centre, centre, *ramps)


def needs(contacts, frames=60):
    found = dependence(contacts, frames, FPS)
    return found.since, found.until


def test_a_frame_that_nothing_reaches_depends_on_itself():
    since, until = needs([])
    np.testing.assert_array_equal(since, np.arange(60))
    np.testing.assert_array_equal(until, np.arange(60))


def test_frames_that_a_correction_may_reach_wait_for_its_contact():
    _, until = needs([contact(20, 5, 6)])
    np.testing.assert_array_equal(until[14:22], [14, 20, 20, 20, 20, 20, 20, 21])
    since, _ = needs([contact(20, 5, 6)])
    np.testing.assert_array_equal(since[19:28], [19, 20, 20, 20, 20, 20, 20, 20, 27])


def test_how_far_a_correction_reaches_depends_on_the_contacts_in_its_way():
    # The second is in the way of the first, but does not itself reach that far back.
    _, until = needs([contact(20, 5, 10), contact(28, 2, 2)])
    assert until[22] == 28


@pytest.mark.parametrize("count", range(2, 8))
def test_corrections_share_their_work_with_a_few_neighbours_and_no_more(count):
    # Each reaches the frames of the next, not of the one after that.
    contacts = [contact(10 + 8 * n, 9, 9) for n in range(count)]
    _, until = needs(contacts, 100)
    assert until[1] == 10 + 8 * min(count - 1, TURNS)


def test_the_lower_lip_waits_for_the_lips_that_go_first():
    alone = needs([contact(20, 4, 4, seal=False)])[1]
    # A closure later on whose correction moves the frame of the bite.
    both = needs([contact(20, 4, 4, seal=False), contact(26, 7, 2)])[1]
    assert alone[17] == 20
    assert both[17] == 26


def test_what_is_ready():
    found = dependence([contact(20, 5, 6)], 60, FPS)
    assert [found.ready(there) for there in (0, 15, 16, 20, 21, 60)] == [0, 15, 15, 15, 21, 60]
