"""A person is asked in Prefect: a deployed run is suspended, and goes on with the answer from the top."""

import json
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import pytest
from filelock import FileLock

import tasks.ask_person
from asr.models.checkpoint import EMBEDDED_DIRECTORY, fingerprint
from asr.scoring.person_decision import PersonDecision
from flows.approve import approve
from flows.improve import improve
from tasks.promotion_log import read_log
from tasks.registry import CHAMPION, move_alias, register
from tasks.run_record import stored_result
from tasks.settings import Settings
from tasks.tracking import FLOW_RUN, client
from tasks.waiting import waiting_runs
from tests.flows.deployed import Deployed

pytestmark = [pytest.mark.slow, pytest.mark.long]

YES = {"decision": "promote", "approver": "Ada", "reason": "Heard it"}


class Later(datetime):
    """A clock that goes a week fast."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:  # type: ignore[override]
        return datetime.now(tz) + timedelta(days=7)


def told(decision: str = "promote", by: str = "Ada", reason: str = "Heard it") -> PersonDecision:
    return PersonDecision.model_validate({"decision": decision, "by": by, "reason": reason, "at": datetime.now(UTC)})


def story(settings: Settings) -> list[tuple[str, int, str]]:
    return [(entry.what, entry.version, entry.by) for entry in read_log(settings)]


def live(settings: Settings) -> str:
    return (settings.data / "releases" / "current").resolve().name.partition("-")[0]


@pytest.fixture
def asked(learned: Callable[..., Settings]) -> Deployed:
    """A deployed run that is suspended with a question."""
    run = Deployed(learned(approval="ask"))
    state = run.work()
    assert (state.type.value, state.name) == ("PAUSED", "Suspended"), state.message
    return run


@pytest.fixture
def no_work(asked: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    """From now on nothing is evaluated or trained, not even looked up."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("that was done before")

    monkeypatch.setattr("flows.improve.find_better", refuse)


def test_a_suspended_run_holds_nothing_and_takes_no_empty_answer(asked, no_work, aliases) -> None:
    settings = asked.settings
    for lock in ("run.lock", "promotion.lock"):
        with FileLock(settings.data / lock, timeout=0):
            pass
    [waiting] = waiting_runs(settings)
    deadline = asked.state.state_details.pause_timeout
    assert deadline and abs(deadline - waiting.until) < timedelta(seconds=30)

    without_reason = {name: YES[name] for name in ("decision", "approver")}
    spaces = ({"approver": "  "}, {"reason": "\n\t"}, {"approver": ""}, {"decision": "perhaps"}, {"reason": None})
    for answer in ({}, without_reason, *(YES | changed for changed in spaces), YES | {"force": True}):
        assert asked.resume(**answer) == "REJECT", answer
        assert asked.state.name == "Suspended"
    assert (aliases(settings), live(settings)) == ({"champion": 1, "challenger": 2}, "v1")

    before = datetime.now(UTC)
    assert asked.resume(**YES | {"approver": " Ada | <b> "}) == "ACCEPT"
    answered = datetime.now(UTC)
    assert asked.resume(**YES) == "ABORT", "it is answered once"
    assert asked.work().is_completed()
    assert aliases(settings) == {"champion": 2, "previous": 1}
    assert live(settings) == "v2"
    assert story(settings) == [("first", 1, "wergate"), ("promoted", 2, "Ada | <b>")]
    decision = stored_result(settings, waiting.run_id).decision
    assert (decision.by, decision.reason) == ("Ada | <b>", "Heard it")
    assert before <= decision.at <= answered, "when it was answered, not when it was carried out"
    assert waiting_runs(settings) == []


def test_no_is_an_answer(asked, no_work, aliases) -> None:
    assert asked.resume(decision="reject", approver="Bob", reason="It mumbles") == "ACCEPT"
    assert asked.work().is_completed()
    assert (aliases(asked.settings), live(asked.settings)) == ({"champion": 1, "challenger": 2}, "v1")
    assert story(asked.settings)[-1] == ("rejected", 2, "Bob")


def test_the_question_above_the_form(asked) -> None:
    schema, text = asked.form()
    assert schema["required"] == ["decision", "approver", "reason"]
    assert not any("default" in field for field in schema["properties"].values())
    assert "**The gate found: better.**" in text
    assert "| WER on | wergate v1 | candidate" in text
    assert "| testing | " in text and "| guards/general | " in text
    assert "- ✓ confidence: The candidate is better with a probability of " in text
    assert "- ✓ passed besides: comparable, no\\_leakage, " in text
    assert "Without an answer it counts as rejected from " in text


def test_an_answer_from_a_terminal_wakes_the_run(asked, no_work, aliases) -> None:
    [waiting] = waiting_runs(asked.settings)
    assert approve(asked.settings, waiting.run_id, told()).outcome == "promoted"
    after = (aliases(asked.settings), story(asked.settings))
    assert after == ({"champion": 2, "previous": 1}, [("first", 1, "wergate"), ("promoted", 2, "Ada")])
    assert asked.state.name == "Resuming"
    assert asked.resume(**YES | {"decision": "reject"}) == "ABORT"
    assert asked.work().is_completed()
    assert (aliases(asked.settings), story(asked.settings)) == after, "nothing was done twice"


def test_an_answer_after_another_one_changes_nothing(asked, no_work, aliases, monkeypatch, capsys) -> None:
    [waiting] = waiting_runs(asked.settings)
    with monkeypatch.context() as patch:  # the terminal knows another Prefect server, and cannot wake the run
        patch.setattr(tasks.ask_person, "resume_flow_run", lambda *_, **__: {}["no such run"])
        approve(asked.settings, waiting.run_id, told())
    assert asked.state.name == "Suspended"
    after = (aliases(asked.settings), story(asked.settings))
    assert asked.resume(decision="reject", approver="Bob", reason="It mumbles") == "ACCEPT"
    assert asked.work().is_completed()
    assert "promoted by Ada: “Heard it”; no other answer changes that" in capsys.readouterr().err
    assert (aliases(asked.settings), story(asked.settings)) == after


def test_answered_in_time_and_carried_out_later(asked, no_work, aliases, monkeypatch) -> None:
    assert asked.resume(**YES) == "ACCEPT"
    monkeypatch.setattr("tasks.waiting.datetime", Later)
    monkeypatch.setattr("tasks.ask_person.datetime", Later)
    [late] = waiting_runs(asked.settings)
    assert late.expired
    assert asked.work().is_completed()
    assert aliases(asked.settings) == {"champion": 2, "previous": 1}


def test_nobody_answers_in_time(learned, aliases) -> None:
    run = Deployed(learned(approval="ask", approval_timeout=2 / 3600))
    assert run.work().name == "Suspended"
    [waiting] = waiting_runs(run.settings)
    while not waiting.expired:
        time.sleep(0.1)
    # A server with all its services ends the run by itself; this one does when somebody comes too late.
    assert run.resume(**YES) == "REJECT"
    assert run.state.is_failed() and "never resumed" in run.state.message
    run.retry()
    assert run.work().is_completed()
    assert story(run.settings) == [("first", 1, "wergate"), ("expired", 2, "nobody")]
    assert aliases(run.settings) == {"champion": 1, "challenger": 2}


def test_a_second_run_does_not_ask_again(asked, aliases) -> None:
    second = Deployed(asked.settings)
    assert second.work().is_completed()
    assert asked.state.name == "Suspended"
    assert asked.resume(**YES) == "ACCEPT"
    assert asked.work().is_completed()
    assert aliases(asked.settings) == {"champion": 2, "previous": 1}


def test_a_deployed_run_asks_what_a_terminal_has_left(learned, aliases) -> None:
    settings = learned(approval="ask")
    result = improve(settings)
    run = Deployed(settings)
    assert run.work().name == "Suspended"
    assert client(settings).get_run(result.mlflow_run_id).data.tags[FLOW_RUN] == str(run.id)
    assert run.resume(**YES) == "ACCEPT"
    assert run.work().is_completed()
    assert aliases(settings) == {"champion": 2, "previous": 1}


def test_evidence_that_does_not_hold_any_more_is_another_question(asked, aliases, tmp_path) -> None:
    settings = asked.settings
    other = shutil.copytree(EMBEDDED_DIRECTORY, tmp_path / "other")
    (other / "notes.json").write_text("{}")
    version = register(settings, other, fingerprint(other), base="somebody else's", outcome="candidate").version
    move_alias(settings, CHAMPION, version)
    assert asked.resume(**YES) == "ACCEPT"
    state = asked.work()
    assert state.is_failed() and "wergate v3 is champion now" in state.message
    assert aliases(settings) == {"champion": 3, "challenger": 2}
    asked.retry()
    assert asked.work().name == "Suspended", "the old answer is none to the new question"
    assert "| WER on | wergate v3 |" in asked.form()[1]
    assert asked.resume(**YES) == "ACCEPT"
    assert asked.work().is_completed()
    assert aliases(settings) == {"champion": 2, "previous": 3}


def test_without_settings_a_run_reads_them_where_it_runs(learned, aliases, tmp_path, monkeypatch) -> None:
    settings = learned(approval="ask")
    tables = {"tool.wergate": settings.model_dump(mode="json", exclude_none=True)}
    tables |= {
        f"tool.wergate.{name}": tables["tool.wergate"].pop(name) for name in ("azure", "columns", "life", "training")
    }
    lines = [f"[{name}]\n" + "".join(f"{key} = {json.dumps(it[key])}\n" for key in it) for name, it in tables.items()]
    (tmp_path / "pyproject.toml").write_text("".join(lines), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    run = Deployed(None)
    assert run.work().name == "Suspended"
    assert run.read().name.startswith("improve embedded · ")
    assert aliases(settings) == {"champion": 1, "challenger": 2}
    monkeypatch.setenv("WERGATE_MIN_GAIN", "much")
    wrong = Deployed(None).work()
    assert wrong.is_failed() and "environment: WERGATE_MIN_GAIN must be a valid number" in wrong.message
