"""Words recognised without being told them.

``engine`` says what a recogniser of words is, ``choice`` which one is used, the other modules are one
recogniser each. What they give is never believed as it is: :mod:`elocute.audio.phones.hearing_finder`
compares it with the phones that are heard.
"""
