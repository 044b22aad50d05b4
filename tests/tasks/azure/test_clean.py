"""What a decided run leaves goes, whatever happened in between, and nothing else does."""

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from asr.azure.azure_error import AzureError, InUse
from asr.azure.custom_speech import CustomSpeech
from asr.azure.entities import Entity
from asr.azure.marks import RELEASE, TRIED
from asr.errors import UserError
from tasks.azure.clean import clean_azure, tidy_azure
from tasks.registry import CHALLENGER, CHAMPION
from tasks.run_lock import one_run_at_a_time
from tasks.settings import Settings
from tasks.tracking import OUTCOME, client
from tests.azure_stock import Stock

Make = Callable[..., Any]


class Killed(BaseException):
    """Nothing catches it, as nothing catches SIGKILL."""


@pytest.fixture
def story(stock: Stock, run: Make, in_registry: Make) -> dict[str, str]:
    """A champion on an endpoint, a rejected candidate, one that was released long ago; and things of others."""
    first, second = run("promoted"), run("rejected")
    ids = {
        "shared": stock.dataset(run=first),
        "of the rejected": stock.dataset(run=second),
        "test": stock.dataset("testing audio"),
        "half a file": stock.dataset(run=second, status="NotStarted"),
        "damaged": stock.dataset(run=second, status="Failed"),
    }
    ids |= {
        "champion": stock.model(ids["shared"], run=first),
        "rejected": stock.model(ids["shared"], ids["of the rejected"], run=second),
        "failed": stock.model(ids["of the rejected"], run=second, status="Failed"),
        "training": stock.model(ids["shared"], run=second, status="Running"),
        "expired": stock.model(run=first, expires=-3),
    }
    ids |= {
        "endpoint": stock.endpoint(ids["champion"], {RELEASE: f"v1-a {ids['champion']}", TRIED: "yes"}),
        "heard": stock.transcription(ids["rejected"], ids["test"], run=second),
        "hearing": stock.transcription(ids["champion"], ids["test"], status="Running"),
        "judged": stock.evaluation(ids["rejected"], ids["test"], run=second),
        "of nobody": stock.model(marked=False, status="Failed"),
        "of another project": stock.dataset(project="wergate-2", run=second, status="Failed"),
    }
    in_registry(ids["champion"], "promoted", CHAMPION, run=first, released="2026-01-02")
    in_registry(ids["expired"], "promoted", run=first, released="2026-01-01")
    in_registry(ids["rejected"], "rejected", CHALLENGER, run=second)
    return ids


LEFT_BY_A_REJECTED_RUN = {"of the rejected", "damaged", "rejected", "failed", "heard", "judged"}


def left(stock: Stock, story: dict[str, str]) -> set[str]:
    there = stock.everything()
    assert there <= set(story.values())
    return {name for name, id in story.items() if id in there}


def test_a_dry_run_says_what_would_go_and_deletes_nothing(
    settings: Settings, stock: Stock, story: dict[str, str]
) -> None:
    found = clean_azure(settings, dry_run=True)
    assert left(stock, story) == set(story)
    named = {id: name for name, id in story.items()}
    assert {named[one.item.id] for one in found.deleted} == LEFT_BY_A_REJECTED_RUN | {"expired"}
    assert {named[one.item.id]: one.reason for one in found.kept} == {
        "shared": "the model wergate/model/0000000000000000 uses it",
        "test": "the transcription wergate/transcription/0000000000000000 uses it",
        "half a file": "it is NotStarted",
        "champion": "champion",
        "training": "it is Running",
        "endpoint": "endpoints stay: people may call it",
        "hearing": "it is Running",
    }
    assert (found.dry_run, found.others) == (True, 2)
    assert not any("_Delete" in call for call in stock.emulator.counts()["calls"])


def test_cleaning_does_what_the_dry_run_says_and_then_nothing_more(
    settings: Settings, stock: Stock, story: dict[str, str]
) -> None:
    said = clean_azure(settings, dry_run=True)
    done = clean_azure(settings)
    assert done.deleted == said.deleted
    assert left(stock, story) == set(story) - LEFT_BY_A_REJECTED_RUN - {"expired"}
    assert clean_azure(settings).deleted == ()


def test_a_decided_run_leaves_nothing_behind(settings: Settings, stock: Stock, story: dict[str, str]) -> None:
    tidy_azure.fn(settings)
    assert left(stock, story) == set(story) - LEFT_BY_A_REJECTED_RUN


def test_killed_anywhere_the_next_one_goes_on(
    settings: Settings, stock: Stock, story: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = CustomSpeech.delete
    for _ in LEFT_BY_A_REJECTED_RUN:

        def once(service: CustomSpeech, kind: type[Entity], id: str) -> None:
            delete(service, kind, id)
            raise Killed

        before = len(stock.everything())
        monkeypatch.setattr(CustomSpeech, "delete", once)
        with pytest.raises(Killed):
            tidy_azure.fn(settings)
        assert len(stock.everything()) == before - 1
    tidy_azure.fn(settings)
    assert left(stock, story) == set(story) - LEFT_BY_A_REJECTED_RUN


def test_what_the_service_keeps_stays_with_what_it_uses(
    settings: Settings, stock: Stock, story: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    delete = CustomSpeech.delete

    def refuse_one(service: CustomSpeech, kind: type[Entity], id: str) -> None:
        if id == story["rejected"]:
            raise InUse("The model is used elsewhere.", status=409)
        delete(service, kind, id)

    monkeypatch.setattr(CustomSpeech, "delete", refuse_one)
    done = clean_azure(settings)
    reasons = {one.item.id: one.reason for one in done.kept}
    assert reasons[story["rejected"]] == "the service keeps it: The model is used elsewhere."
    assert reasons[story["of the rejected"]] == "something uses it that could not be deleted"
    assert left(stock, story) >= {"rejected", "of the rejected"}


def test_a_run_never_fails_because_of_what_stays_behind(
    settings: Settings,
    stock: Stock,
    story: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: Any) -> None:
        raise AzureError("it is not well", status=500)

    monkeypatch.setattr(CustomSpeech, "delete", fail)
    with caplog.at_level(logging.WARNING):
        tidy_azure.fn(settings)
    assert "not everything could be tidied up at Azure: it is not well (500); `wergate azure clean`" in caplog.text
    with pytest.raises(AzureError, match="it is not well"):
        clean_azure(settings)


def test_data_that_a_run_elsewhere_may_be_about_to_use_stay(
    settings: Settings, stock: Stock, story: dict[str, str], run: Make
) -> None:
    killed = int((datetime.now(UTC) - timedelta(days=2)).timestamp() * 1000)
    run("", began=killed)
    other = run("")
    tidy_azure.fn(settings)
    assert left(stock, story) == set(story) - LEFT_BY_A_REJECTED_RUN | {"of the rejected"}
    client(settings).set_tag(other, OUTCOME, "rejected")
    tidy_azure.fn(settings)
    assert left(stock, story) == set(story) - LEFT_BY_A_REJECTED_RUN


@pytest.mark.parametrize(("guards", "goes"), [(0, 3), (6, 0), (5, 1)])
def test_as_many_tests_stay_as_runs_use(
    settings: Settings, stock: Stock, tmp_path: Path, guards: int, goes: int
) -> None:
    for number in range(guards):
        (tmp_path / "testing" / "guards" / f"g{number}").mkdir(parents=True)
    for number in range(13):
        stock.dataset("testing audio", days=number)
    done = clean_azure(settings.model_copy(update={"testing_data": tmp_path / "testing"}), dry_run=True)
    assert len(done.deleted) == goes


def test_no_cleaning_while_a_run_is_at_work(settings: Settings, stock: Stock, story: dict[str, str]) -> None:
    with one_run_at_a_time(settings):
        with pytest.raises(UserError, match="another run is at work here"):
            clean_azure(settings)
        assert clean_azure(settings, dry_run=True).deleted
    assert left(stock, story) == set(story)
