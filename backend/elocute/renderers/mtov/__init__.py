"""MToV of MoDiTalker: landmarks and one image of a face to a film, by diffusion in tri-plane latents."""
