"""Sampling with a local denoiser: the whole clip at once as far as the result goes, in stretches as far as
memory and waiting go.

K takes, B guidance branches, T frames of the clip, C width, D numbers a frame.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import torch
from torch import Tensor

from elocute.diffusion.guidance import Branch, Guidance, Guided, dynamic_threshold
from elocute.diffusion.loop import Predict
from elocute.diffusion.sampler import Sampler
from elocute.diffusion.stretches import Stretches
from elocute.models.diffposetalk.local_denoiser import LocalDenoiser, LocalMemory, LocalStep
from elocute.models.diffposetalk.model import DiffPoseTalk
from elocute.models.diffposetalk.mouth import Keep

FIRST: Final = 150
"""Frames of the first stretch: six seconds are on the screen while the rest is made."""
LENGTH: Final = 750
MARGIN: Final = 75
"""Three seconds on each side. What lies further away changes the bundled model's motion by a hundredth of its
spread at most, where two stretches meet."""
FADE: Final = 25


def stretches_of(frames: int, margin: int = MARGIN) -> Stretches:
    """How a clip of so many frames is cut."""
    return Stretches(frames, FIRST, LENGTH, margin, min(FADE, margin))


class LocalPredictor:
    """The guided model on any frames of one clip.

    Args:
        network: with a local denoiser.
        denoiser: its denoiser, perhaps in another arithmetic.
        ask: computes a step with it, alone or together with those of other clips.
        audio: (1, T, C) features of the clip.
        people: (B, person) shape and style of each branch.
        guidance: how the branches add up.
        sampler: which steps are taken.
        threshold: of the dynamic threshold, 0 for none.
        together: how many takes the network sees at once.
        keep: what every prediction keeps to, None for nothing.
    """

    def __init__(
        self,
        network: DiffPoseTalk,
        denoiser: LocalDenoiser,
        ask: Callable[[LocalStep], Tensor],
        audio: Tensor,
        people: Tensor,
        guidance: Guidance,
        sampler: Sampler,
        threshold: float,
        together: int,
        keep: Keep | None = None,
    ) -> None:
        branches = guidance.needed()
        rows = []
        for present in branches:
            silent = "audio" in guidance.conditions and "audio" not in present
            null = network.null_audio_feat
            rows.append(null.expand_as(audio) if silent and null is not None else audio)
        self._ask: Final = ask
        self._memory: Final = denoiser.remember(torch.cat(rows), people)
        self._guidance: Final = guidance
        self._steps: Final = sampler.timesteps
        self._embedded: Final = denoiser.embed_steps(torch.tensor(sampler.timesteps))
        self._limit: Final = partial(dynamic_threshold, ratio=threshold)
        self._together: Final = together
        self._keep: Final = keep

    def at(self, first: int, last: int) -> Predict:
        """The model on the frames ``first`` .. ``last`` - 1."""
        memory = self._memory.part(first, last)
        place = {t: index for index, t in enumerate(self._steps)}

        def denoise(x: Tensor, t: int, branches: tuple[Branch, ...]) -> Tensor:
            told = [
                self._ask(LocalStep(group, self._embedded[place[t]], _repeated(memory, len(group))))
                for group in torch.split(x, self._together)
            ]
            if len(told) == 1:
                return told[0]
            parts = [one.view(len(branches), -1, *one.shape[1:]) for one in told]
            return torch.cat(parts, dim=1).flatten(0, 1)

        guided = Guided(denoise, self._guidance, self._steps, self._limit, "branches")
        keep = self._keep
        return guided if keep is None else lambda x, t: keep(guided(x, t), first)


def _repeated(memory: LocalMemory, takes: int) -> LocalMemory:
    """Rows for B branches of K takes, branch by branch."""
    if takes == 1:
        return memory
    return LocalMemory(
        *(part.repeat_interleave(takes, dim=0) for part in (memory.person, memory.sound, memory.asked))
    )
