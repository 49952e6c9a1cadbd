import torch

from elocute.speech_encoders.phonetic_input import BANDS, SOUND_WIDTH
from elocute.training.elocute_lite.sound_noise import disturb_sound

_MEL = 4 * BANDS


def disturbed(rows, seed):
    return disturb_sound(rows, torch.Generator().manual_seed(seed))


def test_sound_is_changed_but_stays_sound():
    rows = torch.randn(30, 50, SOUND_WIDTH, generator=torch.Generator().manual_seed(5))
    before = rows.clone()
    seen = disturbed(rows, 1)
    assert torch.equal(rows, before)  # not in place: lines are used again
    assert seen.shape == rows.shape
    assert seen.isfinite().all()
    assert torch.equal(seen, disturbed(rows, 1))
    assert not torch.equal(seen, disturbed(rows, 2))
    alike = [
        torch.corrcoef(torch.stack([a.flatten(), b.flatten()]))[0, 1] for a, b in zip(seen, rows, strict=True)
    ]
    assert torch.stack(alike).median() > 0.6
    assert len({float(one) for one in alike}) > 20  # each sample on its own


def test_a_flat_spectrum_is_not_moved_by_another_throat():
    rows = torch.full((200, 3, SOUND_WIDTH), 0.5)
    mel = disturbed(rows, 3)[..., :_MEL]
    untouched = (mel == 0.5).flatten(1).all(dim=1)
    assert 0.05 < untouched.float().mean() < 0.5  # neither tilted, floored nor interrupted
    warped_edges = (mel[:, :, [0, BANDS - 1]] - 0.5).abs()
    assert warped_edges.max() < 4.0


def test_pitch_and_voicing_stay_and_the_level_moves_as_one():
    rows = torch.randn(8, 20, SOUND_WIDTH, generator=torch.Generator().manual_seed(6))
    moved = disturbed(rows, 4)[..., _MEL:] - rows[..., _MEL:]
    assert moved[..., 1:].abs().max() == 0
    assert moved[..., 0].std(dim=1).max() < 1e-5
    assert moved[..., 0].std() > 0.03
