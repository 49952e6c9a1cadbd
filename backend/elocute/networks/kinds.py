"""Names of the options of networks, in a module without heavy imports."""

from __future__ import annotations

from typing import Final, Literal, get_args

AttentionKind = Literal["efficient", "full"]
ATTENTION_KINDS: Final[tuple[str, ...]] = get_args(AttentionKind)
