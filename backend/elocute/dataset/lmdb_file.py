"""Read an LMDB file without mapping it into memory: a damaged one is a ValueError, not a dead process.

LMDB's own library trusts its file: numbers of pages and offsets in it are followed without a check, so that a
few wrong bytes crash whoever opens it. Own code, for lookups and a walk through the keys of data format 1,
which every release of LMDB 0.9 writes; the structures are those of ``mdb.c``, section "Page headers".
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Final

_MAGIC: Final = 0xBEEFC0DE
_FORMAT: Final = 1
_PAGE_HEADER: Final = struct.Struct("<QHHHH")  # number, padding, flags, lower and upper end of free space
_META: Final = struct.Struct("<IIQQ")  # magic, format, address, size of the map
_DATABASE: Final = struct.Struct("<IHHQQQQQ")  # padding or page size, flags, depth, pages (3), entries, root
_META_END: Final = struct.Struct("<QQ")  # last page, transaction
_NODE: Final = struct.Struct("<HHHH")  # low and high half of a size or page, flags, length of the key
_BRANCH, _LEAF, _OVERFLOW = 0x01, 0x02, 0x04
_BIG_DATA: Final = 0x01
_NO_PAGE: Final = 2**64 - 1
_PAGE_SIZES: Final = (512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536)
_META_BYTES: Final = _PAGE_HEADER.size + _META.size + 2 * _DATABASE.size + _META_END.size
_DEEPEST: Final = 32


@dataclass(frozen=True)
class _Node:
    """An entry of a page: of a branch with the page below, of a leaf with its value."""

    key: bytes
    page: int
    flags: int
    size: int
    at: int


class LmdbFile:
    """The main database of an open LMDB file.

    Args:
        stream: the file, ``data.mdb``; it has to stay open.

    Raises:
        ValueError: it is no LMDB, of an unknown format, or truncated.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._size = os.fstat(stream.fileno()).st_size
        first = self._meta(0)
        self._page_size = first[1]
        second = self._meta(self._page_size)
        _, _, self._root, last = max(first, second)
        if (last + 1) * self._page_size > self._size:
            raise ValueError("it is truncated")

    def get(self, key: bytes, largest: int) -> bytes | None:
        """The value of a key, None if there is none.

        Raises:
            ValueError: the file is damaged on the way there, or the value has more than ``largest`` bytes.
        """
        if self._root == _NO_PAGE:
            return None
        number = self._root
        for _ in range(_DEEPEST):
            page, flags = self._page(number)
            nodes = self._nodes(page, flags)
            if flags & _LEAF:
                found = next((node for node in nodes if node.key == key), None)
                return None if found is None else self._value(page, found, largest)
            below = [node.page for index, node in enumerate(nodes) if index == 0 or node.key <= key]
            number = below[-1]
        raise ValueError("its tree is too deep")

    def keys(self) -> Iterator[bytes]:
        """Every key in order.

        Raises:
            ValueError: the file is damaged.
        """
        waiting = [] if self._root == _NO_PAGE else [self._root]
        seen: set[int] = set()
        while waiting:
            number = waiting.pop()
            if number in seen:
                raise ValueError("its tree has a loop")
            seen.add(number)
            page, flags = self._page(number)
            nodes = self._nodes(page, flags)
            if flags & _LEAF:
                yield from (node.key for node in nodes)
            else:
                waiting += [node.page for node in reversed(nodes)]

    def _meta(self, at: int) -> tuple[int, int, int, int]:
        """Transaction, page size, root and last page, as the meta page at ``at`` has them."""
        data = self._read(at, _META_BYTES)
        magic, version, _, _ = _META.unpack_from(data, _PAGE_HEADER.size)
        if magic != _MAGIC:
            raise ValueError("it is not an LMDB file")
        if version != _FORMAT:
            raise ValueError("it has an unknown format of LMDB")
        database = _PAGE_HEADER.size + _META.size
        page_size = _DATABASE.unpack_from(data, database)[0]
        main = _DATABASE.unpack_from(data, database + _DATABASE.size)
        last, transaction = _META_END.unpack_from(data, database + 2 * _DATABASE.size)
        if page_size not in _PAGE_SIZES or main[1] != 0:
            raise ValueError("it has pages or keys of another kind")
        return transaction, page_size, main[-1], last

    def _page(self, number: int) -> tuple[bytes, int]:
        page = self._read(number * self._page_size, self._page_size)
        own, _, flags, _, _ = _PAGE_HEADER.unpack_from(page)
        if own != number or flags & (_BRANCH | _LEAF) not in (_BRANCH, _LEAF):
            raise ValueError("a page is damaged")
        return page, flags

    def _nodes(self, page: bytes, flags: int) -> list[_Node]:
        _, _, _, lower, _ = _PAGE_HEADER.unpack_from(page)
        count = (lower - _PAGE_HEADER.size) // 2
        if count < 1 or lower > len(page):
            raise ValueError("a page is damaged")
        nodes = []
        for at in struct.unpack_from(f"<{count}H", page, _PAGE_HEADER.size):
            if at + _NODE.size > len(page):
                raise ValueError("a page is damaged")
            low, high, node_flags, length = _NODE.unpack_from(page, at)
            begin = at + _NODE.size
            if begin + length > len(page):
                raise ValueError("a page is damaged")
            below = low | high << 16 | (node_flags << 32 if flags & _BRANCH else 0)
            nodes.append(
                _Node(page[begin : begin + length], below, node_flags, low | high << 16, begin + length)
            )
        return nodes

    def _value(self, page: bytes, node: _Node, largest: int) -> bytes:
        if node.flags & ~_BIG_DATA:
            raise ValueError("an entry is of another kind")
        if node.size > largest:
            raise ValueError("an entry is too large")
        if not node.flags:
            if node.at + node.size > len(page):
                raise ValueError("an entry reaches past its page")
            return page[node.at : node.at + node.size]
        if node.at + 8 > len(page):
            raise ValueError("an entry reaches past its page")
        (number,) = struct.unpack_from("<Q", page, node.at)
        begin = number * self._page_size
        _, _, flags, _, _ = _PAGE_HEADER.unpack(self._read(begin, _PAGE_HEADER.size))
        if not flags & _OVERFLOW:
            raise ValueError("an entry's pages are damaged")
        return self._read(begin + _PAGE_HEADER.size, node.size)

    def _read(self, at: int, size: int) -> bytes:
        if at + size > self._size:
            raise ValueError("it is truncated")
        self._stream.seek(at)
        data = self._stream.read(size)
        if len(data) != size:
            raise ValueError("it is truncated")
        return data
