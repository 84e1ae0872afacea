"""Which keys of a file stand more than once, without keeping all of them.

A Bloom filter of fixed size tells in the first pass which keys may have been there before; only those are kept, and
the second pass knows them exactly. Of a million keys about ten are kept that were there once.
"""

from hashlib import blake2b
from typing import Final

_BITS: Final = 27
_MASK: Final = (1 << _BITS) - 1
MOST_KEYS: Final = 1_000_000
"""Keys that are kept: of versions of a record, of lines of an invoice, or of ids that stand twice."""


def digest(key: str) -> int:
    """64 bits of a key, the same in every process."""
    return int.from_bytes(blake2b(key.encode(errors="surrogatepass"), digest_size=8).digest(), "big")


class TooManyKeysError(Exception):
    """More keys than are kept."""


class Repeats:
    """Keys that may stand more than once; filled in a first pass, asked in a second."""

    def __init__(self) -> None:
        self._bits = bytearray()
        self._maybe: set[int] = set()
        self._first: dict[int, int] = {}

    def add(self, key: str) -> None:
        """Raises TooManyKeysError."""
        hashed = digest(key)
        bits, there = self._bits or self._opened(), True
        for shift in (0, 21, 37):
            at = (hashed >> shift) & _MASK
            byte, bit = at >> 3, 1 << (at & 7)
            if not bits[byte] & bit:
                there = False
                bits[byte] |= bit
        if there:
            self._maybe.add(hashed)
            if len(self._maybe) > MOST_KEYS:
                raise TooManyKeysError

    def _opened(self) -> bytearray:
        """The filter, from the first key on: of many files only the one that is read has it."""
        self._bits = bytearray((1 << _BITS) // 8)
        return self._bits

    def close(self) -> None:
        """The first pass is over."""
        self._bits = bytearray()

    def first_line(self, key: str, line: int) -> int:
        """The line in which a key stands first: this one, or an earlier."""
        if not self._maybe:
            return line
        hashed = digest(key)
        return self._first.setdefault(hashed, line) if hashed in self._maybe else line

    def rewind(self) -> None:
        """Another second pass begins."""
        self._first = {}


class Newest:
    """Of each key the line whose counter is greatest; of equal ones the last."""

    def __init__(self) -> None:
        self._best: dict[int, int] = {}

    def add(self, key: str, counter: int, line: int) -> None:
        """Raises TooManyKeysError."""
        hashed = digest(key)
        packed = (counter << 40) | line
        best = self._best.get(hashed)
        if best is None and len(self._best) >= MOST_KEYS:
            raise TooManyKeysError
        if best is None or packed > best:
            self._best[hashed] = packed

    def is_best(self, key: str, line: int) -> bool:
        best = self._best.get(digest(key))
        return best is not None and best & ((1 << 40) - 1) == line
