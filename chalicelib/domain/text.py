"""Texts that look the same are the same: how they are stored, compared and found (scoring.md, Texts)."""

from typing import Literal


def stored_text(text: str) -> str:
    """A text as it is stored: in Unicode form NFC."""
    return in_form("NFC", text)


def name_key(name: str) -> str:
    """What names are ordered by; of equal ones the id decides."""
    return in_form("NFKC", name).casefold()


def folded(text: str) -> str:
    """What names and words of other systems are told apart by: neither letters' forms nor case nor how many blanks."""
    return " ".join(name_key(text).split())


def industry_key(industry: str | None) -> str | None:
    """What industries are told apart by: neither letters' forms nor case nor how many blanks; None for none."""
    return folded(industry or "") or None


def search_key(text: str) -> str:
    """What is searched for, and in: without case and accents, so that `muller` finds `Müller`."""
    key = name_key(text)
    if key.isascii():
        return key
    from unicodedata import combining

    return "".join(letter for letter in in_form("NFKD", key) if not combining(letter))


def in_form(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """A text in a form of Unicode, whose tables are loaded for the first text that is more than ASCII."""
    if text.isascii():
        return text
    from unicodedata import normalize

    return normalize(form, text)
