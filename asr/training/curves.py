"""The curves of a training as a picture: loss, learning rate and dev WER over the steps, one below the other."""

import math
from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path

from asr.training.diagnosis import Point

_WIDTH, _LEFT, _RIGHT = 640, 66, 14  # of the picture, of the numbers left of a panel, of the air right of it
_PANEL, _GAP, _BOTTOM = 120, 34, 26  # heights: of a panel, of the title above it, of the steps below the last
_MOST = 400  # points of a curve; a longer one is thinned, for a screen has no more columns
_STYLE = (
    "svg.curves{color:#1d2126;background:#fff;--curve:#0067a5;--grid:#e1ddd4}"
    "@media(prefers-color-scheme:dark){svg.curves{color:#e9e6df;background:#1c2026;--curve:#6cb8ee;--grid:#333a43}}"
    "svg.curves .grid{stroke:var(--grid)}svg.curves .curve{stroke:var(--curve);fill:none;stroke-width:2}"
    "svg.curves circle{fill:var(--curve)}svg.curves circle.best{fill:none;stroke:currentColor;stroke-width:2}"
)
"""The colours of the report page, so that it is readable alone, too."""

Curve = list[tuple[int, float]]


def svg_curves(points: Sequence[Point], name: str, key: str) -> str:
    """An SVG element of loss, learning rate and dev WER (in percent); `key` makes its ids unique on a page.

    Numbers that are infinite or no numbers are left out; the lowest dev WER has a ring around it.
    """
    panels: list[tuple[str, Curve, Callable[[float], str]]] = [
        ("loss", _curve(points, "loss"), lambda value: f"{value:.3g}"),
        ("learning rate", _curve(points, "learning_rate"), lambda value: f"{value:.2g}"),
        ("dev WER", _curve(points, "dev_wer"), lambda value: f"{100 * value:.1f} %"),
    ]
    panels = [panel for panel in panels if panel[1]]
    last = max((point.step for point in points), default=1) or 1
    height = len(panels) * (_PANEL + _GAP) + _BOTTOM
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" class="curves" role="img" '
        f'aria-labelledby="{key}-title {key}-desc" fill="currentColor" font-size="13" font-family="sans-serif">',
        f'<title id="{key}-title">Curves of {escape(name)}</title>',
        f'<desc id="{key}-desc">{escape(_told(panels, last))}</desc>',
        f"<style>{_STYLE}</style>",
    ]
    for number, (title, curve, written) in enumerate(panels):
        lines += _panel(title, curve, written, top=number * (_PANEL + _GAP) + _GAP, last=last)
    right = _WIDTH - _RIGHT
    lines += [
        f'<text x="{_LEFT}" y="{height - 8}" text-anchor="middle">0</text>',
        f'<text x="{right}" y="{height - 8}" text-anchor="end">step {last:,}</text>',
    ]
    return "\n".join([*lines, "</svg>"])


def write_curves(points: Sequence[Point], path: Path) -> None:
    """Write the picture as a file of its own."""
    path.write_text(svg_curves(points, "a training", "curves") + "\n", encoding="utf-8")


def _curve(points: Sequence[Point], name: str) -> Curve:
    found = [(point.step, getattr(point, name)) for point in points]
    return [(step, value) for step, value in found if value is not None and math.isfinite(value)]


def _told(panels: Sequence[tuple[str, Curve, Callable[[float], str]]], last: int) -> str:
    sentences = []
    for title, curve, written in panels:
        (_, first), (_, end) = curve[0], curve[-1]
        step, low = min(curve, key=lambda point: point[1])
        sentences.append(f"{title} from {written(first)} to {written(end)}, lowest {written(low)} at step {step:,}")
    return f"{'; '.join(sentences) or 'nothing was measured'}. {last:,} steps."


def _panel(title: str, curve: Curve, written: Callable[[float], str], *, top: int, last: int) -> list[str]:
    high = max(value for _, value in curve) or 1.0
    right, bottom = _WIDTH - _RIGHT, top + _PANEL

    def place(step: int, value: float) -> tuple[float, float]:
        x = _LEFT + (right - _LEFT) * step / last
        return round(x, 1), round(bottom - _PANEL * max(value, 0.0) / high, 1)

    lines = [f'<text x="{_LEFT}" y="{top - 10}" font-weight="600">{title}</text>']
    for share in (0.0, 0.5, 1.0):
        y = round(bottom - _PANEL * share, 1)
        lines += [
            f'<line class="grid" x1="{_LEFT}" y1="{y}" x2="{right}" y2="{y}"/>',
            f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{written(high * share)}</text>',
        ]
    drawn = [place(*point) for point in _thinned(curve)]
    lines.append(f'<polyline class="curve" points="{" ".join(f"{x},{y}" for x, y in drawn)}"/>')
    if title == "dev WER":
        lines += [f'<circle cx="{x}" cy="{y}" r="3"/>' for x, y in drawn]
        x, y = place(*min(curve, key=lambda point: point[1]))
        lines.append(f'<circle class="best" cx="{x}" cy="{y}" r="6"/>')
    elif len(drawn) == 1:  # a line of one point cannot be seen
        lines.append(f'<circle cx="{drawn[0][0]}" cy="{drawn[0][1]}" r="3"/>')
    return lines


def _thinned(curve: Curve) -> Curve:
    """At most so many points as can be seen, the last one among them."""
    every = -(-len(curve) // _MOST)
    return [point for number, point in enumerate(curve) if (len(curve) - 1 - number) % every == 0]
