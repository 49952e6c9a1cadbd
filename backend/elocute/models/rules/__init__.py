"""The ``rules`` model: phones to motion by dominance functions and prosody, without a neural network."""
