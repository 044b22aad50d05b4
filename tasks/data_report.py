"""What people see of their data when it is checked: every problem, numbers and changes."""

from collections.abc import Sequence
from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact, create_table_artifact

from asr.corpus.file_cache import FileCache
from asr.corpus.guards import guard_folders
from asr.corpus.report import Overview, data_page, place
from asr.corpus.rules import collapse
from asr.corpus.statistics import rates_from, take_statistics, vocabulary
from asr.corpus.validate import CorpusReport
from tasks.corpus import holds_training_data
from tasks.data_history import changes_since_last_run
from tasks.settings import Settings

_MOST_ROWS = 1000
"""Problems in the table in Prefect, which keeps it in its database."""


@task(name="count and compare")
def look_at(settings: Settings, reports: Sequence[CorpusReport]) -> list[Overview]:
    """Each corpus in numbers, those of the settings with what has changed since the last run."""
    learning = [report for report in reports if holds_training_data(settings, report.draft.folder)]
    learned = vocabulary(report.draft.manifest for report in learning) if learning else None
    names = _names(settings)
    known = {names[one.draft.folder]: one.draft for one in reports if one.draft.folder in names}
    changes = changes_since_last_run(settings, known) if known else {}
    with FileCache(settings.data / "corpora") as cache:
        return [
            Overview(
                report,
                take_statistics(
                    report.draft.manifest,
                    learned=None if holds_training_data(settings, report.draft.folder) else learned,
                    rates=rates_from(cache),
                ),
                changes.get(names.get(report.draft.folder, "")),
            )
            for report in reports
        ]


@task(name="show in Prefect")
def show(overviews: Sequence[Overview]) -> None:
    """Leave the page about the data and the table of its problems as artifacts."""
    create_markdown_artifact(data_page(overviews), key="data", description="What was found in the data.")
    found = collapse(problem for one in overviews for problem in one.report.problems)
    rows = [
        {
            "severity": one.severity,
            "rule": one.rule,
            "where": place(one),
            "what is wrong": one.message,
            "how to mend it": one.mend,
        }
        for one in found[:_MOST_ROWS]
    ]
    create_table_artifact(rows, key="problems", description="Every problem of the data.")


def _names(settings: Settings) -> dict[Path, str]:
    """How a run calls the corpora of the settings, by their folders."""
    guards = guard_folders(settings.testing_data)
    names = {folder.resolve(): f"guards/{name}" for name, folder in guards.items()}
    return names | {settings.training_data.resolve(): "training", settings.testing_data.resolve(): "testing"}
