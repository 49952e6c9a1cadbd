"""Synthesized speech with exact phones: texts, voices, disturbances, the corpus on disk, lessons."""
