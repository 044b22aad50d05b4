"""The locales of Azure Custom Speech: which there are, and with which kinds of data a model of each can be trained."""

import functools
import re
import tomllib
from pathlib import Path
from typing import Literal

from asr.errors import SettingsError

Kind = Literal["Acoustic", "AudioFiles", "Language", "LanguageMarkdown", "OutputFormatting", "Pronunciation"]
"""The kind of a data set: audio with transcripts, audio alone, plain text, structured text, display format, and how
words are said."""

_LOCALE = re.compile(r"([a-z]{2,3})(?:-([a-z]{4}))?-([a-z]{2}|[0-9]{3})")
_TABLE = Path(__file__).with_name("locales.toml")


@functools.cache
def locales_of(kind: Kind) -> frozenset[str]:
    """The locales that take data of a kind."""
    return frozenset(_table()[kind])


def is_known(locale: str) -> bool:
    """Whether it was a locale of the service when the table was made."""
    return any(locale in locales for locales in _table().values())


def find_locale(language: str) -> str:
    """The locale that `language` means, in Azure's own spelling: `en-us` is `en-US`.

    One of a language that is not known here is taken as it is: the service itself says whether it has it.

    Raises:
        SettingsError: it means none; the message names the nearest.
    """
    known = {locale.lower(): locale for locales in _table().values() for locale in locales}
    wanted = language.lower().replace("_", "-")
    if wanted in known:
        return known[wanted]
    if (new := _LOCALE.fullmatch(wanted)) and not any(lower.startswith(f"{new[1]}-") for lower in known):
        return "-".join((new[1], *([new[2].title()] if new[2] else []), new[3].upper()))
    same_language = sorted(locale for lower, locale in known.items() if lower.startswith(f"{wanted[:2]}-"))
    examples = ", ".join(same_language) or "en-US, de-DE or zh-CN"
    raise SettingsError(f"language is {language!r}; Azure Custom Speech wants a locale such as {examples}")


@functools.cache
def _table() -> dict[str, list[str]]:
    return tomllib.loads(_TABLE.read_text(encoding="utf-8"))
