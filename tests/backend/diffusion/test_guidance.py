import pytest
import torch

from elocute.diffusion.guidance import Guidance, Guided, dynamic_threshold, ramped
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


class Asked:
    """A model whose prediction tells which conditions it was given; remembers what it was asked for."""

    def __init__(self):
        self.branches = []

    def __call__(self, x, t, branches):
        self.branches.append(branches)
        return torch.cat([x + len(branch) for branch in branches])


def test_a_guided_model_combines_its_branches():
    asked = Asked()
    guided = Guided(asked, Guidance("incremental", {"speech": 2.0}), (3, 2))
    x = torch.full((2, 4, 1), 10.0)
    assert torch.equal(guided(x, 3), torch.full((2, 4, 1), 12.0))  # 10 + 2 (11 - 10)
    assert asked.branches == [(frozenset(), frozenset({"speech"}))]


def test_without_conditions_there_is_one_branch():
    asked = Asked()
    x = torch.randn(2, 4, 1)
    assert torch.equal(Guided(asked, Guidance(), (3,))(x, 3), x)
    assert asked.branches == [(frozenset(),)]


def test_scales_may_grow_and_branches_without_weight_are_not_computed():
    """min(w, 2 w k / (S - 1)) for w = 2 and 5 steps: 0, 1, 2, 2, 2."""
    asked, steps = Asked(), (9, 7, 5, 3, 1)
    guided = Guided(asked, ramped(Guidance("incremental", {"speech": 2.0})), steps)
    made = [float(guided(torch.zeros(1, 1, 1), t)) for t in steps]
    assert made == [0.0, 1.0, 2.0, 2.0, 2.0]
    null, speech = frozenset(), frozenset({"speech"})
    assert asked.branches == [(null,), (speech,), *[(null, speech)] * 3]
    assert ramped(Guidance(scales={"a": 2.0}))(0, 1).scales == {"a": 2.0}  # a single step is not unguided
    quarter = ramped(Guidance(scales={"a": 1.0}), share=0.25)
    assert [quarter(k, 9).scales["a"] for k in (0, 1, 2, 8)] == [0.0, 0.5, 1.0, 1.0]


def test_a_function_of_the_step_may_choose_anything():
    def at(k, steps):
        return Guidance("independent", {"clue": float(k), "speech": 1.0})

    asked = Asked()
    guided = Guided(asked, at, (2, 1))
    assert float(guided(torch.zeros(1, 1, 1), 2)) == 1.0
    assert asked.branches == [(frozenset({"speech"}),)]
    with pytest.raises(SettingsError, match="clue scale must be 0 or a positive number"):
        Guided(asked, lambda k, steps: Guidance(scales={"clue": -1.0}), (2, 1))


def test_limits_before_or_after_combining():
    """r_0 + 2 (r_1 - r_0) of 0.5 and 1.5 is 1.5 if the branches are limited to 1, 1 if the result 2.5 is."""

    def made(place, null, speech):
        def denoise(x, t, branches):
            return torch.cat([x + null, x + speech])

        guided = Guided(denoise, Guidance(scales={"speech": 2.0}), (1,), lambda x: x.clamp(-1, 1), place)
        return float(guided(torch.zeros(1, 1, 1), 1))

    assert made("branches", 0.5, 1.5) == 1.5
    assert made("result", 0.5, 1.5) == 1.0
    assert made("branches", 1.5, 1.125) == 1.0
    assert made("result", 1.5, 1.125) == 0.75
