"""Heads that Elocute builds."""
