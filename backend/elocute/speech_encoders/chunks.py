"""How a long recording is cut for an encoder whose attention needs the square of the length.

The field's published programs encode pieces of 1000 features independently of each other: piece i
holds the samples from 1000 i hop on, and as many as 1000 features need (field - hop more than they step
over); what is left makes the last piece. With HuBERT's hop of 320 and field of 400 samples piece i is
[320000 i, 320000 i + 320080). Together the pieces give as many features as the recording would in one go.
"""

from __future__ import annotations

from typing import Final

FEATURES: Final = 1000
"""Features of a piece."""


def independent_pieces(samples: int, hop: int, field: int) -> list[tuple[int, int]]:
    """First sample of each piece and the one after its last.

    Args:
        samples: of the recording.
        hop: samples between two features.
        field: samples that one feature sees.

    Returns:
        Whole pieces, then the rest if a feature fits into it.
    """
    step = FEATURES * hop
    whole = samples // step
    pieces = [(i * step, min(i * step + step - hop + field, samples)) for i in range(whole)]
    if samples - whole * step >= field:
        pieces.append((whole * step, samples))
    return pieces
