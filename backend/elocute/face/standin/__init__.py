"""The stand-in head ``elocute-head-1``, made from nothing: shape, topology, weights and expressions.

Everything here works in centimetres with x to the character's left, y up, z forward and y = 0 at
the eye line; :mod:`elocute.face.standin.build` converts to metres at the end.
"""
