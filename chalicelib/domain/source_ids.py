"""Ids of other systems as ids of records: one function for imports, connections and deletions."""

import re
from base64 import b32encode
from hashlib import sha256
from typing import Final

from chalicelib.domain.ids import RECORD_ID_PATTERN, RecordId
from chalicelib.domain.text import stored_text

LONGEST: Final = 64
_HASHED: Final = 10
_ROOM: Final = LONGEST - _HASHED - 1
_FITS = re.compile(RECORD_ID_PATTERN.replace("$", r"\Z"))
_REFUSED = re.compile(r"[^A-Za-z0-9._-]")


def plain_id(text: str, source: str = "") -> str:
    """An id of another system, trimmed and in Unicode form NFC, with its system's name in front."""
    own = stored_text(text.strip())
    return f"{source}.{own}" if source else own


def record_id(text: str, source: str = "") -> RecordId:
    """The id of a record by its id in another system; the same wherever it is computed.

    Where the contract refuses it, refused characters become hyphens, and ten characters of a hash (50 bits) keep ids
    apart that fall together by that; of a long one the middle is left out.
    """
    plain = plain_id(text, source)
    if _FITS.match(plain):
        return RecordId(plain)
    hashed = _hash(plain, _HASHED)
    cleaned = _REFUSED.sub("-", plain).lstrip("-._")
    if not cleaned:
        return RecordId(hashed)
    if len(cleaned) > _ROOM:
        cleaned = cleaned[: (_ROOM + 1) // 2] + cleaned[-(_ROOM // 2) :]
    return RecordId(f"{cleaned}-{hashed}")


def hash_id(cells: list[str], source: str = "") -> RecordId:
    """The id of a record that has none in its own system, of what tells it apart there."""
    told = "\x1f".join(stored_text(cell.strip()) for cell in cells)
    return record_id(_hash(told, 16), source)


def _hash(text: str, length: int) -> str:
    return b32encode(sha256(text.encode(errors="surrogatepass")).digest()).decode().lower()[:length]
