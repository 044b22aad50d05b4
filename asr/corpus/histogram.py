"""How long the utterances of a corpus are, as a picture: bars of text that every page shows, and an SVG."""

from collections.abc import Sequence
from html import escape

from asr.corpus.statistics import BINS

_WIDTH = 32  # characters of the longest bar
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LINE, _LABELS, _BARS, _COUNTS = 22, 80, 340, 70  # sizes in the SVG
_LABELLED = [f"{low}–{high} s" for low, high in zip((0, *BINS), BINS, strict=False)] + [f"over {BINS[-1]} s"]


def text_bars(durations: Sequence[int]) -> str:
    """A line for each bin from the first to the last with utterances in it: its seconds, its count and a bar.

    The bar stands last, so that a font which draws it wider or narrower moves nothing.
    """
    bins = _occupied(durations)
    most = max((count for _, count in bins), default=0)
    wide = len(f"{most:,}")
    return "\n".join(f"{label:>9}  {count:>{wide},}  {_bar(count, most)}".rstrip() for label, count in bins)


def svg_bars(durations: Sequence[int], name: str, key: str) -> str:
    """The same as an SVG element for an HTML page, in the page's own colours; `key` makes its ids unique there."""
    bins = _occupied(durations)
    most = max((count for _, count in bins), default=0)
    height = _LINE * len(bins) + 4
    told = "; ".join(f"{label}: {count:,}" for label, count in bins) or "no utterances"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_LABELS + _BARS + _COUNTS} {height}" class="histogram" '
        f'role="img" aria-labelledby="{key}-title {key}-desc" fill="currentColor" font-size="13">',
        f'<title id="{key}-title">Durations of the utterances in {escape(name)}</title>',
        f'<desc id="{key}-desc">Utterances by their seconds. {told}.</desc>',
    ]
    for number, (label, count) in enumerate(bins):
        top = _LINE * number + 3
        bar = max(round(_BARS * count / most), 1) if count else 0
        lines += [
            f'<text x="{_LABELS - 8}" y="{top + 13}" text-anchor="end">{label}</text>',
            f'<rect x="{_LABELS}" y="{top}" width="{bar}" height="{_LINE - 6}" rx="2"/>' if bar else "",
            f'<text x="{_LABELS + bar + 6}" y="{top + 13}">{count:,}</text>',
        ]
    return "\n".join(filter(None, [*lines, "</svg>"]))


def _occupied(durations: Sequence[int]) -> list[tuple[str, int]]:
    """The bins without the empty ones at both ends."""
    used = [number for number, count in enumerate(durations) if count]
    return list(zip(_LABELLED, durations, strict=True))[used[0] : used[-1] + 1] if used else []


def _bar(count: int, most: int) -> str:
    eighths = max(round(8 * _WIDTH * count / most), 1) if count else 0
    return ("█" * (eighths // 8) + _EIGHTHS[eighths % 8]).strip()
