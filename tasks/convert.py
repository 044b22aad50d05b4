"""Take a corpus elsewhere: a folder in any mix of layouts is written in one layout, for other tools and services."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from prefect import task

from asr.corpus.azure_checks import azure_limits
from asr.corpus.guards import guard_folders
from asr.corpus.limits import DEFAULT_LIMITS, Limits
from asr.corpus.rules import Purpose
from asr.corpus.validate import CorpusReport
from asr.corpus.writers.audiofolder import write_audiofolder
from asr.corpus.writers.azure import write_azure
from asr.corpus.writers.written import Written, refuse_occupied
from asr.errors import SettingsError
from tasks.corpus import holds_training_data, load_folder
from tasks.limits import limits_of
from tasks.settings import Settings

Layout = Literal["audiofolder", "azure"]
"""What a corpus can be written as."""


@dataclass(frozen=True)
class Conversion:
    """What was found in a folder, and what was written of it."""

    report: CorpusReport
    layout: Layout
    written: Written | None
    """None when there are errors."""
    guards: tuple[str, ...]
    """Guard sets of the folder; each is a corpus of its own and not written with it."""

    @property
    def left_out(self) -> dict[str, int]:
        """How much of the folder is not in what was written."""
        count: Counter[str] = Counter()
        for problem in self.report.problems:
            count[problem.rule] += problem.count
        return {
            "audio_without_transcript": count["orphan_audio"],
            "archives_in_archives": count["nested_archive"],
            "too_long": self.written.too_long if self.written else 0,
            "text_lines": sum(self.report.draft.text.left_out.values()) if self.report.draft.text else 0,
            "guard_sets": len(self.guards),
        }


@task(name="convert")
def convert_folder(settings: Settings, folder: Path, target: Path, layout: Layout) -> Conversion:
    """Check a folder, and write what it holds to `target` unless there are errors.

    Raises:
        DataError: there is nothing to write, or some of it changed meanwhile.
        SettingsError: `target` is not empty, or lies in the folder that is read.
        UserError: `target` cannot be written.
    """
    refuse_occupied(target)
    if target.resolve().is_relative_to(folder.resolve()):
        raise SettingsError(f"{target}: it lies in {folder} and would become a part of it; name a folder elsewhere")
    is_training = holds_training_data(settings, folder)
    report = load_folder(settings, folder, _limits(settings, layout))
    written = None
    if report.corpus and layout == "audiofolder":
        written = write_audiofolder(report.corpus.manifest, target, text=report.corpus.text)
    elif report.corpus:
        purpose: Purpose = "training" if is_training else "testing"
        corpus = report.corpus
        written = write_azure(corpus.manifest, target, purpose=purpose, too_long="leave out", text=corpus.text)
    return Conversion(report, layout, written, () if is_training else tuple(guard_folders(folder)))


def _limits(settings: Settings, layout: Layout) -> Limits:
    # What the base of the settings cannot hear or write says nothing about whoever takes the data elsewhere.
    if layout == "audiofolder":
        return DEFAULT_LIMITS
    return limits_of(settings) if settings.backend == "azure" else azure_limits("", settings.normalizer, 0.0)
