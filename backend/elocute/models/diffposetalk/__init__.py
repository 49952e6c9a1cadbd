"""DiffPoseTalk (Sun et al. 2024): windowed diffusion of expression, jaw and head pose."""
