"""Synthesized speech with exact phones: texts, voices, augmentation, the corpus on disk, lessons."""
