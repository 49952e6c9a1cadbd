"""Measures of motion against what the sound itself says: formants and loudness."""
