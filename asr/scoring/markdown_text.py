"""Text of anybody inside of a Markdown page: shown as it was written, and never as Markdown or HTML."""

from typing import TYPE_CHECKING

from asr.scoring.shown_text import shown_text

if TYPE_CHECKING:
    from markupsafe import Markup

MOST_CHARACTERS = 300
"""Of one text: a table of Markdown has no place for more."""

_FENCE = "```\n"


def markdown(text: object, most: int = MOST_CHARACTERS) -> "Markup":
    """Escape text so that Markdown shows it as it is, on one line, also inside a table; longer text is cut."""
    from markupsafe import Markup, escape

    shown = " ".join(shown_text(str(text), most).split())
    escaped = str(escape(shown)).replace("&#39;", "'").replace("&#34;", '"')
    return Markup("".join("\\" + sign if sign in "\\`*_[]|~#" else sign for sign in escaped))


def shortened(page: str, most: int, ending: str) -> str:
    """Cut a page of Markdown to `most` characters, after a whole line, and end it with `ending`, which says so."""
    if len(page) <= most:
        return page
    end = f"\n{ending}\n"
    kept = page[: most - len(end) - len(_FENCE)]
    kept = kept[: kept.rfind("\n") + 1]
    opened = kept.count(f"\n{_FENCE}") % 2
    return kept + _FENCE * opened + end
