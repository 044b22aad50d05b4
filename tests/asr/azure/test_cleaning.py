"""Each rule deletes what it is for and leaves its neighbour; nothing in use, under way or of others ever goes."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.azure.cleaning import DELETED_FIRST, KEPT_TESTS, Cleaning, Known, what_goes
from asr.azure.inventory import Inventory, Item, Sort

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def item(sort: Sort, id: str, **more: Any) -> Item:
    roles = {"dataset": "training Acoustic", "model": "model", "endpoint": "endpoint"}
    usual: dict[str, Any] = {"status": "Succeeded", "created": NOW - DAY, "changed": NOW - DAY, "run": "ended"}
    return Item(sort=sort, id=id, name=f"p/{id}", locale="en-US", **usual | {"role": roles.get(sort, sort)} | more)


def known(**facts: Any) -> Known:
    return Known(**{"finished": frozenset({"ended"})} | facts)


def sorted_out(items: list[Item], facts: Known | None = None, **more: Any) -> Cleaning:
    inventory = Inventory(project="p", items=tuple(items), used_by_others=more.pop("used_by_others", frozenset()))
    return what_goes(inventory, facts or known(), NOW, more.pop("keep_models", 3), **more)


def going(items: list[Item], facts: Known | None = None, **more: Any) -> list[str]:
    return [one.item.id for one in sorted_out(items, facts, **more).goes]


def why_it_stays(items: list[Item], facts: Known | None = None, **more: Any) -> dict[str, str]:
    return {one.item.id: one.reason for one in sorted_out(items, facts, **more).stays}


def test_a_failed_model_goes_and_one_that_was_trained_for_a_run_that_goes_on_stays() -> None:
    items = [item("model", "failed", status="Failed"), item("model", "trained", run="r")]
    facts = known(unfinished=frozenset({"r"}))
    assert going(items, facts) == ["failed"]
    assert why_it_stays(items, facts) == {"trained": "its run has not ended"}


def test_a_rejected_model_goes_with_its_datasets_and_batches() -> None:
    items = [
        item("dataset", "shared"),
        item("dataset", "only for it"),
        item("model", "champion", uses=("shared",)),
        item("model", "rejected", uses=("shared", "only for it")),
        item("transcription", "heard", uses=("rejected", "test")),
        item("evaluation", "judged", uses=("champion", "rejected", "test")),
    ]
    facts = known(in_use={"champion": "champion"}, rejected=frozenset({"rejected"}), challenger="rejected")
    for everything in (True, False):
        assert going(items, facts, everything=everything) == ["heard", "judged", "rejected", "only for it"]
    assert why_it_stays(items, facts) == {"shared": "the model p/champion uses it", "champion": "champion"}


@pytest.mark.parametrize(
    "facts",
    [
        known(rejected=frozenset({"m"}), in_use={"m": "a person is asked about it"}),
        known(rejected=frozenset(), challenger="m", registered=frozenset({"m"})),
        known(),
    ],
    ids=["asked about once more", "challenger that was not rejected", "of no run"],
)
def test_what_was_not_rejected_for_good_stays(facts: Known) -> None:
    assert going([item("model", "m", run="")], facts) == []


def test_the_newest_released_stay_and_those_in_use() -> None:
    items = [item("model", f"m{number}") for number in range(6)]
    items.append(item("endpoint", "e", uses=("m5",)))
    facts = known(promoted=tuple(f"m{number}" for number in range(6)), in_use={"m4": "previous"})
    assert going(items, facts, keep_models=2) == ["m2", "m3"]
    assert going(items, facts, keep_models=2, everything=False) == []
    stays = why_it_stays(items, facts, keep_models=2)
    assert (stays["m4"], stays["m5"]) == ("previous", "the endpoint p/e uses it")
    assert stays["m1"] == "one of the newest that were released"


def test_bases_and_models_that_are_gone_take_no_place_among_the_newest() -> None:
    items = [item("model", "m0"), item("model", "m1")]
    facts = known(promoted=("base", "gone", "m0", "m1"))
    assert going(items, facts, keep_models=1) == ["m1"]


def test_an_expired_model_goes_when_nothing_uses_it() -> None:
    items = [
        item("model", "expired", expires=NOW - DAY),
        item("model", "hosted", expires=NOW - DAY),
        item("model", "still good", expires=NOW + DAY),
        item("endpoint", "e", uses=("hosted",)),
    ]
    facts = known(promoted=("still good", "expired", "hosted"))
    assert going(items, facts) == ["expired"]
    assert going(items, facts, everything=False) == []


def test_a_candidate_that_another_one_has_followed_goes() -> None:
    items = [item("model", "old"), item("model", "newest")]
    facts = known(registered=frozenset({"old", "newest"}), challenger="newest")
    assert going(items, facts) == ["old"]
    assert why_it_stays(items, facts)["newest"] == "challenger"
    assert going(items, facts, everything=False) == []


def test_a_model_of_another_store_stays() -> None:
    assert why_it_stays([item("model", "m", run="unknown")]) == {"m": "its run is not in this MLflow store"}


@pytest.mark.parametrize(
    "facts",
    [
        known(rejected=frozenset({"m"}), registered=frozenset({"m"})),
        known(registered=frozenset({"m"}), challenger="newer"),
        known(registered=frozenset({"m"}), promoted=("newer", "m")),
    ],
    ids=["rejected", "followed", "released before"],
)
def test_a_model_that_was_only_found_here_stays(facts: Known) -> None:
    items = [item("model", "m", run="of another store"), item("model", "newer")]
    facts = facts.model_copy(update={"in_use": {"newer": "champion"}})
    assert going(items, facts, keep_models=1) == []
    mine = item("model", "m", run="ended")
    assert going([mine, items[1]], facts, keep_models=1) == ["m"]


def test_a_model_that_its_run_never_registered_goes() -> None:
    assert going([item("model", "m")]) == ["m"]


@pytest.mark.parametrize(
    ("run", "days", "goes"),
    [
        ("ended", 1, True),
        ("going on", 1, False),
        ("going on", 40, False),
        ("unknown", 29, False),
        ("unknown", 31, True),
    ],
)
def test_training_data_goes_with_its_run(run: str, days: int, goes: bool) -> None:
    dataset = item("dataset", "d", run=run, created=NOW - days * DAY)
    assert going([dataset], known(unfinished=frozenset({"going on"}))) == (["d"] if goes else [])


@pytest.mark.parametrize("status", ["NotStarted", "Running", None])
def test_what_is_not_settled_stays(status: str | None) -> None:
    items = [
        item("dataset", "d", status=status),
        item("model", "m", status=status),
        item("evaluation", "e", status=status),
    ]
    facts = known(rejected=frozenset({"m"}))
    assert set(why_it_stays(items, facts).values()) == {f"it is {status or 'without a status'}"}


def test_training_data_of_a_model_that_is_being_trained_stays() -> None:
    items = [item("dataset", "d"), item("model", "m", status="Running", uses=("d",))]
    assert why_it_stays(items)["d"] == "the model p/m uses it"


def test_the_newest_testing_data_stays_and_what_is_being_transcribed() -> None:
    tests = [
        item("dataset", f"t{number:02d}", role="testing audio", created=NOW - number * DAY)
        for number in range(KEPT_TESTS + 3)
    ]
    busy = item("transcription", "busy", status="Running", uses=("m", "t11"))
    assert going([*tests, busy]) == ["t10", "t12"]
    assert going([*tests, busy], everything=False) == []


def test_testing_data_of_a_run_that_goes_on_stays_and_as_many_as_runs_use() -> None:
    tests = [
        item("dataset", f"t{number:02d}", role="testing audio", created=NOW - number * DAY, run=f"r{number}")
        for number in range(KEPT_TESTS + 4)
    ]
    assert going(tests) == ["t10", "t11", "t12", "t13"]
    assert going(tests, known(unfinished=frozenset({"r11"}))) == ["t10", "t12", "t13"]
    assert going(tests, keep_tests=13) == ["t13"]
    [verdict] = sorted_out(tests, keep_tests=13).goes
    assert verdict.reason == "there are 13 newer ones to test on"


@pytest.mark.parametrize("run", ["ended", "unknown"])
def test_training_data_stays_while_another_run_may_be_about_to_use_it(run: str) -> None:
    dataset = item("dataset", "d", run=run, created=NOW - 40 * DAY)
    failed = item("dataset", "failed", status="Failed")
    for everything in (True, False):
        assert going([dataset, failed], known(uploading=True), everything=everything) == ["failed"]
    assert why_it_stays([dataset], known(uploading=True)) == {"d": "a run may still train on it"}
    assert going([dataset], known(uploading=False)) == ["d"]


def test_a_rejected_model_that_a_killed_run_has_begun_stays_and_is_no_challenger() -> None:
    model = item("model", "m", run="killed", uses=("d",))
    items = [item("dataset", "d", run="killed"), model]
    facts = known(rejected=frozenset({"m"}), challenger="m", unfinished=frozenset({"killed"}))
    stays = {"d": "the model p/m uses it", "m": "it was rejected, but its run has not ended"}
    assert why_it_stays(items, facts) == stays
    assert why_it_stays(items, facts.model_copy(update={"rejected": frozenset()}))["m"] == "its run has not ended"
    assert why_it_stays([model], known(rejected=frozenset({"m"}), challenger="m")) == {
        "m": "its run is not in this MLflow store"
    }


def test_a_failed_import_goes() -> None:
    items = [item("dataset", "d", status="Failed", role="testing audio"), item("dataset", "t", role="testing audio")]
    assert going(items, everything=False) == ["d"]


def test_a_result_that_may_still_be_read_stays_for_two_days() -> None:
    fresh = item("transcription", "fresh", changed=NOW - timedelta(hours=47))
    old = item("transcription", "old", changed=NOW - timedelta(hours=49))
    failed = item("evaluation", "failed", status="Failed", changed=NOW)
    elsewhere = fresh.model_copy(update={"id": "elsewhere", "run": "of another store"})
    assert going([fresh, elsewhere, old, failed], known(finished=frozenset())) == ["old", "failed"]
    assert going([fresh, elsewhere, old, failed], known(finished=frozenset({fresh.run}))) == ["fresh", "old", "failed"]


def test_endpoints_stay_but_one_that_failed_before_anybody_used_it() -> None:
    items = [
        item("endpoint", "live", uses=("m",), was_used=True),
        item("endpoint", "untried", uses=("m",)),
        item("endpoint", "failed in use", status="Failed", was_used=True),
        item("endpoint", "never worked", status="Failed", uses=("gone",)),
    ]
    assert going(items) == ["never worked"]
    assert going(items, everything=False) == []


def test_a_project_in_the_studio_stays() -> None:
    project = item("project", "p", status=None, run="")
    assert why_it_stays([project]) == {"p": "the Studio shows in it what there is"}


def test_what_others_use_stays() -> None:
    items = [item("model", "m"), item("dataset", "d")]
    facts = known(rejected=frozenset({"m"}))
    assert going(items, facts) == ["m", "d"]
    assert going(items, facts, used_by_others=frozenset({"m", "d"})) == []


DATASETS, MODELS = [f"d{number}" for number in range(4)], [f"m{number}" for number in range(4)]
OTHERS: list[Sort] = ["project", "endpoint", "evaluation", "transcription"]
models = st.sampled_from(MODELS)
used = st.sampled_from(DATASETS + MODELS)
moments = st.none() | st.integers(-900, 900).map(lambda days: NOW + days * DAY)


@st.composite
def inventories(draw: st.DrawFn) -> Inventory:
    there: list[tuple[Sort, str]] = [("dataset", id) for id in draw(st.sets(st.sampled_from(DATASETS)))]
    there += [("model", id) for id in draw(st.sets(models))]
    there += [
        (sort, f"{sort}{number}") for number, sort in enumerate(draw(st.lists(st.sampled_from(OTHERS), max_size=3)))
    ]
    pool = {"model": st.sampled_from(DATASETS)}
    items = [
        item(
            sort, id,
            role=draw(st.sampled_from(["training Acoustic", "testing audio", "something else", ""])),
            run=draw(st.sampled_from(["", "ended", "open", "unknown"])),
            status=draw(st.sampled_from(["NotStarted", "Running", "Succeeded", "Failed", None])),
            created=draw(moments), changed=draw(moments), expires=draw(moments), was_used=draw(st.booleans()),
            uses=tuple(draw(st.lists(pool.get(sort, used), max_size=3 if sort != "dataset" else 0))),
        )
        for sort, id in there
    ]  # fmt: skip
    return Inventory(project="p", items=tuple(items), used_by_others=draw(st.frozensets(used, max_size=2)))


facts = st.builds(
    Known,
    champion=st.just(""),
    in_use=st.dictionaries(models, st.just("champion"), max_size=2),
    challenger=models | st.just(""),
    promoted=st.lists(models, unique=True).map(tuple),
    rejected=st.frozensets(models),
    registered=st.frozensets(models),
    finished=st.just(frozenset({"ended"})),
    unfinished=st.frozensets(st.just("open")),
)


@given(inventory=inventories(), facts=facts, keep=st.integers(1, 3))
def test_nothing_in_use_or_under_way_ever_goes(inventory: Inventory, facts: Known, keep: int) -> None:
    found = what_goes(inventory, facts, NOW, keep)
    gone = [one.item for one in found.goes]
    kept = [one.item for one in found.stays]
    assert sorted(one.id for one in (*gone, *kept)) == sorted(one.id for one in inventory.items)
    needed = {id for one in kept for id in one.uses} | inventory.used_by_others
    for one in gone:
        assert one.status in ("Succeeded", "Failed")
        assert one.sort != "endpoint" or (one.status == "Failed" and not one.was_used)
        if one.sort in ("model", "dataset"):
            assert one.id not in needed
        if one.sort == "model":
            assert one.id not in facts.in_use
        if one.role.startswith("training") and one.sort == "dataset" and one.status != "Failed":
            assert one.run not in facts.unfinished
    order = [DELETED_FIRST.index(one.sort) for one in gone]
    assert order == sorted(order)
    assert all(one.reason for one in (*found.goes, *found.stays))
    few = {one.item.id for one in what_goes(inventory, facts, NOW, keep, everything=False).goes}
    assert few <= {one.id for one in gone}
