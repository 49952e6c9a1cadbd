"""Names of the options of diffusion models, in a module without heavy imports."""

from __future__ import annotations

from typing import Final, Literal, get_args

ScheduleKind = Literal["cosine", "linear", "quadratic", "sigmoid"]
SamplerKind = Literal["ddpm", "ddim", "dpmpp"]
Target = Literal["sample", "noise"]
GuidanceMode = Literal["incremental", "independent"]

SCHEDULE_KINDS: Final[tuple[str, ...]] = get_args(ScheduleKind)
SAMPLER_KINDS: Final[tuple[str, ...]] = get_args(SamplerKind)
GUIDANCE_MODES: Final[tuple[str, ...]] = get_args(GuidanceMode)
