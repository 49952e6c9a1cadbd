"""Training of the published DiffPoseTalk: style encoder and denoiser."""
