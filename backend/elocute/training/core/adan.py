"""Adan (Xie et al. 2022) as published programs of motion diffusion use it.

Ours, because the one package of this arithmetic (adan-pytorch 0.1.0) has had no release since 2022, and a
maintained one (pytorch-optimizer 4.1.0) leaves it by 1.5e-3 within eight updates of a recorded run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

BETAS: Final = (0.02, 0.08, 0.01)


class Adan(Optimizer):
    """Adaptive Nesterov momentum; the betas are the shares of what is new.

    With g the gradient, k the updates before this one, and all averages 0 before the first update:

        k > 0:  d = g - g_before;  m <- (1 - b1) m + b1 g;  v <- (1 - b2) v + b2 d;
                n <- (1 - b3) n + b3 (g + (1 - b2) d)^2
        c_i = 1 / (1 - (1 - b_i)^(k + 1))
        w <- (w - rate / (sqrt(n c_3) + eps) * (m c_1 + (1 - b2) v c_2)) / (1 + decay * rate)

    The first update only decays the weights: nothing is averaged yet.

    Args:
        parameters: to optimise; those without a gradient stay as they are.
        lr: the rate.
        betas: b1, b2, b3, above 0 and below 1.
        eps: keeps the division finite.
        weight_decay: decay.

    Raises:
        ValueError: a number out of range.
    """

    def __init__(
        self,
        parameters: Iterable[nn.Parameter],
        lr: float = 1e-3,
        betas: tuple[float, float, float] = BETAS,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        if not lr > 0 or not eps > 0 or not weight_decay >= 0 or not all(0 < beta < 1 for beta in betas):
            raise ValueError("the rate and eps must be above 0, betas between 0 and 1, the decay 0 or more")
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update the weights; returns what ``closure`` does."""
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            for weights in group["params"]:
                if weights.grad is not None:
                    self._update(weights, weights.grad, group)
        return loss

    def _update(self, weights: Tensor, gradient: Tensor, group: dict[str, Any]) -> None:
        state = self.state[weights]
        if not state:
            state["step"] = torch.zeros(())
            for name in ("prev_grad", "m", "v", "n"):
                state[name] = torch.zeros_like(weights)
        b1, b2, b3 = group["betas"]
        m, v, n = state["m"], state["v"], state["n"]
        done = int(state["step"])
        if done:
            change = gradient - state["prev_grad"]
            m.lerp_(gradient, b1)
            v.lerp_(change, b2)
            n.lerp_((gradient + (1 - b2) * change).square(), b3)
        state["step"] += 1
        c1, c2, c3 = (1 / (1 - (1 - beta) ** (done + 1)) for beta in (b1, b2, b3))
        direction = (m * c1 + (1 - b2) * c2 * v) / ((n * c3).sqrt() + group["eps"])
        weights.sub_(direction, alpha=group["lr"]).div_(1 + group["weight_decay"] * group["lr"])
        state["prev_grad"].copy_(gradient)
