"""A batch of clips onto characters without a window."""
