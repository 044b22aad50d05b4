"""A person decides: asked at the end of a run, answering once, on evidence that still holds."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import tasks.approval
import tasks.try_release
from asr.errors import UserError
from asr.models.checkpoint import EMBEDDED_DIRECTORY, fingerprint
from asr.scoring.person_decision import PersonDecision
from flows.approve import approve
from flows.cli_arguments import parse
from flows.improve import improve
from flows.rollback import rollback
from tasks.model_list import list_models
from tasks.promotion_log import read_log
from tasks.registry import CHAMPION, move_alias, register, registered
from tasks.result import Result
from tasks.settings import Settings
from tasks.tracking import OUTCOME, client
from tasks.waiting import waiting_runs

pytestmark = pytest.mark.slow


def told(decision: str = "promote", by: str = "Ada", reason: str = "Heard it") -> PersonDecision:
    return PersonDecision.model_validate({"decision": decision, "by": by, "reason": reason, "at": datetime.now(UTC)})


def live(settings: Settings) -> str:
    return (settings.data / "releases" / "current").resolve().name.partition("-")[0]


def story(settings: Settings) -> list[tuple[str, int, str]]:
    return [(entry.what, entry.version, entry.by) for entry in read_log(settings)]


@pytest.fixture
def asked(learned: Callable[..., Settings]) -> tuple[Settings, Result]:
    """A run from a terminal that ended with a question."""
    settings = learned(approval="ask")
    return settings, improve(settings)


def test_a_run_from_a_terminal_ends_and_says_what_to_type(asked, aliases, wergate, as_flags) -> None:
    settings, result = asked
    assert result.outcome == "awaiting_approval"
    assert result.finding == "better"
    assert aliases(settings) == {"champion": 1, "challenger": 2}
    assert live(settings) == "v1"
    run = result.mlflow_run_id[:8]
    assert f"wergate approve {run} --by NAME --reason TEXT" in result.summary()
    page = result.report.read_text(encoding="utf-8")
    assert f"wergate approve {run}" in page and f"wergate reject {run}" in page
    [waiting] = waiting_runs(settings)
    assert (waiting.run_id, waiting.candidate, waiting.champion) == (result.mlflow_run_id, 2, 1)
    assert timedelta(hours=71) < waiting.until - datetime.now(UTC) <= timedelta(hours=72)

    again = improve(settings)
    assert (again.outcome, again.mlflow_run_id) == ("awaiting_approval", result.mlflow_run_id), "it asks once"

    flags = as_flags(settings)
    ran = wergate("history", *flags)
    assert ran.code == 0 and f"{run} waits for an answer until" in ran.out
    for missing in (("--by", "Ada"), ("--by", "Ada", "--reason", " "), ("--reason", "x", "--by", "")):
        with pytest.raises(UserError):
            wergate("approve", run, *missing, *flags)
    assert aliases(settings) == {"champion": 1, "challenger": 2}

    ran = wergate("approve", run, "--by", "Ada <ada@example.org>", "--reason", "Heard | it", *flags)
    assert ran.code == 0, ran.err
    assert ran.out.lstrip().startswith("PROMOTED  Promoted by Ada <ada@example.org>: Heard | it")
    assert aliases(settings) == {"champion": 2, "previous": 1}
    assert live(settings) == "v2"
    assert story(settings) == [("first", 1, "wergate"), ("promoted", 2, "Ada <ada@example.org>")]
    page = result.report.read_text(encoding="utf-8")
    assert "Ada &lt;ada@example.org&gt;" in page and "<ada@" not in page
    assert "wergate approve" not in page, "there is nothing to answer any more"
    [version, _] = list_models(settings)
    assert (version.outcome, version.decided) == ("promoted", "Ada <ada@example.org>")

    ran = wergate("approve", run, "--by", "Bob", "--reason", "too", *flags)
    assert ran.code == 2
    assert "it has ended with promoted, decided by Ada" in ran.message
    ran = wergate("reject", run, "--by", "Bob", "--reason", "no", *flags)
    assert ran.code == 2 and "decided by Ada" in ran.message
    assert story(settings)[-1] == ("promoted", 2, "Ada <ada@example.org>")
    assert improve(settings).outcome == "unchanged"

    ran = wergate("rollback", "--by", "Bob", "--reason", "It stutters", *flags)
    assert ran.code == 0 and ran.out.startswith("ROLLED BACK  v1 is the champion again; it replaces v2.")
    assert (aliases(settings), live(settings)) == ({"champion": 1, "previous": 2}, "v1")
    assert improve(settings).outcome == "unchanged", "what was undone stays undone"
    ran = wergate("rollback", "--to", "v2", "--by", "Bob", "--reason", "It did not", "--json", *flags)
    assert json.loads(ran.out)["version"] == 2
    assert (aliases(settings), live(settings)) == ({"champion": 2, "previous": 1}, "v2")
    for to, said in (("2", "v2 is the champion already"), ("7", "version 7 of wergate was never released")):
        ran = wergate("rollback", "--to", to, "--by", "Bob", "--reason", "x", *flags)
        assert (ran.code, said in ran.message) == (2, True), ran.message
    shown = wergate("history", *flags).out.splitlines()
    assert [line.split("  ")[1].strip() for line in shown] == ["rolled back", "rolled back", "promoted", "first"]


def test_a_rejected_candidate_stays_rejected(asked, aliases) -> None:
    settings, result = asked
    rejected = approve(settings, result.mlflow_run_id, told("reject", reason="It mumbles"))
    assert (rejected.outcome, rejected.decision.reason) == ("rejected", "It mumbles")
    assert aliases(settings) == {"champion": 1, "challenger": 2}
    assert story(settings)[-1] == ("rejected", 2, "Ada")
    with pytest.raises(UserError, match="it has ended with rejected, decided by Ada on"):
        approve(settings, result.mlflow_run_id, told())
    assert (aliases(settings), live(settings)) == ({"champion": 1, "challenger": 2}, "v1")
    assert improve(settings).outcome == "unchanged"


def test_nobody_answers_in_time(learned, aliases, monkeypatch) -> None:
    settings = learned(approval="ask", approval_timeout=1e-6)
    result = improve(settings)
    assert result.outcome == "awaiting_approval"
    late = approve(settings, result.mlflow_run_id, told())
    assert late.outcome == "rejected"
    assert late.sentence.startswith("Nobody answered until")
    assert aliases(settings) == {"champion": 1, "challenger": 2}
    assert story(settings) == [("first", 1, "wergate"), ("expired", 2, "nobody")]
    assert waiting_runs(settings) == []
    assert improve(settings).outcome == "unchanged"


def test_the_next_run_notes_that_nobody_answered(learned) -> None:
    settings = learned(approval="ask", approval_timeout=1e-6)
    improve(settings)
    assert improve(settings).outcome == "unchanged"
    assert story(settings)[-1] == ("expired", 2, "nobody")


def test_the_champion_changed_while_a_person_was_thinking(asked, aliases, tmp_path) -> None:
    settings, result = asked
    other = shutil.copytree(EMBEDDED_DIRECTORY, tmp_path / "other")
    (other / "notes.json").write_text("{}")
    version = register(settings, other, fingerprint(other), base="somebody else's", outcome="candidate").version
    move_alias(settings, CHAMPION, version)
    with pytest.raises(UserError, match=r"wergate v3 is champion now.* compared with wergate v1; nothing was promoted"):
        approve(settings, result.mlflow_run_id, told())
    assert aliases(settings) == {"champion": 3, "challenger": 2}
    again = improve(settings)
    assert (again.outcome, again.mlflow_run_id) == ("awaiting_approval", result.mlflow_run_id)
    assert again.baseline.model == "wergate v3", "it was compared with today's champion"
    assert approve(settings, again.mlflow_run_id, told()).outcome == "promoted"
    assert aliases(settings) == {"champion": 2, "previous": 3}


def test_the_candidate_is_not_what_was_evaluated(asked, aliases) -> None:
    settings, result = asked
    weights = registered(settings, 2).directory / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(UserError, match="wergate v2 is not what was evaluated; nothing was promoted"):
        approve(settings, result.mlflow_run_id, told())
    assert (aliases(settings), live(settings)) == ({"champion": 1, "challenger": 2}, "v1")


def test_a_release_that_fails_leaves_the_question_open(asked, aliases, monkeypatch) -> None:
    settings, result = asked

    def refuse(*_: Any, **__: Any) -> None:
        raise UserError("it wrote nonsense")

    with monkeypatch.context() as patch, pytest.raises(UserError, match="it wrote nonsense"):
        patch.setattr(tasks.try_release, "smoke_test", refuse)
        approve(settings, result.mlflow_run_id, told())
    assert aliases(settings) == {"champion": 1, "challenger": 2}
    assert approve(settings, result.mlflow_run_id, told()).outcome == "promoted"
    assert [what for what, *_ in story(settings)] == ["first", "failed", "promoted"]


KILLED = """
import os, signal, sys
import tasks.approval
from asr.scoring.person_decision import PersonDecision
from tasks.settings import Settings
def die(*_, **__): os.kill(os.getpid(), signal.SIGKILL)
setattr(tasks.approval, sys.argv[1], die)
settings, decision = Settings.model_validate_json(sys.argv[2]), PersonDecision.model_validate_json(sys.argv[3])
tasks.approval.settle.fn(settings, sys.argv[4], decision)
"""


def kill_at(function: str, settings: Settings, run: str, repository: Path, decision: PersonDecision) -> None:
    command = [sys.executable, "-c", KILLED, function, settings.model_dump_json(), decision.model_dump_json(), run]
    environ = os.environ | {"PYTHONPATH": str(repository)}
    killed = subprocess.run(command, env=environ, cwd=repository, capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr


@pytest.mark.long
def test_killed_after_the_promotion_nobody_can_say_no_any_more(asked, aliases, repository: Path) -> None:
    settings, result = asked
    kill_at("_close", settings, result.mlflow_run_id, repository, told())
    assert aliases(settings) == {"champion": 2, "previous": 1}
    assert client(settings).get_run(result.mlflow_run_id).data.tags[OUTCOME] == "awaiting_approval"
    told_later = approve(settings, result.mlflow_run_id, told("reject", by="Bob"))
    assert (told_later.outcome, told_later.decision.by) == ("promoted", "Ada"), "Ada was first, and it was done"
    assert story(settings) == [("first", 1, "wergate"), ("promoted", 2, "Ada")]


@pytest.mark.long
def test_killed_after_the_promotion_the_next_run_closes_it(asked, aliases, repository: Path) -> None:
    settings, result = asked
    kill_at("_close", settings, result.mlflow_run_id, repository, told())
    again = improve(settings)
    assert (again.outcome, again.decided_by) == ("unchanged", result.mlflow_run_id)
    assert waiting_runs(settings) == []
    assert story(settings) == [("first", 1, "wergate"), ("promoted", 2, "Ada")]


@pytest.mark.long
def test_killed_after_a_rejection_nobody_can_say_yes_any_more(asked, aliases, repository: Path) -> None:
    settings, result = asked
    kill_at("_close", settings, result.mlflow_run_id, repository, told("reject", by="Bob", reason="It mumbles"))
    told_later = approve(settings, result.mlflow_run_id, told())
    assert (told_later.outcome, told_later.decision.by) == ("rejected", "Bob")
    assert aliases(settings) == {"champion": 1, "challenger": 2}
    assert story(settings) == [("first", 1, "wergate"), ("rejected", 2, "Bob")]


def test_what_a_person_has_rejected_no_gate_promotes(asked, aliases) -> None:
    settings, result = asked
    approve(settings, result.mlflow_run_id, told("reject", by="Bob", reason="It mumbles"))
    auto = settings.model_copy(update={"approval": "auto"})
    again = improve(auto)
    assert (again.outcome, again.finding) == ("rejected", "better")
    assert again.sentence.startswith("Bob has rejected this very model on ")
    assert aliases(settings) == {"champion": 1, "challenger": 2}
    more = improve(settings.model_copy(update={"min_gain": 0.01}))
    assert more.outcome == "awaiting_approval", "a person may think again"
    assert more.sentence.startswith("Bob has rejected this very model")
    assert approve(settings, more.mlflow_run_id, told(by="Bob", reason="It does not")).outcome == "promoted"
    assert aliases(settings) == {"champion": 2, "previous": 1}


def test_what_a_person_has_rolled_back_from_stays_so(promoted, learned, aliases) -> None:
    settings = learned()
    improve(settings)
    rollback(settings, None, "Bob", "It stutters")
    assert (aliases(settings), live(settings)) == ({"champion": 1, "previous": 2}, "v1")
    again = improve(settings.model_copy(update={"min_gain": 0.01}))
    assert again.outcome == "rejected"
    assert again.sentence.startswith("Bob has rolled back from this very model on ")
    assert (aliases(settings)["champion"], live(settings)) == (1, "v1")


def test_two_runs_wait_with_the_same_candidate(asked, aliases) -> None:
    settings, first = asked
    second = improve(settings.model_copy(update={"min_gain": 0.01}))
    assert len(waiting_runs(settings)) == 2
    approve(settings, first.mlflow_run_id, told())
    late = approve(settings, second.mlflow_run_id, told("reject", by="Bob"))
    assert (late.outcome, late.decision.by) == ("promoted", "Ada")
    assert aliases(settings) == {"champion": 2, "previous": 1}
    [version, _] = list_models(settings)
    assert (version.outcome, version.decided) == ("promoted", "Ada")
    assert story(settings) == [("first", 1, "wergate"), ("promoted", 2, "Ada")]


def test_the_recordings_of_the_test_are_gone(learned, aliases, speech, tmp_path, caplog) -> None:
    testing = shutil.copytree(speech / "testing", tmp_path / "testing")
    settings = learned(approval="ask", testing_data=testing)
    result = improve(settings)
    assert result.outcome == "awaiting_approval"
    shutil.rmtree(testing)
    assert approve(settings, result.mlflow_run_id, told()).outcome == "promoted", "it loads, which is what can be tried"
    assert (aliases(settings), live(settings)) == ({"champion": 2, "previous": 1}, "v2")


def test_the_candidate_was_deleted_by_hand(asked, aliases) -> None:
    settings, result = asked
    client(settings).delete_model_version(settings.name, "2")
    with pytest.raises(UserError, match="the registry has no such version any more"):
        approve(settings, result.mlflow_run_id, told())
    assert approve(settings, result.mlflow_run_id, told("reject")).outcome == "rejected"
    assert (aliases(settings), live(settings)) == ({"champion": 1}, "v1")
    assert improve(settings).outcome == "unchanged"


@pytest.mark.parametrize(
    "text", ["", " ", "\x1b[31mred", "a\x00b", "x" * 1001, "\udcff", "\u200b"],
    ids=["nothing", "a space", "colour", "NUL", "long", "half a character", "invisible"],
)  # fmt: skip
def test_what_is_no_reason(text: str) -> None:
    with pytest.raises(UserError, match="--reason: must"):
        parse(["approve", "27f1a6c6", "--by", "Ada", "--reason", text])
    with pytest.raises(ValueError, match="validation error"):
        told(reason=text)


def test_a_dry_run_promotes_nothing(learned, aliases) -> None:
    settings = learned(gate="dry_run", approval="ask")
    result = improve(settings)
    assert (result.outcome, result.finding) == ("dry_run", "better")
    assert (aliases(settings), live(settings)) == ({"champion": 1, "challenger": 2}, "v1")
    assert story(settings) == [("first", 1, "wergate")]


def test_without_a_gate_what_is_no_better_passes(learned, aliases) -> None:
    settings = learned(gate="off", min_words=100_000)
    result = improve(settings)
    assert (result.outcome, result.finding) == ("promoted", "inconclusive")
    assert aliases(settings) == {"champion": 2, "previous": 1}


def test_a_run_that_nobody_knows(asked) -> None:
    settings, result = asked
    for name in ("", "nobody", "zzzz", result.mlflow_run_id[:5]):
        with pytest.raises(UserError, match=f"waiting.*{result.mlflow_run_id[:8]}"):
            approve(settings, name, told())
