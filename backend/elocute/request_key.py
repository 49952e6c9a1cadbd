"""What a performance follows from, as plain values: where they are the same, it need not be made again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import elocute
from elocute.audio.phones.version import FRONT_END_VERSION
from elocute.audio.segment import Segment
from elocute.behaviour.attention import Attention
from elocute.models.family import LoadOptions
from elocute.option_curve import OptionCurve, plain_curves
from elocute.performance import PerformanceRequest
from elocute.storage.digest import content_digest


def request_facts(request: PerformanceRequest) -> dict[str, Any]:
    """Everything that the clips follow from besides the recording and the files of the model.

    Values that JSON can hold; contents of files are told by their digests.
    """
    generation, compute = request.settings, request.compute
    return {
        "version": elocute.__version__,
        "front_end": FRONT_END_VERSION,
        "given_phones": None if request.given_phones is None else content_digest(request.given_phones),
        "segment": None if request.segment is None else _part(request.segment),
        "transcript": request.transcript,
        "language": request.language,
        "words": request.words,
        "style": generation.style,
        "style_files": _digests(generation.style_files),
        "options": dict(generation.options),
        "choices": dict(generation.choices),
        "identity": generation.identity,
        "noise": None if generation.noise is None else content_digest(generation.noise),
        "before": None if generation.before is None else content_digest(generation.before),
        "base": None if generation.base is None else content_digest(generation.base),
        "ranges": [list(one) for one in generation.ranges],
        "channels": list(generation.channels),
        "pinned": [list(pin) for pin in generation.pinned],
        "seed": generation.seed,
        "takes": generation.takes,
        "head_motion": generation.head_motion,
        "lip_contacts": generation.lip_contacts,
        "compute": None if compute is None else _arithmetic(compute),
        **_curves(generation.curves),
        **_attention(generation.attention),
    }


def _curves(curves: Mapping[str, OptionCurve]) -> dict[str, Any]:
    """Nothing where there are none: what was made before there were any need not be made again."""
    return {"curves": plain_curves(curves)} if curves else {}


def _arithmetic(compute: LoadOptions) -> list[str]:
    """A compiled network rounds otherwise; what is not compiled need not be made again."""
    return [compute.device, compute.precision, *(["compiled"] if compute.compiled else [])]


def _attention(attention: Attention | None) -> dict[str, Any]:
    return {} if attention is None else {"attention": attention.facts}


def _part(segment: Segment) -> list[float | int | str | None]:
    part: list[float | int | str | None] = [segment.start, segment.end]
    if segment.channel is not None:
        part.append(segment.channel)
    if segment.track != 1:
        part.append(f"track {segment.track}")
    return [*part, "from the first sound"] if segment.from_first_sound else part


def _digests(contents: Mapping[str, bytes]) -> dict[str, str]:
    return {name: content_digest(content) for name, content in contents.items()}
