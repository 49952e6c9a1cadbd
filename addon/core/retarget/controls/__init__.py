"""One vocabulary of face controls, and how clips of any basis are told in it.

Numpy and the standard library only. The add-on and the backend share no code, so this package stands on both
sides (``addon/core/retarget/controls``, ``elocute/controls``), byte for byte the same: ``tests/contract``
compares them.
"""
