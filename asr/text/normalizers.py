"""Text normalizers: what counts as the same text when a transcript is scored.

Each has a name and a version, and every score carries both (`english@1`), so that scores made by different rules are
never compared. Change what a normalizer does, or upgrade a package below it so that its output changes, and its
version must rise.
"""

import difflib
import functools
import re
import unicodedata
from collections.abc import Callable

from asr.errors import SettingsError

Normalizer = Callable[[str], str]
"""Written text in, comparable text out: words separated by one space, none at the ends."""

VERSIONS = {"none": 1, "basic": 1, "english": 1}
"""The normalizers there are, with their versions."""

_APOSTROPHES = re.compile("[‘’‛ʼ´`＇]")
# An apostrophe at the edge of a word is a quotation mark.
_EDGE_APOSTROPHES = re.compile(r"(?<!\S)'+|'+(?!\S)|''+")
_ADDED_TO_WHISPER = (r"\bkinda\b", r"\bsorta\b", r"\bdunno\b", r"\bcause\b")


def normalizer(name: str) -> Normalizer:
    """Return the normalizer of that name (`english`, or with its version `english@1`), made once and kept.

    Raises SettingsError for a name or a version that does not exist.
    """
    return _make(_known(name))


def versioned(name: str) -> str:
    """Return the normalizer's name with its version, as it stands beside every score: `english@1`."""
    name = _known(name)
    return f"{name}@{VERSIONS[name]}"


def collapse(text: str) -> str:
    """Normalizer `none`: every run of white space becomes one space, and nothing else changes."""
    return " ".join(text.split())


def basic(text: str) -> str:
    """Normalizer `basic`, for any language: compatibility forms (NFKC), case folded, no punctuation, no symbols.

    Letters, digits and combining marks stay: without its marks an Indic word loses its vowels, and a model that drops
    them would look better than it is. Punctuation and symbols become spaces, so `well-known` counts as two words and
    `50 %` as one. An apostrophe stays between two letters, in one form (`don’t` is `don't`), and goes everywhere else.
    Characters without a shape (soft hyphen, joiners, variation selectors) vanish. In languages written without spaces
    read the character error rate.
    """
    text = unicodedata.normalize("NFKC", _APOSTROPHES.sub("'", text)).casefold()
    # Folding can take a composed letter apart; the dotted Turkish capital becomes a plain i, as written in lower case.
    text = unicodedata.normalize("NFKC", text.replace("i\N{COMBINING DOT ABOVE}", "i"))
    kept: list[str] = []
    for character in text:
        category = unicodedata.category(character)
        if category[0] in "LN" or character == "'":
            kept.append(character)
        elif category[0] == "M":
            # A mark belongs to the letter before it; what is left of an emoji has none.
            if kept and kept[-1] not in " '" and category != "Me" and not _selects_variant(character):
                kept.append(character)
        elif category != "Cf":
            kept.append(" ")
    return collapse(_EDGE_APOSTROPHES.sub(" ", "".join(kept)))


def _known(name: str) -> str:
    plain, _, version = name.partition("@")
    if plain not in VERSIONS:
        nearest = difflib.get_close_matches(plain.lower(), VERSIONS, n=1, cutoff=0.0)[0]
        raise SettingsError(
            f"There is no text normalizer {name!r}; did you mean {nearest!r}? There are {', '.join(VERSIONS)}."
        )
    if version and version != str(VERSIONS[plain]):
        raise SettingsError(
            f"The text normalizer {name!r} is not in this version of Wergate, which has "
            f"{plain}@{VERSIONS[plain]}; evaluate again to compare."
        )
    return plain


@functools.cache
def _make(name: str) -> Normalizer:
    return {"none": lambda: collapse, "basic": lambda: basic, "english": _english}[name]()


def _english() -> Normalizer:
    # Radford et al. 2022, "Robust Speech Recognition via Large-Scale Weak Supervision", appendix C.
    from whisper_normalizer.english import EnglishTextNormalizer

    whisper = EnglishTextNormalizer()
    # The package replaces four words that Whisper leaves alone, one of them wrongly ("the cause of it").
    for pattern in _ADDED_TO_WHISPER:
        whisper.replacers.pop(pattern, None)
    return lambda text: collapse(whisper(text))


def _selects_variant(character: str) -> bool:
    return "\ufe00" <= character <= "\ufe0f" or "\U000e0100" <= character <= "\U000e01ef"
