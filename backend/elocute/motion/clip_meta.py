"""A clip's ``meta``, which describes how the clip was generated: the only place that writes it.

Everything is plain JSON. Readers print or keep it and depend on no key.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from elocute import __version__
from elocute.option_curve import OptionCurve, plain_curves


@dataclass(frozen=True)
class SamplingMeta:
    """How a diffusion model was sampled.

    Attributes:
        sampler: name of the sampler.
        steps: denoising steps of each window.
        guidance: how the conditions' guidance was combined.
        scales: condition -> guidance scale; written as ``<condition>_scale``.
        threshold: ratio of dynamic thresholding, 0 for none.
        noise: ``seeded``, or ``recorded`` where the noise came from a file.
        precision: arithmetic of the network.
        audio_context: how much of the clip the speech encoder saw at once.
    """

    sampler: str
    steps: int
    guidance: str
    scales: Mapping[str, float]
    threshold: float = 0.0
    noise: Literal["seeded", "recorded"] = "seeded"
    precision: str = "float32"
    audio_context: str | None = None

    def to_json(self) -> dict[str, Any]:
        """The entries of the clip's meta."""
        entries = {
            "noise": self.noise,
            "sampler": self.sampler,
            "steps": self.steps,
            "guidance": self.guidance,
            **{f"{condition}_scale": scale for condition, scale in self.scales.items()},
            "threshold": self.threshold,
            "precision": self.precision,
        }
        return entries if self.audio_context is None else {**entries, "audio_context": self.audio_context}


@dataclass(frozen=True)
class ClipMeta:
    """How a clip was generated.

    Attributes:
        model: id of the model.
        family: its family.
        audio_sha256: hex digest of the sound file.
        audio_seconds: length of the sound.
        seed: the take's own seed; None where the noise was recorded.
        take: index of the take in its request.
        style: name of the style, or None for no style.
        head_motion: whether head and neck were allowed to move.
        phone_source: how the phones were found; None where nothing depended on phones.
        notes: sentences for the user.
        options: numbers of the model, by name.
        curves: those of them that change, by name: seconds and values.
        shape: whose identity the clip has: ``average``, ``given``, or None where the basis has none.
        sampling: of diffusion models.
    """

    model: str
    family: str
    audio_sha256: str
    audio_seconds: float
    seed: int | None
    take: int
    style: str | None
    head_motion: bool
    phone_source: str | None = None
    notes: tuple[str, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    curves: Mapping[str, OptionCurve] = field(default_factory=dict)
    shape: str | None = None
    sampling: SamplingMeta | None = None

    def to_json(self) -> dict[str, Any]:
        """The clip's meta. Entries of which nothing is known are left out."""
        entries: dict[str, Any] = {
            "audio_sha256": self.audio_sha256,
            "audio_seconds": self.audio_seconds,
            "model": self.model,
            "family": self.family,
            "seed": self.seed,
            "take": self.take,
            "style": self.style,
            "head_motion": self.head_motion,
            "elocute_version": __version__,
        }
        if self.phone_source is not None:
            entries["phone_source"] = self.phone_source
        if self.phone_source is not None or self.notes:
            entries["notes"] = list(self.notes)
        if self.options:
            entries["options"] = dict(self.options)
        if self.curves:
            entries["curves"] = plain_curves(self.curves)
        if self.shape is not None:
            entries["shape"] = self.shape
        if self.sampling is not None:
            entries |= self.sampling.to_json()
        return entries


@dataclass(frozen=True)
class FinishingMeta:
    """What was done to a clip after it was generated.

    Attributes:
        lip_contacts: whether the contacts of P, B, M, F and V were made certain.
        gaze_amount: how often and how far added eyes leave the camera, on average; None without.
        blink_rate: added blinks a minute, on average; None where no blinks were added.
        sound_begins: seconds of the recording's film before its sound begins; programs that play a film's
            sound alone, as Blender does, begin with it.
    """

    lip_contacts: bool
    gaze_amount: float | None = None
    blink_rate: float | None = None
    sound_begins: float = 0.0

    def added_to(self, meta: Mapping[str, Any]) -> dict[str, Any]:
        """A clip's meta with these entries."""
        entries: dict[str, Any] = {**meta, "lip_contacts": self.lip_contacts}
        if self.gaze_amount is not None:
            entries["gaze_amount"] = self.gaze_amount
        if self.blink_rate is not None:
            entries["blink_rate"] = self.blink_rate
        if self.sound_begins:
            entries["sound_begins"] = self.sound_begins
        return entries


def cut_meta(meta: Mapping[str, Any], segment: str | None) -> dict[str, Any]:
    """The meta of a clip of a part of its recording: ``segment`` tells which, as the command line writes it.

    Programs that lay the recording beside the clip need it; None for the whole recording.
    """
    rest = {name: value for name, value in meta.items() if name != "segment"}
    return rest if segment is None else {**rest, "segment": segment}


def revised_meta(
    meta: Mapping[str, Any],
    made: Mapping[str, Any],
    ranges: Sequence[tuple[float, float]],
    parts: Sequence[str],
) -> dict[str, Any]:
    """The meta of a clip of which some seconds were made anew, as a clip with the meta ``made`` was.

    The list ``revisions`` tells of each time; the rest goes on to say how the clip was made at first.
    """
    earlier = meta.get("revisions")
    told = {name: made[name] for name in ("model", "seed", "style", "phone_source") if name in made}
    entry = {"ranges": [list(one) for one in ranges], "parts": list(parts), **told}
    return {**meta, "revisions": [*(earlier if isinstance(earlier, list) else []), entry]}


def transferred_meta(meta: Mapping[str, Any], basis: str) -> dict[str, Any]:
    """The meta of a clip that was carried over from another basis."""
    return {**meta, "transferred_from": basis}


def fitted_meta(meta: Mapping[str, Any], dimensions: int) -> dict[str, Any]:
    """The meta of a clip that was fitted to a landmark track with this meta and 2 or 3 dimensions."""
    return {**meta, "fitted_to": f"{dimensions}-D landmarks"}


def imported_meta(file_name: str) -> dict[str, Any]:
    """The meta of a clip that was read from a motion file of another program."""
    return {"source": file_name}
