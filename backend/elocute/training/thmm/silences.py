"""Silent performances of the ``rules`` model as a source of lines: what an idle face does."""

from __future__ import annotations

import zlib
from typing import Final

import numpy as np

from elocute.audio.silence import silent_speech
from elocute.errors import InputError
from elocute.generator import GenerationSettings, MotionWindow, joined
from elocute.models.rules.generator import RulesGenerator
from elocute.motion.basis import ELOCUTE_HEAD_1
from elocute.motion.channels import MotionChannels
from elocute.motion.head1_basis import EXPRESSION_NAMES
from elocute.progress import Progress
from elocute.training.recordings.sources import Recorded
from elocute.training.thmm.settings import SilenceSettings

TRAIN: Final = "train"
_STREAM: Final = 17


class SilentLines:
    """Performances by number, named ``silence_00000`` and so on; one split, ``train``.

    Args:
        settings: how many, how long, in which styles.
        seed: of the performances, and of which gets which style.
    """

    def __init__(self, settings: SilenceSettings, seed: int) -> None:
        self._settings, self._seed, self._rules = settings, seed, RulesGenerator()
        for style in settings.styles:
            self._rules.check(GenerationSettings(style=style))
        self.channels = MotionChannels(ELOCUTE_HEAD_1.name, len(EXPRESSION_NAMES))

    def names(self, split: str) -> list[str]:
        """Raises InputError for other splits."""
        if split != TRAIN:
            raise InputError(f"Silence has no split {split}.", f"Choose {TRAIN}.", code="bad_dataset")
        return [f"silence_{number:05}" for number in range(self._settings.count)]

    def read(self, name: str) -> Recorded:
        rng = np.random.default_rng([self._seed, _STREAM, zlib.crc32(name.encode())])
        style = self._settings.styles[int(rng.integers(len(self._settings.styles)))]
        speech = silent_speech(self._settings.seconds)
        settings = GenerationSettings(style=style, seed=int(rng.integers(2**31)))
        windows: list[MotionWindow] = []
        self._rules.stream(speech, settings, Progress(), windows.append)
        (clip,) = joined(windows)
        return Recorded(speech, self.channels.rows_of(clip))
