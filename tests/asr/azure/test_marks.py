"""Whose things are: only what bears the mark of the project is found, and of that only what has not failed is used."""

from typing import Any

from asr.azure.custom_speech import quoted
from asr.azure.entities import Dataset
from asr.azure.marks import TESTING, Maker, Mark, is_training, made, read_mark, training_role, usable

CONTENT = "a1" * 32


def dataset(maker: Maker, content: str = CONTENT, role: str = "training") -> Dataset:
    return Dataset(
        display_name=maker.name(role, content),
        locale="en-US",
        kind="Language",
        custom_properties=maker.mark(role, content),
    )


def test_a_mark_is_read_as_it_was_written(maker: Maker) -> None:
    assert maker.name("training Language", CONTENT) == "wergate/training Language/a1a1a1a1a1a1a1a1"
    assert read_mark(dataset(maker)) == Mark("wergate", "training", CONTENT, "run-1", "c0ffee")
    assert read_mark(dataset(Maker("wergate"))) == Mark("wergate", "training", CONTENT, "", "")


def test_what_people_made_bears_no_mark() -> None:
    assert read_mark(Dataset(display_name="mine", locale="en-US", kind="Language")) is None
    others = {"somebody": "else"}
    assert read_mark(Dataset(display_name="mine", locale="en-US", kind="Language", custom_properties=others)) is None


def test_a_mark_fits_the_service(azure: Any) -> None:
    long = Maker("wergate", "r" * 300, "c" * 300)
    made_there = azure.service.create(dataset(long))
    assert len(made_there.custom_properties["wergate.run"]) == 256
    assert len(made_there.custom_properties) == 5


def test_only_the_own_content_of_the_own_project_is_found(azure: Any, maker: Maker) -> None:
    mine = azure.service.create(dataset(maker))
    same_start = CONTENT[:32] + "b2" * 16
    azure.service.create(dataset(maker, same_start))
    azure.service.create(dataset(maker, role="testing"))
    # By its name it is the project's, by its mark another's.
    foreign = dataset(Maker("other")).model_copy(update={"display_name": maker.name("training", CONTENT)})
    azure.service.create(foreign)
    azure.service.create(foreign.model_copy(update={"custom_properties": {}}))

    assert [one.id for one in made(azure.service, Dataset, maker, "training", CONTENT)] == [mine.id]
    assert len(list(azure.service.all(Dataset, f"displayName eq {quoted(mine.display_name)}"))) == 4


def test_the_oldest_is_used_and_the_failed_are_deleted(azure: Any, maker: Maker) -> None:
    store = azure.emulator.state.store
    failed, oldest, younger = (azure.service.create(dataset(maker)) for _ in range(3))
    for one, seconds in ((failed, 1), (oldest, 2), (younger, 3)):
        store.get("datasets", one.id).body["createdDateTime"] = f"2026-01-01T00:00:0{seconds}Z"
    store.get("datasets", failed.id).body["status"] = "Failed"
    foreign = azure.service.create(dataset(Maker("other")))
    store.get("datasets", foreign.id).body["status"] = "Failed"

    found = usable(azure.service, Dataset, maker, "training", CONTENT)

    assert found is not None and found.id == oldest.id
    assert {one.id for one in azure.all(Dataset)} == {oldest.id, younger.id, foreign.id}
    assert usable(azure.service, Dataset, maker, "training", "b2" * 32) is None


def test_what_has_come_further_is_used_before_an_older_one(azure: Any, maker: Maker) -> None:
    store = azure.emulator.state.store
    waiting, running, done, later = (azure.service.create(dataset(maker)) for _ in range(4))
    states = ((waiting, "NotStarted"), (running, "Running"), (done, "Succeeded"), (later, "Succeeded"))
    for second, (one, status) in enumerate(states):
        store.get("datasets", one.id).body |= {"createdDateTime": f"2026-01-01T00:00:0{second}Z", "status": status}
    for expected in (done, later, running, waiting):
        found = usable(azure.service, Dataset, maker, "training", CONTENT)
        assert found is not None and found.id == expected.id
        store.remove(store.get("datasets", expected.id))


def test_roles_of_datasets() -> None:
    assert training_role("Acoustic") == "training Acoustic"
    assert [is_training(one) for one in (training_role("Language"), TESTING, "model", "")] == [True] + 3 * [False]


def test_another_run_finds_it_too(azure: Any, maker: Maker) -> None:
    mine = azure.service.create(dataset(maker))
    found = usable(azure.service, Dataset, Maker("wergate", "run-2", "beef"), "training", CONTENT)
    assert found is not None and found.id == mine.id
    assert usable(azure.service, Dataset, Maker("wergate 2"), "training", CONTENT) is None
