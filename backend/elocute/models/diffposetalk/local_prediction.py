"""The guided model of a local denoiser on any frames of one clip, in as many layers as there are styles.

K takes, B guidance branches, T frames of the clip, D numbers a frame.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from elocute.arrays import Array, joined, library, repeated
from elocute.diffusion.guidance import Branch, Guidance, GuidanceTrack, Guided, dynamic_threshold
from elocute.diffusion.loop import Predict
from elocute.diffusion.stretches import Layer
from elocute.models.diffposetalk.local_network import LocalMemory, LocalNetwork, LocalStep
from elocute.models.diffposetalk.mouth import Keep


@dataclass(frozen=True)
class Hearing:
    """What is the same for all styles.

    Attributes:
        network: computes predictions.
        audio: (1, T, features) of the clip.
        guidance: how the branches add up.
        timesteps: the steps that are taken.
        threshold: of the dynamic threshold, 0 for none.
        together: how many takes the network sees at once.
        keep: what every prediction keeps to, None for nothing.
    """

    network: LocalNetwork
    audio: Array
    guidance: Guidance | GuidanceTrack
    timesteps: Sequence[int]
    threshold: float
    together: int
    keep: Keep | None = None

    def part(self, first: int, last: int) -> Hearing:
        """That of the frames ``first`` .. ``last`` - 1."""
        keep, guidance = self.keep, self.guidance
        return Hearing(
            self.network,
            self.audio[:, first:last],
            guidance.part(first, last) if isinstance(guidance, GuidanceTrack) else guidance,
            self.timesteps,
            self.threshold,
            self.together,
            None if keep is None else lambda x_0, start: keep(x_0, first + start),
        )


class LocalPredictor:
    """One style throughout.

    Args:
        heard: of the clip.
        people: (B, person) shape and style of each branch.
    """

    def __init__(self, heard: Hearing, people: Array) -> None:
        audio, null, guidance = heard.audio, heard.network.null_audio, heard.guidance
        rows = []
        for present in guidance.needed():
            silent = "audio" in guidance.conditions and "audio" not in present
            rows.append(
                library(audio).broadcast_to(null, audio.shape) if silent and null is not None else audio
            )
        self._heard: Final = heard
        self._memory, self._embedded = heard.network.remember(joined(rows, 0), people, heard.timesteps)

    def at(self, first: int, last: int) -> Predict:
        """The model on the frames ``first`` .. ``last`` - 1."""
        heard, memory = self._heard, self._memory.part(first, last)
        place = {t: index for index, t in enumerate(heard.timesteps)}

        def denoise(x: Array, t: int, branches: tuple[Branch, ...]) -> Array:
            told = []
            for start in range(0, len(x), heard.together):
                group = x[start : start + heard.together]
                step = LocalStep(group, self._embedded[place[t]], _repeated(memory, len(group)))
                told.append(heard.network.denoise(step))
            if len(told) == 1:
                return told[0]
            parts = [one.reshape(len(branches), -1, *one.shape[1:]) for one in told]
            return joined(parts, 1).reshape(-1, *x.shape[1:])

        limit, guidance = partial(dynamic_threshold, ratio=heard.threshold), heard.guidance
        if isinstance(guidance, GuidanceTrack):
            guidance = guidance.part(first, last)
        guided = Guided(denoise, guidance, heard.timesteps, limit, "branches")
        keep = heard.keep
        return guided if keep is None else lambda x, t: keep(guided(x, t), first)


class PredictorOfParts:
    """One style throughout, of a clip of any length: the network remembers the frames at hand alone.

    Args:
        heard: of the clip.
        people: (B, person) shape and style of each branch.
    """

    def __init__(self, heard: Hearing, people: Array) -> None:
        self._heard: Final = heard
        self._people: Final = people

    def at(self, first: int, last: int) -> Predict:
        """The model on the frames ``first`` .. ``last`` - 1."""
        return LocalPredictor(self._heard.part(first, last), self._people).at(0, last - first)


class StyleLayers:
    """Styles that follow each other: each is sampled where it counts, and the motions are added up.

    Every layer starts from the same noise and hears the same, so heads nod and lips meet at the same time in
    all of them. Adding up predictions in every step instead makes little of the weaker style: the next step
    sees the stronger one in x_t and follows it.

    Args:
        heard: of the clip.
        people: (M, B, person) shape and style of each branch, for every style.
        shares: (T, M) how much of each there is.
        margin: frames on each side of those that count that are sampled too.
    """

    def __init__(self, heard: Hearing, people: Array, shares: NDArray[np.float64], margin: int) -> None:
        self._heard: Final = heard
        self._people: Final = people
        self._shares: Final = shares
        self._margin: Final = margin

    def at(self, first: int, last: int) -> list[Layer]:
        """The layers of the frames ``first`` .. ``last`` - 1."""
        return [
            Layer(low, high, partial(self._predict, style, low, high), self._shares[low:high, style])
            for style in range(self._shares.shape[1])
            for low, high in self._passages(style, first, last)
        ]

    def _predict(self, style: int, low: int, high: int) -> Predict:
        return LocalPredictor(self._heard.part(low, high), self._people[style]).at(0, high - low)

    def _passages(self, style: int, first: int, last: int) -> Iterator[tuple[int, int]]:
        """The frames to sample so that all that count have their neighbourhood."""
        counting = first + np.flatnonzero(self._shares[first:last, style])
        if not len(counting):
            return
        # Two passages whose margins meet cost more than one.
        cuts = np.flatnonzero(np.diff(counting) > 2 * self._margin)
        starts, ends = counting[[0, *(cuts + 1)]], counting[[*cuts, -1]]
        for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
            yield max(start - self._margin, first), min(end + 1 + self._margin, last)


def _repeated(memory: LocalMemory, takes: int) -> LocalMemory:
    """Rows for B branches of K takes, branch by branch."""
    if takes == 1:
        return memory
    return LocalMemory(*(repeated(part, takes) for part in (memory.person, memory.sound, memory.asked)))
