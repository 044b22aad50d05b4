"""Which phonemes espeak-ng knows: it is asked itself, for it skips the rest of a word after one that it does not know.

The mnemonics are those of https://github.com/espeak-ng/espeak-ng/blob/master/docs/phonemes.md; they differ from
language to language.
"""

import ctypes
from collections.abc import Sequence

from asr.synthesis.accents import find_accents
from asr.synthesis.espeak import loaded_library

LONGEST_WORD = 60
"""Characters of phonemes without a space; espeak-ng itself breaks down at some two hundred."""

_SYNCHRONOUS, _CHARS_UTF8, _PHONEMES = 2, 1, 0x100  # as in espeak.py
_Silent = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)


def unknown_phonemes(phonemes: Sequence[str], language: str) -> list[str]:
    """For each string of phonemes (what stands in `[[…]]`) what is unknown in it, in words; empty when nothing is.

    Every accent of the language must know them, for each may come to speak them.

    Raises:
        SettingsError: espeak-ng does not speak the language.
        RuntimeError: espeak-ng did not start.
    """
    unknown = [""] * len(phonemes)
    accents = find_accents(language)
    with loaded_library() as (library, data_path):
        if library.espeak_Initialize(_SYNCHRONOUS, 0, data_path.encode(), 0) <= 0:
            raise RuntimeError(f"espeak-ng did not start with the data in {data_path}")
        library.espeak_TextToPhonemes.restype = ctypes.c_char_p
        silent = _Silent(lambda *_: 1)  # named, so that it lives while espeak-ng calls it
        library.espeak_SetSynthCallback(silent)
        for accent in accents:
            if library.espeak_SetVoiceByName(accent.encode()) != 0:
                continue
            # Only speaking tells espeak-ng to look for phonemes in a text, and it remembers that.
            library.espeak_Synth(b"a", 2, 0, 1, 0, _CHARS_UTF8 | _PHONEMES, None, None)
            for number, one in enumerate(phonemes):
                if not unknown[number]:
                    unknown[number] = _unknown(library, one, accent)
    return unknown


def _unknown(library: ctypes.CDLL, phonemes: str, accent: str) -> str:
    for word in phonemes.split():
        if len(word) > LONGEST_WORD:
            return f"“{word[:LONGEST_WORD]}…” is longer than {LONGEST_WORD} characters without a space"
        if "_^_" in word:
            return f"“{word}” changes the language"
        spoken = _spoken(library, word)
        # What follows an unknown phoneme is not spoken, so that one phoneme more makes no difference there.
        if spoken == _spoken(library, f"{word}|s"):
            known = f"of “{word}” espeak-ng speaks only “{spoken}”" if spoken else f"espeak-ng cannot speak “{word}”"
            return f"{known} ({accent})"
    return ""


def _spoken(library: ctypes.CDLL, word: str) -> str:
    text = ctypes.create_string_buffer(f"[[{word}]]".encode())
    rest = ctypes.c_void_p(ctypes.addressof(text))
    spoken = []
    while rest.value:
        spoken.append(library.espeak_TextToPhonemes(ctypes.byref(rest), _CHARS_UTF8, 0) or b"")
    return b" ".join(spoken).decode(errors="replace").strip()
