"""THMM-DiT: motion of talking heads by a diffusion transformer that is shown long clues."""
