"""Training of the bundled model on synthesized speech."""
