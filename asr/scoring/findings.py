"""What a run finds out about errors: where they are, what became of the domain's words, and what to add."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict

from asr.scoring.analysis import Analysis
from asr.scoring.domain_recall import DomainChange
from asr.scoring.suggestions import Suggestions, write_suggestions

ANALYSIS = "analysis.json"


class Findings(BaseModel):
    """The errors of the model that a run judges: the candidate, or the baseline when nothing was trained."""

    model_config = ConfigDict(frozen=True)

    analyses: dict[str, Analysis]
    """By the names of the corpora it was evaluated on: `testing`, `guards/general`, and `dev` if it was trained."""
    domain: DomainChange | None
    """On the testing corpus; None without text of the domain."""
    suggestions: Suggestions


def write_findings(folder: Path, findings: Findings) -> list[Path]:
    """Write `analysis.json` and the files with suggestions, and return what was written."""
    suggested = write_suggestions(folder, findings.suggestions)
    aside = folder / f"{ANALYSIS}.part"
    aside.write_text(findings.model_dump_json(indent=1), encoding="utf-8")
    aside.replace(folder / ANALYSIS)
    return [folder / ANALYSIS, *suggested]
