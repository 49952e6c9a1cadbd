from __future__ import annotations

import numpy as np
import pytest
import torch

from elocute.face.skinning import pose_vertices
from elocute.face.torch_model import TorchFaceModel, rotation_matrices
from tests.backend.training.tiny_world import EXPRESSIONS, SHAPES, make_face

PARTS = {"head": 3, "neck": 3, "eyes": 6}


def numbers(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(scale=0.5, size=shape).astype(np.float32)


@pytest.mark.parametrize("moving", [(), ("head",), ("neck",), ("head", "neck", "eyes")])
@pytest.mark.parametrize("head_joint", [0, 1])
def test_same_as_numpy(moving, head_joint):
    face = make_face()
    object.__setattr__(face, "head_joint", head_joint)
    frames = 7
    expression, jaw, shape = numbers(frames, EXPRESSIONS), numbers(frames, 3, seed=1), numbers(SHAPES, seed=2)
    given = {name: numbers(frames, PARTS[name], seed=index + 3) for index, name in enumerate(moving)}
    expected = pose_vertices(
        face, expression, jaw, given.pop("head", np.zeros((frames, 3))), shape=shape, **given
    )
    given = {name: numbers(frames, PARTS[name], seed=index + 3) for index, name in enumerate(moving)}
    found = TorchFaceModel(face)(
        torch.from_numpy(expression),
        torch.from_numpy(jaw),
        shape=torch.from_numpy(shape),
        **{name: torch.from_numpy(value) for name, value in given.items()},
    )
    np.testing.assert_allclose(found.numpy(), expected, atol=2e-6)


def test_batches_and_fewer_numbers():
    model = TorchFaceModel(make_face())
    expression, jaw = torch.from_numpy(numbers(2, 3, 4)), torch.from_numpy(numbers(2, 3, 3))
    shape = torch.from_numpy(numbers(2, 1, 2))
    found = model(expression, jaw, shape=shape)
    assert found.shape == (2, 3, 24, 3)
    padded = torch.nn.functional.pad(expression[1, 2], (0, EXPRESSIONS - 4))
    one = model(padded, jaw[1, 2], shape=torch.nn.functional.pad(shape[1, 0], (0, SHAPES - 2)))
    torch.testing.assert_close(found[1, 2], one)


def test_some_vertices_are_those_of_the_whole():
    face = make_face()
    given = torch.from_numpy(numbers(3, EXPRESSIONS)), torch.from_numpy(numbers(3, 3, seed=1))
    shape = torch.from_numpy(numbers(SHAPES, seed=2))
    whole, some = TorchFaceModel(face)(*given, shape=shape), TorchFaceModel(face, 5)(*given, shape=shape)
    torch.testing.assert_close(some, whole[:, ::5])


def test_rotations_by_hand():
    quarter = rotation_matrices(torch.tensor([[0.0, 0.0, np.pi / 2]]))[0]
    torch.testing.assert_close(
        quarter @ torch.tensor([1.0, 0, 0]), torch.tensor([0.0, 1, 0]), atol=1e-6, rtol=0
    )
    torch.testing.assert_close(rotation_matrices(torch.zeros(3)), torch.eye(3), atol=1e-7, rtol=0)


def test_gradients():
    model = TorchFaceModel(make_face(6)).double()
    expression = torch.from_numpy(numbers(2, EXPRESSIONS)).double().requires_grad_()
    jaw = torch.from_numpy(numbers(2, 3, seed=1)).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda e, j: model(e, j, head=j), (expression, jaw))
    still = torch.zeros(1, 3, requires_grad=True)
    model.float()(torch.zeros(1, EXPRESSIONS), still).square().sum().backward()
    assert torch.isfinite(still.grad).all()  # also where the jaw does not turn
    assert still.grad.abs().max() > 0
