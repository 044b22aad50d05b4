"""`wergate validate --rules`, and what is said to those who ask Azure for a run."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from asr.corpus.rules import RULES
from asr.errors import SettingsError
from flows.cli_arguments import parse

Ran = subprocess.CompletedProcess[str]
Wergate = Callable[..., Ran]


@pytest.fixture
def wergate(tmp_path: Path, repository: Path) -> Wergate:
    def run(*arguments: str) -> Ran:
        command = [sys.executable, "-m", "flows.cli", *arguments]
        environ = os.environ | {"PYTHONPATH": str(repository)}
        return subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=120)

    return run


def test_the_rules_as_text(wergate: Wergate) -> None:
    ran = wergate("validate", "--rules")

    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert [line.partition("[")[2].partition("]")[0] for line in lines if not line.startswith(" ")] == list(RULES)
    at = lines.index("warning[clipped]: the recording is clipped — record it again with less gain")
    assert lines[at + 1] == "  at least 0.1% of the samples are at full scale"


def test_the_rules_as_json(wergate: Wergate) -> None:
    ran = wergate("validate", "--rules", "--json")

    assert ran.returncode == 0
    rules = json.loads(ran.stdout)["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    assert all(set(rule) == {"id", "severity", "text", "mend", "note"} for rule in rules)


def test_without_a_folder_there_is_nothing_to_check() -> None:
    with pytest.raises(SettingsError, match="required: DIR; see wergate validate --help"):
        parse(["validate", "--json"])
    assert parse(["validate", "--rules"]).folders == []
