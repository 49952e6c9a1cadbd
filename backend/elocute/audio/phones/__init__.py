"""Phones with times: alignment, recognition and all-phone decoding with pocketsphinx.

``finder`` decides, ``pool`` and ``worker`` run the decoders in processes of their own (pocketsphinx holds
the interpreter lock all the time), the other modules prepare sound and text for them.
"""
