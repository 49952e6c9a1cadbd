"""Training of the Dimitra family."""
