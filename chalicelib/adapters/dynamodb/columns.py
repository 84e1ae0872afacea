"""Columns as compressed JSON: how many small rows share one item.

Rows of one kind are stored column by column, each column in the form that costs least: identifiers of one sequence as
steps, integers as differences, few distinct values as one letter each. What is packed is lossless.
"""

import json
import re
import zlib
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import wraps
from itertools import accumulate, pairwise, repeat
from typing import Any, Final, ParamSpec, TypeVar

CODEC_VERSION: Final = 1
MOST_BYTES: Final = 16 * 1024 * 1024
"""Of a document before compression: thirty times what the largest real block has; damage must not fill the memory."""

MOST_VALUES: Final = 1_000_000
"""In a column of one value, of which only the count is stored."""

Parameters = ParamSpec("Parameters")
Decoded = TypeVar("Decoded")

_LETTERS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
_LETTER_VALUE: Final = {letter: value for value, letter in enumerate(_LETTERS)}
_NUMBERED = re.compile(r"(.*?)(0*(?:[1-9]\d{0,14}|0))\Z", re.ASCII)


class CodecError(ValueError):
    """Stored bytes cannot be read: they were written by an unknown version of the service, or are damaged."""


def refusing_damage(decode: Callable[Parameters, Decoded]) -> Callable[Parameters, Decoded]:
    """Lets a decoder raise CodecError for whatever it cannot make sense of, and nothing else."""

    @wraps(decode)
    def decoded(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Decoded:
        try:
            return decode(*args, **kwargs)
        except CodecError:
            raise
        except (ArithmeticError, AttributeError, LookupError, StopIteration, TypeError, ValueError) as error:
            raise CodecError("what is stored is damaged") from error

    return decoded


def pack(document: Any) -> bytes:
    """A JSON document as versioned, compressed bytes; equal documents give equal bytes.

    Raises CodecError for one that is too large to be read again.
    """
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
    if len(text) > MOST_BYTES:
        raise CodecError(f"a document of {len(text)} bytes is too large")
    # Filtered: short matches among digits cost more than the digits do. Facts and rows get 3-7 % smaller.
    compressor = zlib.compressobj(9, zlib.DEFLATED, -15, zlib.DEF_MEM_LEVEL, zlib.Z_FILTERED)
    return bytes((CODEC_VERSION,)) + compressor.compress(text) + compressor.flush()


def unpack(data: bytes) -> Any:
    """The document of packed bytes. Raises CodecError for a version that this code does not know, and for damage."""
    if not data or data[0] != CODEC_VERSION:
        version = data[0] if data else "none"
        raise CodecError(f"codec version {version} is unknown; this code reads {CODEC_VERSION}")
    decompressor = zlib.decompressobj(-15)
    try:
        text = decompressor.decompress(data[1:], MOST_BYTES)
        document = json.loads(text) if decompressor.eof else None
    except (zlib.error, ValueError, RecursionError) as error:
        raise CodecError("the stored bytes are damaged") from error
    if not decompressor.eof or decompressor.unused_data:
        raise CodecError("the stored bytes are damaged, or too many")
    return document


def encode_values(values: Sequence[Any]) -> Any:
    """Plain values: few distinct ones as [distinct, letters], else the list itself."""
    distinct = dict.fromkeys(values)
    if len(distinct) == 1:
        return [list(distinct), len(values)]
    if len(distinct) <= len(_LETTERS) and 2 * len(distinct) <= len(values):
        place = {value: _LETTERS[index] for index, value in enumerate(distinct)}
        return [list(distinct), "".join(map(place.__getitem__, values))]
    return list(values)


def decode_values(column: Any) -> list[Any]:
    if len(column) == 2 and isinstance(column[0], list):
        distinct, letters = column
        if isinstance(letters, int):
            if letters > MOST_VALUES:
                raise CodecError(f"a column of {letters} values is damaged")
            return list(repeat(distinct[0], letters))
        return [distinct[_LETTER_VALUE[letter]] for letter in letters]
    return list(column)


def encode_steps(values: Sequence[int]) -> Any:
    """Integers as differences from the value before."""
    return encode_values([*values[:1], *(after - before for before, after in pairwise(values))])


def decode_steps(column: Any) -> list[int]:
    return list(accumulate(decode_values(column)))


def encode_ids(ids: Sequence[str]) -> Any:
    """Ids of one numbered sequence (`T0001234`) as [prefix, width, steps], others as a list."""
    matches = [_NUMBERED.match(value) for value in ids]
    parts = [match.groups() for match in matches if match is not None]
    if ids and len(parts) == len(ids):
        prefix, width = parts[0][0], min(len(digits) for _, digits in parts)
        numbers = [int(digits) for _, digits in parts]
        if all(f"{prefix}{n:0{width}d}" == value for n, value in zip(numbers, ids, strict=True)):
            return [prefix, width, encode_steps(numbers)]
    return [list(ids)]


def decode_ids(column: Any) -> list[str]:
    if len(column) == 1:
        return list(column[0])
    prefix, width, steps = column
    template = f"{prefix}%0{width}d"
    return [template % number for number in decode_steps(steps)]


def encode_number(value: int | Decimal | None) -> int | str | None:
    """An exact number for JSON: whole ones as integers, others as text."""
    if value is None or isinstance(value, int):
        return value
    return int(value) if value == value.to_integral_value() else str(value.normalize())


def decode_number(value: int | str | None) -> int | Decimal | None:
    return Decimal(value) if isinstance(value, str) else value
