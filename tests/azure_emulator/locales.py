"""The locales that the emulator has: some of each sort, with the kinds of data that the documents of April 2026 name.

Their own short table on purpose: the one that Wergate uses may hold a mistake.
"""

from collections.abc import Mapping

_FULL = ("Language", "Acoustic", "Pronunciation", "LanguageMarkdown", "OutputFormatting")

LOCALE_KINDS: Mapping[str, tuple[str, ...]] = {
    "af-ZA": ("Language",),
    "ar-EG": ("Language", "Acoustic", "LanguageMarkdown"),
    "de-DE": _FULL,
    "en-GB": (*_FULL, "AudioFiles"),
    "en-IN": _FULL,
    "en-US": (*_FULL, "AudioFiles"),
    "es-ES": _FULL,
    "es-MX": _FULL,
    "et-EE": ("Language", "Pronunciation"),
    "fr-FR": _FULL,
    "hi-IN": ("Language", "Acoustic", "LanguageMarkdown", "OutputFormatting"),
    "it-IT": _FULL,
    "ja-JP": ("Language", "Acoustic", "LanguageMarkdown", "OutputFormatting"),
    "ko-KR": ("Language", "Acoustic", "LanguageMarkdown", "OutputFormatting"),
    "nl-NL": _FULL,
    "pt-BR": _FULL,
    "sv-SE": _FULL,
    "zh-CN": ("Language", "Acoustic", "LanguageMarkdown", "OutputFormatting"),
}


def locales_by_kind() -> dict[str, list[str]]:
    """The locales that take data of each kind, as `GET /datasets/locales` answers."""
    kinds = (*_FULL, "AudioFiles")
    return {kind: [locale for locale, has in LOCALE_KINDS.items() if kind in has] for kind in kinds}
