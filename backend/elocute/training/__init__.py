"""Training of the model families. Nothing outside this package and the command line imports it."""
