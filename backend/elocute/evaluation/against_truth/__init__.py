"""Measures of generated clips against a recorded one, as papers on speech-driven faces report them."""
