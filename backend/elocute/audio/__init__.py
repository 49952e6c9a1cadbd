"""From a sound file to per-frame speech features and phones."""
