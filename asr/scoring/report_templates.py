"""The templates of the report: whatever anybody wrote is cut, made visible and escaped before it is on a page."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from asr.corpus.histogram import svg_bars, text_bars
from asr.corpus.report import code
from asr.scoring import figures
from asr.scoring.markdown_text import markdown
from asr.scoring.shown_text import shown_text
from asr.templates import template_environment

if TYPE_CHECKING:
    import jinja2

MOST_OF_A_NAME = 120
"""Characters of a name or a word on the page."""


@cache
def report_templates() -> "jinja2.Environment":
    """The templates with all that they call; plain text that they write goes through `shown_text`."""
    filters = (
        figures.percent,
        figures.points,
        figures.interval,
        figures.between,
        figures.chance,
        figures.p_value,
        figures.whole,
        figures.speed,
        figures.duration,
        figures.number,
        code,
        svg_bars,
        text_bars,
        markdown,
        brief,
    )
    environment = template_environment(Path(__file__).with_name("templates"), filters)
    environment.finalize = _seen
    return environment


def brief(text: str) -> str:
    """Text of anybody where a name or a word is expected."""
    return shown_text(text, MOST_OF_A_NAME)


def _seen(value: object) -> object:
    # What a filter has made markup of is written as it is.
    return shown_text(value) if type(value) is str else value
