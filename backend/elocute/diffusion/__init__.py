"""Diffusion for every model family: schedules, samplers, guidance, windows, noise. Knows no model."""
