"""The last line of every reader: whatever goes wrong inside becomes one error that users understand.

Readers check what they read and say what is wrong. What no check foresaw, such as numbers of a kind that
nobody thought of, must not end as an internal error either: the file is damaged, whatever Python calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from elocute.errors import Cancelled, InputError, UserError


@contextmanager
def guarded(damaged: Callable[[str], InputError]) -> Iterator[None]:
    """Turn every exception of the block that users should not see into ``damaged(reason)``.

    Args:
        damaged: makes the error from a few words that say why.

    Raises:
        InputError: the block failed.
    """
    try:
        yield
    except (UserError, Cancelled):
        raise
    except Exception as error:
        raise damaged(reason_of(error)) from error


def reason_of(error: Exception) -> str:
    """A few words, as the end of a sentence, that say why a file could not be read."""
    words = "its content has an unexpected form"
    match error:
        case KeyError() if error.args and isinstance(error.args[0], str):
            words = f"it lacks {error.args[0]}"
        case RecursionError():
            words = "it is nested too deeply"
        case MemoryError():
            words = "it needs more memory than there is"
        case OverflowError():
            words = "it holds a number that is too large"
        case OSError(strerror=str(told)):
            words = told
        case ValueError() if str(error):
            words = str(error)
    return words
