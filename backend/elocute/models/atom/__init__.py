"""AToM of MoDiTalker (Kim et al. 2024): diffusion of 68 facial landmarks from speech."""
