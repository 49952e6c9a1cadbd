"""Sound files become samples in a process of their own: a damaged or hostile one can end nothing else.

``decoder`` and what it needs run in that process alone (``worker``); ``process`` and ``pool`` start it, ask
it and survive it; ``messages`` is what both sides say.
"""
