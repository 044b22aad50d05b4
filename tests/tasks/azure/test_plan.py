"""What a run would do is found out from what is there, without leaving a copy of the data."""

from collections.abc import Callable
from typing import Any

import pytest

import tasks.azure.plan
from asr.azure import datasets
from asr.azure.entities import Dataset
from asr.azure.plan import Plan
from tasks.azure.parts import corpus_parts
from tasks.azure.plan import plan_run
from tasks.azure.service import custom_speech, making
from tasks.azure.service_models import find_azure_base
from tasks.azure.train import upload
from tasks.corpus import Corpora
from tasks.run_record import ask
from tasks.settings import Settings

Make = Callable[..., Corpora]


class Killed(BaseException):
    """The process is gone."""


@pytest.fixture
def plan(at_work: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[[Corpora], Plan]:
    """The plan for these data, as steps without Prefect."""

    def call(corpora: Corpora) -> Plan:
        monkeypatch.setattr(tasks.azure.plan, "check_corpora", lambda _settings: corpora)
        monkeypatch.setattr(tasks.azure.plan, "find_azure_base", find_azure_base.fn)
        monkeypatch.setattr(tasks.azure.plan, "ask", ask.fn)
        return plan_run(at_work)

    return call


def is_there(plan: Plan) -> dict[str, bool]:
    return {one.what: one.is_there for one in plan.uploads}


def test_no_copy_of_the_data_stays(at_work: Settings, make_corpora: Make, plan: Any) -> None:
    first = plan(make_corpora())
    assert is_there(first) == {"training": False, "testing": False}
    assert plan(make_corpora()) == first
    plan(make_corpora({"one": "another sentence is said", "two": "open the red door"}))
    assert len(list((at_work.data / "azure" / "parts").iterdir())) == 3, "training twice and testing"
    assert not list(at_work.data.rglob("*.zip"))


def test_an_interrupted_upload_is_not_there(
    at_work: Settings, make_corpora: Make, plan: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpora = make_corpora()

    def uploaded() -> list[Dataset]:
        return upload(at_work, making(at_work, "r"), corpus_parts(at_work, corpora.training, "training"))

    def killed(*_arguments: Any, **_options: Any) -> None:
        raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(datasets, "upload_blocks", killed)
        uploaded()
    assert [one.status for one in custom_speech(at_work).all(Dataset)] == ["NotStarted"]
    assert is_there(plan(corpora)) == {"training": False, "testing": False}
    uploaded()
    assert is_there(plan(corpora)) == {"training": True, "testing": False}
