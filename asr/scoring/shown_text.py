"""Text of anybody as a page shows it: never longer than a reader needs, and with nothing in it that cannot be seen."""

import re

MOST_CHARACTERS = 2_000
"""Of one text; what is longer is cut, and says how long it was."""

# Marks of direction that reach beyond their own word: they can turn a whole line around, and hide what it says.
_TURNING = range(0x202A, 0x202F), range(0x2066, 0x206A)
_CONTROLS = (sign for sign in (*range(0x20), *range(0x7F, 0xA0)) if chr(sign) not in "\t\n\r")
_UNSEEN = {sign: f"\\x{sign:02x}" for sign in _CONTROLS} | {
    sign: f"\\u{sign:04x}" for signs in _TURNING for sign in signs
}
_ALONE = re.compile("[\ud800-\udfff]")


def shown_text(text: str, most: int = MOST_CHARACTERS) -> str:
    """Cut a text to `most` characters, and write what cannot be seen as something that can.

    These are control characters, marks that turn the direction of what follows, and halves of a character that no file
    can hold. Marks of direction that only speak for their own place stay: Arabic and Hebrew are written with them.
    """
    cut = text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"
    return _ALONE.sub("�", cut.translate(_UNSEEN))
