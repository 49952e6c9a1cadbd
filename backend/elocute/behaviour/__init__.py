"""Eyes and lids, for the clips of any family."""
