"""Synthesized speech with exact phones, and the motion that the learned model is taught on it."""
