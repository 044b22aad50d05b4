"""What the hand-written pages say is so: links lead somewhere, commands and settings exist, tables name every field."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

from asr.models.family import Family
from asr.scoring.checks import COSTS, OF_THE_TEST, REFUSALS
from asr.scoring.evaluation import Evaluation
from asr.training.learning_rate import default_learning_rate
from flows.cli_arguments import parse, settings_flags
from tasks.load_settings import load_settings
from tasks.result import Outcome, Result
from tasks.settings import setting_fields
from tasks.settings_sources import RESERVED, variable

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "data" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
OF_THE_WORKFLOW = {"WERGATE_RUNNER"}


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text_of(page), re.DOTALL | re.MULTILINE)


def shell_lines(page: Path) -> Iterator[list[str]]:
    """The commands of a page as words, without comments and without the variables set in front of them."""
    for block in blocks(page, "sh"):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                words.pop(0)
            if words:
                yield words


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text_of(page), flags=re.DOTALL | re.MULTILINE), re.M)
    return {re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


def table(page: Path, heading: str) -> dict[str, list[str]]:
    """The rows below a heading by the names in backquotes in their first cell."""
    below = text_of(page).split(f"\n{heading}\n", 1)[1]
    section = re.split(r"^#", below, maxsplit=1, flags=re.MULTILINE)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in section.splitlines() if line[:1] == "|"]
    return {name: row for row in rows for name in re.findall(r"`([^`]+)`", row[0])}


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    lost = []
    for target in re.findall(r"\]\((?!https?://)([^)\s]+)\)", text_of(page)):
        path, _, anchor = target.partition("#")
        aim = (page.parent / path).resolve() if path else page
        if not aim.exists() or (anchor and anchor not in anchors(aim)):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_exist(page: Path) -> None:
    targets = set(re.findall(r"^([\w-]+):.*## ", text_of(ROOT / "Makefile"), re.MULTILINE))
    for words in shell_lines(page):
        if words[0] == "make":
            assert words[1] in targets, words
            given = next((word.removeprefix("ARGS=") for word in words if word.startswith("ARGS=")), "")
            words = ["wergate", words[1], *shlex.split(given)] if words[1] == "run" else []
        if words and Path(words[0]).name == "wergate" and "--help" not in words:
            arguments = parse(words[1:])
            load_settings(None, settings_flags(arguments), {}, ROOT)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_files_in_commands_exist(page: Path) -> None:
    for words in shell_lines(page):
        for word in words:
            if word.startswith(("training_data", "testing_data", "docs/")):
                assert list(ROOT.glob(word)), word


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_settings_exist(page: Path, tmp_path: Path) -> None:
    for number, block in enumerate(blocks(page, "toml")):
        config = tmp_path / f"{number}.toml"
        config.write_text(block, encoding="utf-8")
        load_settings(config, {}, {}, tmp_path)
    known = {variable(key) for key in setting_fields()} | RESERVED | OF_THE_WORKFLOW
    assert set(re.findall(r"\bWERGATE_[A-Z_]*[A-Z]\b", text_of(page))) - known == set()


def test_the_json_object_is_documented() -> None:
    page = ROOT / "docs" / "evaluation.md"
    documented = table(page, "## The JSON object")
    assert set(documented) >= set(Result.model_fields) | set(Evaluation.model_fields)
    first = text_of(page).split("## The JSON object")[1].split("An evaluation, also")[0]
    named = {
        name for line in first.splitlines() if line[:1] == "|" for name in re.findall(r"`(\w+)`", line.split("|")[1])
    }
    assert named == set(Result.model_fields)


def test_every_outcome_is_documented() -> None:
    page = ROOT / "docs" / "evaluation.md"
    assert set(get_args(Outcome)) <= set(table(page, "## Outcomes and exit codes"))


def test_every_check_of_the_gate_is_documented() -> None:
    names = {name.partition(":")[0] for name in table(ROOT / "docs" / "evaluation.md", "## The gate")}
    checks = (*REFUSALS, *OF_THE_TEST, *COSTS)
    assert names == {"guard" if check.__name__ == "guard_sets" else check.__name__ for check in checks}


def test_the_learning_rates_are_those_of_the_code() -> None:
    section = text_of(ROOT / "docs" / "training.md").split("\n## Learning rate\n")[1].split("\n## ")[0]
    units = {"M": 1e6, "B": 1e9}
    families: tuple[Family, Family] = ("seq2seq", "ctc")
    checked = 0
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        for family, bound, rate in zip(families, cells[0::3], cells[1::3], strict=False):
            size = re.fullmatch(r"to (\d+) ([MB])", bound)
            if size or bound == "above":
                parameters = int(float(size[1]) * units[size[2]]) if size else 10**12
                assert default_learning_rate(family, parameters, "full") == float(rate), (family, bound)
                checked += 1
    assert checked == 10
