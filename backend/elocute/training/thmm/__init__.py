"""Training of the THMM-DiT family."""
