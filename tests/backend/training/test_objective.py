"""The two-window step on formula-filled weights.

The expected numbers come from this code after it had reproduced recorded steps of the official program
(test_golden_steps.py); they keep it there where those recordings are not at hand.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from elocute.training.diffposetalk.draws import StepDraws
from elocute.training.diffposetalk.losses import LossWeights
from elocute.training.diffposetalk.objective import Batch, DenoiserObjective, ObjectiveOptions, hold_after
from tests.backend.diffposetalk.tiny_model import tiny_config, tiny_model, tone

FRAMES = 20


def wave(*shape: int, step: float = 0.9) -> torch.Tensor:
    count = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return torch.sin(step * count).float().reshape(shape)


def vertices(shape, expression, jaw):
    numbers = torch.cat([shape[:, None].expand(-1, expression.shape[1], -1), expression, jaw], dim=-1)
    basis = 0.01 * wave(numbers.shape[-1], 15, step=1.7)
    return 0.002 * (numbers @ basis).tanh().unflatten(-1, (5, 3))


def objective_of(options=None, **changes):
    model = tiny_model(tiny_config(motions=FRAMES, previous_motions=4, **changes))
    model.network.requires_grad_(True)
    return DenoiserObjective(
        model.network,
        model.schedule,
        model.stats,
        model.style_encoder if model.config.denoiser.style_dim else None,
        vertices,
        options or ObjectiveOptions(),
    ).eval()


def make_batch(width: int = 54) -> Batch:
    audio = torch.stack([tone(2 * FRAMES * 640), tone(3 * FRAMES * 640)[FRAMES * 640 :]]) * 5
    return Batch(audio.view(2, 2, -1), wave(2, 2, FRAMES, width), wave(2, 100, step=0.3))


def make_draws(width: int = 54, *, cut=(True, True)) -> StepDraws:
    ends = torch.tensor([[7, 16], [2, 11]])
    for window in range(2):
        if not cut[window]:
            ends[window] = FRAMES
    return StepDraws(
        ends=ends,
        truncated=cut,
        conditions=torch.tensor([[[0.3, 0.3], [0.95, 0.95]], [[0.7, 0.7], [0.05, 0.05]]]),
        steps=torch.tensor([[1, 8], [3, 5]]),
        noise=wave(2, 2, FRAMES, width, step=2.3),
    )


CASES = {
    "published": ({}, ObjectiveOptions(), (True, True)),
    "uncut": ({}, ObjectiveOptions(), (False, False)),
    "whole clip": ({}, ObjectiveOptions(audio_context="clip"), (True, True)),
    "free context, l1": (
        {},
        ObjectiveOptions(LossWeights(vertex=20, velocity=10, smooth=10), "l1", constrain_previous=False),
        (True, False),
    ),
    "noise": ({"target": "noise"}, ObjectiveOptions(), (True, True)),
    "replicated, independent": (
        {"padding": "replicate", "guidance": "independent"},
        ObjectiveOptions(),
        (True, True),
    ),
}
EXPECTED = {
    "published": (9.22548, 10.9649),
    "uncut": (8.98365, 20.6167),
    "whole clip": (9.22548, 10.9652),
    "free context, l1": (6.74861, 7.63494),
    "noise": (0.513718, 0.395889),
    "replicated, independent": (9.22727, 8.4832),
}


@pytest.mark.parametrize("case", CASES)
def test_same_losses_and_gradients_as_ever(case):
    changes, options, cut = CASES[case]
    objective = objective_of(options, **changes)
    total = objective(make_batch(), make_draws(cut=cut))["total"]
    total.backward()
    norms = [p.grad.norm() for p in objective.model.parameters() if p.grad is not None]
    gradient = torch.stack(norms).norm().item()
    assert (total.item(), gradient) == pytest.approx(EXPECTED[case], rel=1e-4)


def test_frames_after_the_end_do_not_matter():
    objective, batch, draws = objective_of(), make_batch(), make_draws()
    before = objective(batch, draws)
    motion, audio = batch.motion.clone(), batch.audio.clone()
    motion[0, 1, 2:] += 3  # window 2 of sample 0 ends at 2
    audio[0, 1, 2 * 640 :] += 3
    # The style encoder looks at whole windows; without it nothing may change.
    objective.style_encoder = None
    plain = objective_of(style_dim=0, guiding=("audio",))
    first = plain(batch, draws)["total"]
    second = plain(Batch(audio, motion, batch.shape), draws)["total"]
    assert first.item() == second.item()
    assert before["total"].item() != first.item()


def test_style_comes_from_the_other_window():
    objective, batch = objective_of(), make_batch()
    first, second = objective._styles(batch.motion)
    torch.testing.assert_close(first, objective.style_encoder(batch.motion[:, 1]))
    torch.testing.assert_close(second, objective.style_encoder(batch.motion[:, 0]))


def test_second_window_continues_the_uncut_first_and_sends_it_no_gradient():
    objective, batch = objective_of(), make_batch()
    seen = {}

    def remember(_module, arguments):
        seen.setdefault("calls", []).append(arguments)

    objective.model.denoising_net.register_forward_pre_hook(remember)
    objective(batch, make_draws())
    first, second = seen["calls"]
    torch.testing.assert_close(first[3], objective.model.start_motion_feat.expand(2, -1, -1))
    torch.testing.assert_close(second[3], batch.motion[:, 0, -4:])
    uncut = objective.model.encode_audio(batch.audio[:, 0], FRAMES)[:, -4:]
    torch.testing.assert_close(second[4], uncut)
    assert not second[4].requires_grad


def test_whole_clip_context():
    objective, batch, draws = objective_of(ObjectiveOptions(audio_context="clip")), make_batch(), make_draws()
    encode, audio = objective.model.encode_audio, batch.audio.clone()
    first, second = objective._sound(batch, draws)
    for sample in range(2):
        for window in range(2):
            audio[sample, window, draws.ends[window, sample] * 640 :] = 0
    together = encode(batch.audio.flatten(1), 2 * FRAMES)
    torch.testing.assert_close(first.heard, encode(audio[:, 0], FRAMES))
    torch.testing.assert_close(first.uncut, together[:, :FRAMES])
    after = torch.cat([batch.audio[:, 0], audio[:, 1]], dim=1)
    torch.testing.assert_close(second.heard, encode(after, 2 * FRAMES)[:, FRAMES:])
    first, second = objective._sound(batch, make_draws(cut=(False, False)))
    torch.testing.assert_close(torch.cat([first.heard, second.heard], dim=1), together)


def test_training_mode_leaves_the_style_encoder_alone():
    objective = objective_of().train()
    assert objective.model.training
    assert not objective.style_encoder.training
    assert not any(p.requires_grad for p in objective.style_encoder.parameters())


def test_without_vertices_and_without_head():
    options = ObjectiveOptions(LossWeights().without_geometry())
    named = objective_of(options)(make_batch(), make_draws())
    assert not any(name.startswith(("vertex", "velocity", "smooth")) for name in named)
    objective = objective_of()
    objective.vertices = None
    assert "vertex/1" not in objective(make_batch(), make_draws())
    config = tiny_config()
    layout = replace(config.layout, head=0)
    headless = objective_of(layout=layout, style_encoder=replace(config.style_encoder, head=0))
    named = headless(make_batch(layout.width), make_draws(layout.width))
    assert "vertex/2" in named
    assert not any(name.startswith("head") for name in named)


def test_holding_the_end():
    values, kept = torch.arange(1.0, 5.0)[None], torch.tensor([[True, True, False, False]])
    assert hold_after(values, kept, replicate=False).tolist() == [[1, 2, 0, 0]]
    assert hold_after(values, kept, replicate=True).tolist() == [[1, 2, 2, 2]]
    deep = functional.pad(values[..., None], (0, 1))
    assert hold_after(deep, kept, replicate=True)[0, :, 0].tolist() == [1, 2, 2, 2]


if __name__ == "__main__":  # prints the numbers to put into EXPECTED
    import sys

    for name, (changes, options, cut) in CASES.items():
        made = objective_of(options, **changes)
        loss = made(make_batch(), make_draws(cut=cut))["total"]
        loss.backward()
        grads = [p.grad.norm() for p in made.model.parameters() if p.grad is not None]
        sys.stdout.write(f"    {name!r}: ({loss.item():.6g}, {torch.stack(grads).norm().item():.6g}),\n")
