"""A training is begun once: found when it is at work or finished, and begun anew only when it has failed."""

from collections.abc import Callable
from typing import Any

import pytest

from asr.azure.azure_error import AzureError
from asr.azure.custom_models import content_of, ensure_model, refuse_failed
from asr.azure.datasets import ensure_dataset
from asr.azure.entities import CustomModel, Dataset
from asr.azure.marks import Maker
from asr.azure.parts import DataFile, Parts

CREATE = "Models_Create"


@pytest.fixture
def parts(write_corpus: Any, parts_of: Any) -> Parts:
    """Audio, text and pronunciations."""
    corpus = write_corpus(files={"plain_text.txt": "a line\n", "pronunciation.txt": "zebra\tzee bra\n"})
    written: Parts = parts_of(corpus, frozenset({"Acoustic", "Language", "Pronunciation"}))
    return written


@pytest.fixture
def train(azure: Any, maker: Maker, parts: Parts) -> Callable[..., CustomModel]:
    """Upload and begin a training."""

    def call(who: Maker = maker, base: str = "uncharged") -> CustomModel:
        service, chosen = azure.service, azure.base(base)
        datasets: list[Dataset] = [
            ensure_dataset(service, who, f"training {one.kind}", one, lambda one=one: parts.path(one), patience=20.0)
            for one in parts.parts
        ]
        return ensure_model(service, who, chosen, datasets, content_of(chosen.id, parts.parts))

    return call


def ended(azure: Any, model: CustomModel) -> CustomModel:
    found: CustomModel = azure.service.wait(CustomModel, model.id, deadline=20.0)
    return found


def test_a_model_is_trained_from_the_base_and_all_datasets(azure: Any, train: Any) -> None:
    model = ended(azure, train())
    assert refuse_failed(model) is model
    assert model.base_model is not None and model.base_model.id == azure.base("uncharged").id
    there = {one.id: one.kind for one in azure.all(Dataset)}
    assert sorted(there[one.id] for one in model.datasets or ()) == ["Acoustic", "Language", "Pronunciation"]
    assert model.locale == "en-US" and model.expires is not None


def test_one_at_work_and_one_that_is_finished_are_found(azure: Any, train: Any) -> None:
    first = train()
    assert train(Maker("wergate", "run-2")).id == first.id, "at work"
    ended(azure, first)
    again = train(Maker("wergate", "run-3"))
    assert (again.id, again.status) == (first.id, "Succeeded")
    assert (azure.calls(CREATE), azure.calls("Datasets_UploadBlock")) == (1, 3)


def test_another_base_and_another_project_train_their_own(azure: Any, train: Any) -> None:
    one, two, three = train(), train(base="charged"), train(Maker("other"))
    assert len({one.id, two.id, three.id}) == 3
    assert azure.calls(CREATE) == 3


def test_a_failed_training_says_why_and_is_begun_anew(azure: Any, train: Any) -> None:
    azure.fails("fail", "models", code="InvalidDataset", message="nothing to learn")
    failed = ended(azure, train())
    with pytest.raises(AzureError, match=r"training of wergate/model/\w+ failed \(InvalidDataset: nothing to learn\)"):
        refuse_failed(failed)
    anew = ended(azure, train())
    assert refuse_failed(anew).status == "Succeeded"
    assert [one.id for one in azure.all(CustomModel)] == [anew.id] != [failed.id]


def test_an_answer_that_is_lost_makes_no_second_model(azure: Any, train: Any) -> None:
    azure.fails("drop_after", CREATE)
    model = train()
    assert [one.id for one in azure.all(CustomModel)] == [model.id]


def test_the_content_is_base_and_data_in_any_order() -> None:
    one, two = (DataFile(kind="Language", file="f", sha256=digit * 64, size=1, locale="en-US") for digit in "12")
    assert content_of("base", [one, two]) == content_of("base", [two, one])
    others = {content_of("other", [one, two]), content_of("base", [one]), content_of("base", [one, one])}
    assert len(others | {content_of("base", [one, two])}) == 4
