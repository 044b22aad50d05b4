"""What a model can write: its characters and letter case, and a transcript brought into them."""

import re
import unicodedata
from typing import Any


def writable_characters(tokenizer: Any) -> frozenset[str] | None:
    """The characters of a model that spells letter by letter; `None` when its pieces of words can write anything."""
    delimiter = getattr(tokenizer, "word_delimiter_token", None) or " "
    special = set(tokenizer.all_special_tokens) - {delimiter}
    pieces = [piece for piece in tokenizer.get_vocab() if piece not in special]
    if any(len(piece) > 1 and not (piece.startswith("<") and piece.endswith(">")) for piece in pieces):
        return None
    return frozenset(" " if piece == delimiter else piece for piece in pieces if len(piece) == 1)


def spell(text: str, characters: frozenset[str] | None) -> str:
    """Bring a transcript into the characters of a model: its letter case, without what it cannot write.

    An accented letter that the model lacks loses its accent, signs without a width of their own (vowel points, joiners)
    go; anything else unknown separates words.
    """
    if characters is None:
        return " ".join(text.split())
    letters = {character for character in characters if character.isalpha()}
    if letters and not any(letter.islower() for letter in letters) and any(letter.isupper() for letter in letters):
        text = text.upper()
    elif letters and not any(letter.isupper() for letter in letters):
        text = text.lower()
    text = unicodedata.normalize("NFC", text).replace("\u2019", "'")
    spelled = "".join(_known(character, characters) for character in text)
    return re.sub(r"\s+", " ", spelled).strip()


def _known(character: str, characters: frozenset[str]) -> str:
    if character in characters:
        return character
    if unicodedata.category(character) in ("Mn", "Mc", "Me", "Cf"):
        return ""
    plain = unicodedata.normalize("NFD", character)[0]
    return plain if plain in characters else " "
