"""Recordings of speech with facial motion: read, packed, measured and cut for training."""
