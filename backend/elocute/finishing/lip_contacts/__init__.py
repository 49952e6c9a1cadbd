"""Exact lip contacts: corrects a finished clip so that the contacts of its phones are made."""
