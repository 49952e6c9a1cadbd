"""A batch of clips onto characters without a window: what the arguments say, and which shots there are."""
