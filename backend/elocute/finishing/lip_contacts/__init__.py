"""Contacts of the lips made certain in a finished clip, wherever the phones ask for them."""
