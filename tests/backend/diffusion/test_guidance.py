import pytest
import torch

from elocute.diffusion.guidance import Guidance, dynamic_threshold
from elocute.errors import SettingsError

R0, RA, RS = torch.tensor([1.0]), torch.tensor([2.0]), torch.tensor([5.0])


def test_incremental_branches_and_sum():
    guidance = Guidance("incremental", {"audio": 1.15, "style": 3.0})
    assert guidance.branches() == (frozenset(), frozenset({"audio"}), frozenset({"audio", "style"}))
    # 1 + 1.15 (2 - 1) + 3 (5 - 2)
    assert guidance.combine([R0, RA, RS]).item() == pytest.approx(11.15)


def test_independent_measures_the_second_difference_from_the_guided_value():
    guidance = Guidance("independent", {"audio": 1.15, "style": 3.0})
    assert guidance.branches() == (frozenset(), frozenset({"audio"}), frozenset({"style"}))
    # g = 1 + 1.15 (2 - 1) = 2.15; 2.15 + 3 (5 - 2.15) = 10.7, not 1 + 1.15 + 3 (5 - 1) = 14.15
    assert guidance.combine([R0, RA, RS]).item() == pytest.approx(10.7)


def test_one_condition_is_the_same_in_both_modes():
    for mode in ("incremental", "independent"):
        assert Guidance(mode, {"style": 3.0}).combine([R0, RS]).item() == pytest.approx(13.0)


def test_no_condition_is_the_plain_prediction():
    guidance = Guidance()
    assert guidance.branches() == (frozenset(),)
    assert guidance.combine([R0]) is R0


def test_branches_are_left_untouched():
    results = [R0.clone(), RA.clone(), RS.clone()]
    Guidance("independent", {"audio": 2.0, "style": 2.0}).combine(results)
    assert [r.item() for r in results] == [1.0, 2.0, 5.0]


@pytest.mark.parametrize("scale", [-0.1, float("nan"), float("inf")])
def test_bad_scales(scale):
    with pytest.raises(SettingsError, match="audio scale must be 0 or a positive number"):
        Guidance(scales={"audio": scale})


def test_unknown_mode():
    with pytest.raises(SettingsError, match="no guidance mode 'both'"):
        Guidance("both", {"audio": 1.0})


def test_threshold_clamps_each_sample_to_its_own_quantile():
    x = torch.stack([torch.linspace(-2, 2, 101), torch.linspace(-3, 3, 101)])[:, :, None]
    y = dynamic_threshold(x, 0.5)
    # half of the absolute values of an even ramp to 2 lie under 1, to 3 under 1.5
    assert y.abs().amax((1, 2)).tolist() == pytest.approx([1.0, 1.5], abs=0.03)
    inside = x.abs() < 0.9
    assert torch.equal(y[inside], x[inside])  # nothing is divided


def test_threshold_stays_between_one_and_four():
    small, large = torch.full((1, 10, 2), 0.5), torch.linspace(-50, 50, 100).reshape(1, 50, 2)
    assert torch.equal(dynamic_threshold(small, 0.9), small)
    assert dynamic_threshold(large, 0.9).abs().max().item() == 4.0


def test_threshold_interpolates_and_looks_at_the_last_frames_only():
    x = torch.tensor([[[100.0], [1.0], [2.0], [3.0]]])
    limited = dynamic_threshold(x, 0.75, frames=3)  # quantile of 1, 2, 3 at 0.75 is 2.5
    assert limited.flatten().tolist() == [2.5, 1.0, 2.0, 2.5]


def test_threshold_off_and_out_of_range():
    x = torch.randn(1, 4, 2)
    assert dynamic_threshold(x, 0.0) is x
    with pytest.raises(SettingsError, match="between 0 and 1"):
        dynamic_threshold(x, 1.5)


@pytest.mark.parametrize("mode", ["incremental", "independent"])
@pytest.mark.parametrize(
    "scales", [(), (1.0,), (0.0,), (1.0, 1.0), (1.15, 3.0), (0.0, 2.0), (1.0, 2.0), (2.0, 1.0)]
)
def test_weights_are_the_sum_and_those_of_0_are_not_needed(mode, scales):
    guidance = Guidance(mode, dict(zip(("audio", "style"), scales, strict=False)))
    results = [R0, RA, RS][: len(scales) + 1]
    weights = guidance.weights()
    assert sum(weights) == pytest.approx(1.0)
    by_hand = results[0]
    for k, scale in enumerate(scales, start=1):
        base = results[k - 1] if mode == "incremental" else by_hand
        by_hand = by_hand + scale * (results[k] - base)
    assert sum(w * r.item() for w, r in zip(weights, results, strict=True)) == pytest.approx(by_hand.item())
    chosen = [results[guidance.branches().index(branch)] for branch in guidance.needed()]
    assert guidance.combine(chosen).item() == pytest.approx(by_hand.item())


def test_scales_of_1_need_the_last_branch_only():
    audio, both = frozenset({"audio"}), frozenset({"audio", "style"})
    assert Guidance("incremental", {"audio": 1.0, "style": 1.0}).needed() == (both,)
    assert Guidance("incremental", {"audio": 1.0, "style": 2.0}).needed() == (audio, both)
