"""Text data: plain sentences, pronunciations and structured text, line by line, each with why it is rejected.

Assumptions: characters above U+00A1 are only refused in English (Microsoft's own Spanish and Portuguese samples have
them), and a byte order mark is only demanded for other languages, for transcripts as for text.
"""

import re
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator, Mapping, Sequence

from tests.azure_emulator.errors import JobFailed

MOST_LISTS, MOST_ENTRIES = 20, 35_000
MOST_LINES_WITHOUT_SPACES = 20_000
"""Lines of plain text in Japanese or Korean."""

TextRules = Callable[[Sequence[str], str], Iterator[tuple[int, str, str | None]]]
"""Lines and the locale to line number, what a model learns, and why it does not."""

_URI = re.compile(r"[a-z][a-z0-9+.-]*://|\bwww\.", re.IGNORECASE)
_REPEATED = re.compile(r"(?:^|\s)(\S+)(?:\s+\1){3,}(?=\s|$)", re.IGNORECASE)
_LIST = re.compile(r"@\s*list\s+(\S+)\s*=\s*$", re.IGNORECASE)
_LEXICON = re.compile(r"@\s*speech:phoneticlexicon\s*$", re.IGNORECASE)
_PLACE = re.compile(r"\{@([^{}\s]+)\}")


def decoded(content: bytes, locale: str) -> str:
    """The text of a file.

    Raises:
        JobFailed: no byte order mark although the language asks for one, or not UTF-8.
    """
    if not content.startswith(BOM_UTF8) and not locale.lower().startswith("en-"):
        raise JobFailed("NoUtf8WithBom", f"Text in {locale} must be encoded as UTF-8 with a byte order mark.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise JobFailed("NoUtf8WithBom", f"The text is not UTF-8: byte {error.start} is no part of it.") from None


def plain_lines(lines: Sequence[str], locale: str) -> Iterator[tuple[int, str, str | None]]:
    """One sentence a line."""
    if locale[:2] in ("ja", "ko") and len(lines) > MOST_LINES_WITHOUT_SPACES:
        raise JobFailed("DataImportFailed", f"{len(lines)} lines; at most {MOST_LINES_WITHOUT_SPACES} are taken.")
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, line.strip(), _wrong_sentence(line, locale)


def pronunciation_lines(lines: Sequence[str], locale: str) -> Iterator[tuple[int, str, str | None]]:
    """What is written, a tab, and how it is said; a model learns the written form."""
    for number, line in enumerate(lines, 1):
        parts = [part.strip() for part in line.split("\t")]
        if not line.strip():
            continue
        right = len(parts) == 2 and all(parts)
        yield number, parts[0], None if right else "not “written form”, a tab and “spoken form”"


def structured_lines(lines: Sequence[str], locale: str) -> Iterator[tuple[int, str, str | None]]:
    """Sentences with their lists filled in: each entry of each list occurs at least once; lists are no lines."""
    lists: dict[str, list[str]] = {}
    sentences: list[tuple[int, str]] = []
    inside: list[str] | None = None
    for number, raw in enumerate(lines, 1):
        line = raw.partition("//")[0].strip()
        if not line:
            continue
        if head := _LIST.match(line):
            inside = lists.setdefault(head[1], [])
        elif _LEXICON.match(line):
            inside = []
        elif line.startswith("#"):
            inside = None
        elif not line.startswith("-"):
            yield number, line, "neither a head nor an entry that begins with “-”"
        elif inside is not None:
            inside.append(line[1:].strip())
        else:
            sentences.append((number, line[1:].strip()))
    if len(lists) > MOST_LISTS or sum(map(len, lists.values())) > MOST_ENTRIES:
        raise JobFailed("DataImportFailed", f"More than {MOST_LISTS} lists or {MOST_ENTRIES} entries.")
    for number, sentence in sentences:
        yield from _filled(number, sentence, lists)


def _filled(number: int, sentence: str, lists: Mapping[str, Sequence[str]]) -> Iterator[tuple[int, str, str | None]]:
    names = _PLACE.findall(sentence)
    if missing := [name for name in names if not lists.get(name)]:
        yield number, sentence, f"the list {missing[0]} is not there or empty"
        return
    for turn in range(max([len(lists[name]) for name in names], default=1)):
        filled = sentence
        for name in names:
            filled = filled.replace(f"{{@{name}}}", lists[name][turn % len(lists[name])])
        yield number, filled, None


def _wrong_sentence(line: str, locale: str) -> str | None:
    if _URI.search(line):
        return "it holds a URI"
    if _REPEATED.search(line):
        return "a word is repeated more than three times"
    if locale.startswith("en-") and (strange := [sign for sign in line if ord(sign) > 0xA1]):
        return f"the character {strange[0]} is above U+00A1"
    return None
