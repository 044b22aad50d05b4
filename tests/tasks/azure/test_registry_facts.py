from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from asr.models.checkpoint import EMBEDDED_DIRECTORY, fingerprint
from tasks.azure.registry_facts import model_names, registry_facts
from tasks.promotion_journal import Move, begin
from tasks.registry import CANDIDATE, CHALLENGER, CHAMPION, COMPARED_WITH, PREVIOUS, move_alias, register
from tasks.settings import Settings

Make = Callable[..., Any]


def test_an_empty_registry_knows_nothing(settings: Settings) -> None:
    known = registry_facts(settings)
    assert (known.champion, known.in_use, known.promoted, known.finished) == ("", {}, (), frozenset())
    assert model_names(settings) == {}


def test_what_became_of_each_model(settings: Settings, run: Make, in_registry: Make) -> None:
    in_registry("base-1", "base", is_base=True)
    in_registry("old", "promoted", released="2026-01-01T00:00:00")
    in_registry("before", "promoted", PREVIOUS, released="2026-03-01T00:00:00")
    in_registry("now", "promoted", CHAMPION, released="2026-02-01T00:00:00")
    in_registry("no", "rejected", CHALLENGER)
    in_registry("later-no", "rejected", released="2025-01-01T00:00:00")
    known = registry_facts(settings)
    assert known.champion == "now"
    assert known.in_use == {"before": "previous", "now": "champion"}
    assert known.challenger == "no"
    assert known.promoted == ("before", "now", "old", "later-no", "base-1")
    assert known.rejected == {"no"}
    assert known.registered == {"base-1", "old", "before", "now", "no", "later-no"}
    assert model_names(settings)["now"] == "v4 champion"
    assert model_names(settings)["old"] == "v2 promoted"


def test_a_champion_of_this_machine_is_no_model_of_the_service(settings: Settings, in_registry: Make) -> None:
    in_registry("m", "promoted")
    content = fingerprint(EMBEDDED_DIRECTORY)
    here = register(settings, EMBEDDED_DIRECTORY, content, base="embedded", outcome="base")
    move_alias(settings, CHAMPION, here.version)
    known = registry_facts(settings)
    assert (known.champion, known.in_use, known.registered) == ("", {}, {"m"})


def test_what_waits_or_goes_on_is_in_use(settings: Settings, run: Make, in_registry: Make) -> None:
    asked, tried, beaten = (in_registry(id, "rejected") for id in ("asked", "tried", "beaten"))
    waiting = run("awaiting_approval", **{CANDIDATE: str(asked.version), COMPARED_WITH: str(beaten.version)})
    at_work = run("", **{CANDIDATE: str(tried.version)})
    known = registry_facts(settings)
    assert known.in_use == {
        "asked": "a person is asked about it",
        "beaten": "a person is asked about it",
        "tried": f"the run {at_work[:8]} has not ended",
    }
    assert (known.finished, known.unfinished) == ({waiting}, {at_work})


def test_a_run_that_died_long_ago_is_given_up(settings: Settings, run: Make) -> None:
    def ago(days: int) -> int:
        return int((datetime.now(UTC) - timedelta(days=days)).timestamp() * 1000)

    recent, old = run("", began=ago(89)), run("", began=ago(91))
    known = registry_facts(settings)
    assert (known.unfinished, known.finished) == ({recent}, {old})


@pytest.mark.parametrize(("outcome", "hours", "uploading"), [("", 23, True), ("", 25, False), ("rejected", 1, False)])
def test_a_run_that_has_begun_lately_may_be_uploading(
    settings: Settings, run: Make, outcome: str, hours: int, uploading: bool
) -> None:
    began = datetime.now(UTC) - timedelta(hours=hours)
    run(outcome, began=int(began.timestamp() * 1000))
    assert registry_facts(settings).uploading is uploading


def test_steps_of_a_run_are_no_runs(settings: Settings, run: Make) -> None:
    from tasks.tracking import child_run

    parent = run("")
    with child_run(settings, parent, "training"):
        assert registry_facts(settings).unfinished == {parent}


def test_what_is_being_released_is_in_use(settings: Settings, in_registry: Make) -> None:
    first, second = in_registry("first", "promoted"), in_registry("second", "rejected")
    begin(settings, Move(what="promoted", version=second.version, replaces=first.version, by="Ada", reason="better"))
    assert registry_facts(settings).in_use == {"first": "it is being released", "second": "it is being released"}
