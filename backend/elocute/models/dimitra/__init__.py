"""Dimitra: conditional motion diffusion transformers over groups of channels (Chopin et al. 2025)."""
