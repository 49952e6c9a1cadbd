"""Synthesized speech with exact phone times, made to resemble real recordings, for training."""
