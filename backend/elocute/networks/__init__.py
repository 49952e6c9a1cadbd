"""Blocks of networks that more than one family is built of. They know no model and no kind of data."""
