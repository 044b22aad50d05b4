"""The evidence on one page: what was decided, why, and what the models get wrong."""

import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

from asr.corpus.delta import Delta
from asr.corpus.histogram import svg_bars, text_bars
from asr.corpus.report import code
from asr.corpus.statistics import Statistics
from asr.corpus.utterance import Corpus
from asr.scoring import figures
from asr.scoring.analysis import analyse
from asr.scoring.error_list import error_list
from asr.scoring.evaluation import Evaluation
from asr.scoring.findings import Findings
from asr.scoring.gate import Verdict
from asr.scoring.hypothesis import read_table
from asr.scoring.intervals import MIN_BLOCKS, resampled_unit
from asr.templates import template_environment
from asr.text.normalizers import normalizer
from asr.training.attempt import Attempt

if TYPE_CHECKING:
    import jinja2
    from markupsafe import Markup

HEADLINES = {
    "promoted": ("✓", "good", "Promoted"),
    "rejected": ("✕", "bad", "Rejected"),
    "inconclusive": ("?", "open", "Inconclusive"),
    "unchanged": ("=", "calm", "Unchanged"),
    "good_enough": ("✓", "good", "Good enough"),
    "awaiting_approval": ("…", "open", "Awaiting approval"),
}
"""Sign, tone and words of every outcome."""


SHOWN = 10
"""Words, phrases and utterances of each sort on the page; `analysis.json` has more."""
MOST_DOMAIN_WORDS = 100


class Link(BaseModel):
    """Where to look further: a web address, or a path on the machine."""

    model_config = ConfigDict(frozen=True)

    name: str
    target: str

    @property
    def on_the_web(self) -> bool:
        """Whether a browser can follow it."""
        return self.target.startswith(("http://", "https://"))


class Report(BaseModel):
    """Everything that the page shows."""

    model_config = ConfigDict(frozen=True)

    outcome: str
    """One of the outcomes of a run: `promoted`, `rejected`, `good_enough` …"""
    sentence: str
    """What was decided and why, in a sentence."""
    baseline: Evaluation
    """Of the model in production on the test corpus; its table is read."""
    candidate: Evaluation | None = None
    guards: tuple[tuple[Evaluation, Evaluation | None], ...] = ()
    """Baseline and candidate on every guard set."""
    not_kept: tuple[Evaluation, ...] = ()
    """The candidate on the test corpus, its text searched for in ways that were not kept."""
    verdict: Verdict | None = None
    findings: Findings | None = None
    """What was found out about the errors; without it the errors are analysed alone."""
    training: tuple[Attempt, ...] = ()
    """What was trained in this run, in its order."""
    corpora: tuple[Corpus, ...] = ()
    """The data; the audio to listen to is found in the one that the baseline was measured on."""
    statistics: dict[str, Statistics] = {}
    """By the names of the corpora."""
    changes: dict[str, Delta] = {}
    """What has changed in the data since the last run, by the names of corpora then and now."""
    links: tuple[Link, ...] = ()
    warnings: tuple[str, ...] = ()
    written: datetime | None = None


class Row(BaseModel):
    """One model on one corpus, as a row of the table and a line of the chart."""

    model_config = ConfigDict(frozen=True)

    role: str
    """`baseline`, `candidate` or `not kept`."""
    evaluation: Evaluation
    before: Evaluation | None
    """The baseline that a candidate is compared to."""


def write_report(folder: Path, report: Report) -> Path:
    """Write `report.html`, one page that needs nothing beside it, and `report.md`; return the path of the page.

    Raises DataError when the table of an evaluation cannot be read, SettingsError when its normalizer is unknown.
    """
    folder.mkdir(parents=True, exist_ok=True)
    baseline = read_table(report.baseline.table)
    candidate = read_table(report.candidate.table) if report.candidate else None
    judged = baseline if candidate is None else candidate
    normalize = normalizer((report.candidate or report.baseline).normalizer)
    rows = [row for pair in _pairs(report) for row in _rows(*pair)]
    rows[2:2] = [Row(role="not kept", evaluation=one, before=report.baseline) for one in report.not_kept]
    bounds = [bound for row in rows for bound in (row.evaluation.wer, *row.evaluation.interval)]
    analysis = report.findings.analyses[report.baseline.corpus] if report.findings else analyse(judged, normalize)
    domain = report.findings.domain if report.findings else None
    shown = {
        "report": report,
        "sign_tone_words": HEADLINES.get(report.outcome, ("•", "calm", report.outcome.replace("_", " ").capitalize())),
        "rows": rows,
        "axis": _round_up(max(filter(math.isfinite, bounds), default=1.0)),
        "unit": resampled_unit(judged),
        "min_blocks": MIN_BLOCKS,
        "errors": error_list(baseline, candidate, normalize, _audio(report)),
        "analysis": analysis,
        "shown": SHOWN,
        "domain_rows": list(domain.words())[:MOST_DOMAIN_WORDS] if domain else [],
        "from_test": [one for one in analysis.confusions.missed if 2 * one.missed >= one.said],
    }
    for name in ("report.md", "report.html"):
        text = _environment().get_template(f"{name}.jinja").render(shown)
        aside = folder / f"{name}.part"
        aside.write_text(text, encoding="utf-8")
        aside.replace(folder / name)
    return folder / "report.html"


def _pairs(report: Report) -> Iterator[tuple[Evaluation, Evaluation | None]]:
    yield report.baseline, report.candidate
    yield from report.guards


def _rows(baseline: Evaluation, candidate: Evaluation | None) -> Iterator[Row]:
    yield Row(role="baseline", evaluation=baseline, before=None)
    if candidate:
        yield Row(role="candidate", evaluation=candidate, before=baseline)


def _round_up(rate: float) -> float:
    """The end of the chart's axis: the next round number, at least one percent."""
    steps = (step * 10.0**power for power in range(-2, 4) for step in (1, 1.5, 2, 3, 4, 5, 6, 8))
    return next((step for step in steps if step >= rate - 1e-12), rate)


def _audio(report: Report) -> dict[str, Path]:
    for corpus in report.corpora:
        if corpus.fingerprint == report.baseline.corpus_fingerprint and corpus.manifest.is_file():
            # Not of segments: a listener would hear the whole recording.
            return {one.id: one.audio for one in corpus.read() if one.start is None}
    return {}


def _environment() -> "jinja2.Environment":
    filters = (
        figures.percent,
        figures.points,
        figures.interval,
        figures.whole,
        figures.speed,
        figures.duration,
        figures.number,
        code,
        svg_bars,
        text_bars,
        markdown,
    )
    return template_environment(Path(__file__).with_name("templates"), filters)


def markdown(text: object) -> "Markup":
    """Escape text so that Markdown shows it as it is, on one line, also inside a table."""
    from markupsafe import Markup, escape

    shown = " ".join(str(escape(text)).replace("&#39;", "'").replace("&#34;", '"').split())
    return Markup("".join("\\" + sign if sign in "\\`*_[]|~#" else sign for sign in shown))
