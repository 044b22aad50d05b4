"""The evidence on one page: what was decided and why, what the candidate changed, and what is still wrong."""

import math
import shlex
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, SerializerFunctionWrapHandler, model_serializer

from asr.corpus.delta import Delta
from asr.corpus.statistics import Statistics
from asr.corpus.utterance import Corpus
from asr.scoring import figures
from asr.scoring.analysis import analyse
from asr.scoring.comparison import Comparison
from asr.scoring.embedded_audio import embedded_audio
from asr.scoring.error_list import error_list
from asr.scoring.evaluation import Evaluation
from asr.scoring.findings import Findings
from asr.scoring.forest_plot import forest_plot
from asr.scoring.gate import Verdict
from asr.scoring.hypothesis import read_table
from asr.scoring.intervals import MIN_BLOCKS, resampled_unit
from asr.scoring.markdown_text import shortened
from asr.scoring.person_decision import PersonDecision
from asr.scoring.report_templates import report_templates
from asr.scoring.shown_text import shown_text
from asr.scoring.wins_and_losses import wins_and_losses
from asr.text.normalizers import normalizer
from asr.training.attempt import Attempt

HEADLINES = {
    "promoted": ("✓", "good", "Promoted"),
    "rejected": ("✕", "bad", "Rejected"),
    "inconclusive": ("?", "open", "Inconclusive"),
    "unchanged": ("=", "calm", "Unchanged"),
    "good_enough": ("✓", "good", "Good enough"),
    "awaiting_approval": ("…", "open", "Awaiting approval"),
    "dry_run": ("✓", "calm", "Would be promoted"),
}
"""Sign, tone and words of every outcome."""


SHOWN = 10
"""Words, phrases and utterances of each sort on the page; `analysis.json` has more."""
MOST_DOMAIN_WORDS = 100
MOST_GROUPS = 40
"""Slices in the table of what the candidate gets wrong."""
MOST_WARNINGS = 50
MOST_MARKDOWN = 60_000
"""Characters of `report.md`: Prefect keeps it as an artifact, and a comment on GitHub takes 65,536."""

_ROWS = (10, 5, 2, 0)  # lines of each list in `report.md` that are tried, until it is short enough


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
    """Everything that the page shows; as JSON it can be kept, and the page written again.

    The tables of its evaluations and the audio are named and not held: without the tables there is no page.
    """

    model_config = ConfigDict(frozen=True, ser_json_inf_nan="strings")

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
    comparison: Comparison | None = None
    """The two models utterance by utterance; without it that of the verdict is shown."""
    run: str = ""
    """What a person types to answer for this run."""
    decision: PersonDecision | None = None
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
    seconds: dict[str, float] = {}
    """How long each step took, in their order."""
    links: tuple[Link, ...] = ()
    warnings: tuple[str, ...] = ()
    written: datetime | None = None

    @property
    def compared(self) -> Comparison | None:
        """The two models utterance by utterance, where that is known."""
        return self.comparison or (self.verdict.comparison if self.verdict else None)

    @property
    def answers(self) -> tuple[str, ...]:
        """What to type in a terminal, while a person is asked."""
        if self.outcome != "awaiting_approval" or self.decision:
            return ()
        run = shlex.quote(shown_text(self.run)) if self.run else "RUN"
        return tuple(f"wergate {answer} {run} --by NAME --reason TEXT" for answer in ("approve", "reject"))

    # Without this, a number inside of another model that is none becomes null, which no reader takes for a number.
    @model_serializer(mode="wrap")
    def _numbers_that_are_none_too(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        fields: dict[str, Any] = handler(self)
        return fields


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
    shown = _shown(report)
    templates = report_templates()
    page = templates.get_template("report.html.jinja").render(shown)
    template = templates.get_template("report.md.jinja")
    note = ""
    for rows in _ROWS:
        note = template.render(shown, most=rows)
        if len(note) <= MOST_MARKDOWN:
            break
    note = shortened(note, MOST_MARKDOWN, "The rest is on the page `report.html`.")
    for name, text in (("report.md", note), ("report.html", page)):
        aside = folder / f"{name}.part"
        aside.write_text(text, encoding="utf-8")
        aside.replace(folder / name)
    return folder / "report.html"


def _shown(report: Report) -> dict[str, Any]:
    """What the templates speak about."""
    baseline = read_table(report.baseline.table)
    candidate = read_table(report.candidate.table) if report.candidate else None
    judged = baseline if candidate is None else candidate
    normalize = normalizer((report.candidate or report.baseline).normalizer)
    rows = [row for pair in _pairs(report) for row in _rows(*pair)]
    rows[2:2] = [Row(role="not kept", evaluation=one, before=report.baseline) for one in report.not_kept]
    bounds = [bound for row in rows for bound in (row.evaluation.wer, *row.evaluation.interval)]
    analysis = report.findings.analyses[report.baseline.corpus] if report.findings else analyse(judged, normalize)
    domain = report.findings.domain if report.findings else None
    errors = error_list(baseline, candidate, normalize)
    changed = wins_and_losses(baseline, candidate, normalize) if candidate is not None else None
    above = changed.entries if changed else ()
    return {
        "report": report,
        "compared": report.compared,
        "forest": forest_plot(report.compared) if report.compared else None,
        "sign_tone_words": HEADLINES.get(report.outcome, ("•", "calm", report.outcome.replace("_", " ").capitalize())),
        "rows": rows,
        "axis": figures.round_up(max(0.01, *filter(math.isfinite, bounds))),
        "unit": resampled_unit(judged),
        "min_blocks": MIN_BLOCKS,
        "errors": errors,
        "changed": changed,
        "places": {entry.id: f"utterance-{number}" for number, entry in enumerate(above, start=1)},
        "audio": embedded_audio([one.id for one in (*above, *errors.entries)], _audio(report)),
        "analysis": analysis,
        "shown": SHOWN,
        "most_groups": MOST_GROUPS,
        "most_warnings": MOST_WARNINGS,
        "seconds": {step: took for step, took in report.seconds.items() if math.isfinite(took) and took >= 0},
        "domain_rows": list(domain.words())[:MOST_DOMAIN_WORDS] if domain else [],
        "from_test": [one for one in analysis.confusions.missed if 2 * one.missed >= one.said],
    }


def _pairs(report: Report) -> Iterator[tuple[Evaluation, Evaluation | None]]:
    yield report.baseline, report.candidate
    yield from report.guards


def _rows(baseline: Evaluation, candidate: Evaluation | None) -> Iterator[Row]:
    yield Row(role="baseline", evaluation=baseline, before=None)
    if candidate:
        yield Row(role="candidate", evaluation=candidate, before=baseline)


def _audio(report: Report) -> dict[str, Path]:
    for corpus in report.corpora:
        if corpus.fingerprint == report.baseline.corpus_fingerprint and corpus.manifest.is_file():
            # Not of segments: a listener would hear the whole recording.
            return {one.id: one.audio for one in corpus.stream() if one.start is None}
    return {}
