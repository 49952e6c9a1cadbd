"""The README of a trained checkpoint."""

from __future__ import annotations

from typing import Final

from elocute.models.diffposetalk.config import DiffPoseTalkConfig
from elocute.training.diffposetalk.data import RunData
from elocute.training.diffposetalk.settings import DenoiserSettings

_CARD: Final = """# DiffPoseTalk model, iteration {iteration}

Speech-driven facial animation in basis `{basis}` at {fps:g} frames a second, trained by `elocute train
denoiser`. Every setting is in `training.json`.

- Data: {recordings} recordings of {people} people (list `{split}`).
- Motion: {expression} expressions, {head} numbers of head rotation, {jaw} of jaw rotation.
- Denoiser: width {width}, {layers} layers, alignment width {alignment}, {steps} diffusion steps ({schedule}).
- Speech encoder: {encoder}.
- Conditions that guide: {guiding}. Styles: {styles}.

The licences of the data, of the speech encoder's weights and of the face model apply to what is made
from them. Measure the model with `elocute eval` before you rely on it.
"""


def model_card(config: DiffPoseTalkConfig, settings: DenoiserSettings, data: RunData, iteration: int) -> str:
    """Markdown that says what the model is and how it came about."""
    return _CARD.format(
        iteration=iteration,
        basis=config.basis,
        fps=config.fps,
        recordings=len(data.train),
        people=len({name.split("/")[0] for name in data.train}),
        split=settings.run.split,
        expression=config.layout.expression,
        head=config.layout.head,
        jaw=config.layout.jaw,
        width=config.denoiser.feature_dim,
        layers=config.denoiser.layers,
        alignment=config.denoiser.alignment_width,
        steps=config.steps,
        schedule=config.schedule,
        encoder=f"{config.audio.kind} ({settings.audio_encoder})",
        guiding=", ".join(config.guiding) or "none",
        styles=f"{config.denoiser.style_dim} numbers" if config.denoiser.style_dim else "none",
    )
