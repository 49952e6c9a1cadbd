"""What is done after sampling to the motion of a model on our own head: calm, contacts, eyes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from scipy.ndimage import gaussian_filter1d

from elocute.audio.speech_features import SpeechFeatures
from elocute.behaviour.blink_layer import add_blinks
from elocute.behaviour.gaze_layer import add_gaze
from elocute.finishing.lip_contacts.correction import ensure_contacts
from elocute.finishing.needs import FinishingNeeds
from elocute.finishing.settings import FinishSettings
from elocute.motion.basis import basis_of
from elocute.motion.clip import MotionClip
from elocute.motion.clip_meta import FinishingMeta


@dataclass(frozen=True)
class Finisher:
    """Adds what the network leaves out.

    Eyes are not the network's: saccades and blinks are steps and spikes, which a small network smooths
    or misses (docs/elocute-lite.md has the rate), and eyes must hold against exactly the head rotation that
    came out.
    """

    PARAMETERS: ClassVar[Mapping[str, tuple[float, float, float]]] = {
        "gaze": (0.0, 1.0, 2.0),
        "blinks": (0.0, 1.0, 2.0),
    }

    needs: FinishingNeeds

    def finish(
        self, clip: MotionClip, speech: SpeechFeatures, settings: FinishSettings, take: int
    ) -> MotionClip:
        """The clip as the user gets it: T frames as the speech has."""
        if basis_of(clip.basis).lids is None:
            return clip
        clip = _cleaned(clip, self.needs.head_smoothing)
        contacts = settings.lip_contacts and self.needs.probe is not None and speech.phones is not None
        if contacts and self.needs.probe is not None and speech.phones is not None:
            clip = ensure_contacts(clip, speech.phones, self.needs.probe)
        manner = self.needs.manner(settings.style)
        gaze = manner.gaze_amount * settings.gaze
        blinks = manner.blink_rate * settings.blinks
        seed = settings.seed + take
        clip = add_blinks(clip, speech, blinks, manner.asymmetry, seed)
        clip = add_gaze(clip, speech, gaze, seed)
        return replace(clip, meta=FinishingMeta(contacts, gaze, blinks).added_to(clip.meta))


def _cleaned(clip: MotionClip, head_smoothing: float) -> MotionClip:
    """Without what cannot be meant: expressions outside the basis' bounds, a jaw above shut, a noisy head."""
    basis = basis_of(clip.basis)
    head = clip.head
    if head_smoothing:
        head = gaussian_filter1d(head, head_smoothing, axis=0, mode="nearest")
    jaw = np.maximum(clip.jaw, [[basis.jaw_shut, -np.inf, -np.inf]])
    expression = np.clip(clip.expression, basis.lowest, basis.highest)
    return replace(clip, expression=expression, jaw=jaw, head=head)
