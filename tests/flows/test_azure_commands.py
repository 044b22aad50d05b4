"""`wergate azure`: what a run would do and cost, what is there, what may go, and what expires."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from asr.azure.azure_model import AzureModel, write_azure_model
from asr.azure.options import AzureOptions
from asr.models.checkpoint import fingerprint
from tasks.registry import CHAMPION, move_alias, register
from tasks.settings import Settings
from tests.azure_emulator.running import running_emulator
from tests.azure_stock import Stock

Make = Callable[..., Any]


@pytest.fixture
def stock() -> Iterator[Stock]:
    with running_emulator(pace=0.01, contract=None) as emulator:
        yield Stock(emulator)


@pytest.fixture
def settings(quick: Make, stock: Stock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setenv("AZURE_SPEECH_KEY", stock.emulator.key)
    options = AzureOptions(address=stock.emulator.address)
    made: Settings = quick(tmp_path / "data", backend="azure", language="en-US", azure=options)
    return made


@pytest.fixture
def azure(wergate: Make, as_flags: Make, settings: Settings) -> Make:
    """Runs `wergate azure` with the settings."""
    return lambda what, *more: wergate("azure", what, *as_flags(settings), *more)


def make_champion(settings: Settings, folder: Path, id: str, is_base: bool = False) -> None:
    directory = write_azure_model(AzureModel(id=id, is_base=is_base, locale="en-US"), folder / id)
    version = register(settings, directory, fingerprint(directory), base="azure:b", outcome="promoted")
    move_alias(settings, CHAMPION, version.version)


def calls_that_change(stock: Stock) -> list[str]:
    """Operations that were called and that are no mere reading."""
    reading = ("_Get", "_List")
    return [name for name in stock.emulator.counts()["calls"] if not any(word in name for word in reading)]


@pytest.mark.slow
def test_the_plan_comes_first_and_then_the_refusal(azure: Make, stock: Stock, settings: Settings) -> None:
    ran = azure("plan")
    assert ran.code == 2
    lines = ran.out.splitlines()
    assert lines[0].startswith("base      ") and lines[0].endswith("(en-US), training is charged")
    assert "upload    3 of 3 files" in ran.out
    assert [line.split()[0] for line in lines[3:6]] == ["training", "testing", "guards/general"]
    assert "by the hour of training" in ran.out
    assert "make an endpoint, if it is promoted" in ran.out
    uncharged = stock.base("uncharged")
    assert ran.message.endswith(f"set azure.allow_charged_training = true, or azure.base_model = {uncharged}, which is "
                                "not charged")  # fmt: skip
    assert calls_that_change(stock) == []
    assert stock.everything() == set()
    assert not list(settings.data.rglob("*.zip")), "no copy of the audio stays"

    allowed = azure("plan", "--azure-allow-charged-training=true", "--json")
    assert allowed.code == 0
    plan = json.loads(allowed.out)
    assert (plan["refused"], plan["answered"], plan["base_charged"]) == ("", "", True)
    assert plan["training_hours"] > 0 and plan["testing_hours"] > 0

    small = azure("plan", "--azure-max-training-audio-hours=0", "--azure-allow-charged-training=true", "--json")
    assert small.code == 2
    assert "azure.max_training_audio_hours is 0" in json.loads(small.out)["refused"]
    assert "azure.max_training_audio_hours is 0" in small.message


@pytest.mark.slow
def test_what_was_done_before_is_not_planned_again(
    azure: Make, settings: Settings, stock: Stock, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from prefect import flow

    from asr.azure.evaluate import ensure_testing_data
    from asr.azure.plan import Plan
    from tasks.azure.parts import corpus_parts
    from tasks.azure.plan import plan_run
    from tasks.azure.service import custom_speech, maker
    from tasks.azure.service_models import find_azure_base
    from tasks.azure.train import begin_training
    from tasks.corpus import check_corpora
    from tasks.run_record import Record, ask
    from tasks.tracking import KEY, OUTCOME, TRAINING_KEY, client, experiment_id
    from tests.flows.azure_runs import hurried

    for name, value in hurried().items():
        monkeypatch.setattr(name.replace(":", "."), value)

    @flow
    def story() -> tuple[Plan, Plan, Plan]:
        allowed = settings.model_copy(
            update={"azure": settings.azure.model_copy(update={"allow_charged_training": True})}
        )
        corpora = check_corpora(allowed)
        base = find_azure_base(allowed, corpora)
        question = ask(allowed, corpora, base)
        begin_training(allowed, Record(id="r", since=None), base, corpora)
        for corpus in corpora.judging:
            parts = corpus_parts(allowed, corpus, "testing")
            ensure_testing_data(custom_speech(allowed), maker(allowed), parts.parts, parts.file, 60)
        stock.endpoint(stock.base())
        stock.emulator.state.store.all("endpoints")[0].body["displayName"] = "wergate/endpoint/en-US"
        plans = [plan_run(allowed)]
        for tags in ({TRAINING_KEY: question.training_key}, {KEY: question.key}):
            client(allowed).create_run(experiment_id(allowed), tags=tags | {OUTCOME: "rejected"}, run_name="earlier")
            plans.append(plan_run(allowed))
        return plans[0], plans[1], plans[2]

    done, measured, answered = story()
    assert "upload    0 of 3 files, 0.0 MB" in done.summary()
    charged = {one.what: one.charged for one in done.steps}
    assert charged["train the candidate, which is there already"] == ""
    assert "give the endpoint the candidate, if it is promoted" in charged
    assert done.answered == ""
    assert measured.answered == "only the champion is measured: only the testing data changed since run “earlier”"
    assert answered.answered == "nothing of it is done: nothing has changed since run “earlier”"


def test_a_local_run_has_no_plan(azure: Make) -> None:
    ran = azure("plan", "--backend=local")
    assert (ran.code, ran.out) == (2, "")
    assert ran.message.startswith("backend is local")


def test_invalid_data_has_no_plan(azure: Make, tmp_path: Path, stock: Stock) -> None:
    (tmp_path / "empty").mkdir()
    ran = azure("plan", f"--training-data={tmp_path / 'empty'}")
    assert ran.code == 3
    assert "empty" in ran.message
    assert calls_that_change(stock) == []


def test_status_says_what_is_there(azure: Make, settings: Settings, stock: Stock, tmp_path: Path) -> None:
    assert azure("status").out == "nothing at the service was made by wergate\n"
    dataset = stock.dataset(run="0123456789ab")
    model = stock.model(dataset, run="0123456789ab", expires=30)
    endpoint = stock.endpoint(model, {"wergate.release": f"v1-0a1b2c3d {model}", "wergate.tried": "yes"})
    stock.model(project="theirs")
    make_champion(settings, tmp_path, model)
    ran = azure("status")
    assert ran.code == 0
    for words in (
        "endpoints, hosted and charged by the hour",
        f"{endpoint}  Succeeded",
        "of v1 champion",
        "release v1-0a1b2c3d",
        "run 01234567",
        "base models that these come from",
        "made by others, and left alone: 1 model",
        "! the model of the endpoint of en-US expires on",
    ):
        assert words in ran.out, words
    found = json.loads(azure("status", "--json").out)
    assert [one["sort"] for one in found["inventory"]["items"]] == ["dataset", "model", "endpoint"]
    assert found["champion"] == model
    assert [one["model"] for one in found["watch"]["expiring"]] == [model]
    assert calls_that_change(stock) == []


def test_clean_says_and_does(azure: Make, stock: Stock) -> None:
    failed = stock.model(status="Failed")
    kept = stock.model(run="unknown")
    said = azure("clean", "--dry-run")
    assert said.code == 0
    assert said.out.startswith("would be deleted\n  model")
    assert f"{failed}  its training has failed" in said.out
    assert said.out.endswith("1 would be deleted, 1 kept, 0 made by others\n")
    assert stock.ids("models") == {failed, kept}
    done = json.loads(azure("clean", "--json").out)
    assert [one["item"]["id"] for one in done["deleted"]] == [failed]
    assert stock.ids("models") == {kept}
    assert "0 deleted, 1 kept" in azure("clean").out


def test_expiry_asks_for_retraining_by_its_exit_code(
    azure: Make, settings: Settings, stock: Stock, tmp_path: Path
) -> None:
    assert azure("expiry").out == "nothing that people use expires within 60 days\n"
    make_champion(settings, tmp_path, stock.base("old 3"), is_base=True)
    ran = azure("expiry")
    assert ran.code == 1
    assert "run `wergate run`: it trains from the newer base" in ran.out
    asked = azure("expiry", "--json")
    assert (asked.code, len(json.loads(asked.out)["expiring"])) == (1, 1)
    assert azure("expiry", "--azure-expiry-days=7").code == 0


@pytest.mark.parametrize("what", ["status", "clean", "expiry"])
def test_without_a_resource_it_says_what_to_set(wergate: Make, what: str) -> None:
    ran = wergate("azure", what, "--language=en-US")
    assert (ran.code, ran.out) == (2, "")
    assert ran.message.startswith("azure.region is empty; name the region of your Speech resource")


def test_a_wrong_word_is_refused(wergate: Make) -> None:
    from asr.errors import SettingsError

    with pytest.raises(SettingsError, match=r"invalid choice: 'cleen' \(choose from '?plan"):
        wergate("azure", "cleen")
