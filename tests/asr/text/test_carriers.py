"""A name of one line is put where other names stand, in sentences that nobody is judged by."""

import random
import time
from typing import Any

import pytest

from asr.text.carriers import Carried, carry_names
from asr.text.normalizers import normalizer

NAMES = {"al", "qasba", "wasit", "kalba", "zorvanta", "souqly", "godrive"}
HOSTS = [
    "Take me to Al Qasba, please.",
    "take me to wasit tonight",
    "take me to kalba now",
    "is wasit open?",
    "pay with souqly",
    "the sea is blue",
]
LINE = "take me to zorvanta tomorrow"
normalize = normalizer("basic")


def carry(lines: list[str], hosts: list[str] = HOSTS, **changes: Any) -> list[Carried]:
    options: dict[str, Any] = {"fewest": 1, "most": 3000, "refused": lambda _: False} | changes
    return carry_names(lines, hosts, options.pop("names", NAMES), normalize, **options)


def made(lines: list[str], hosts: list[str] = HOSTS, **changes: Any) -> dict[str, set[str]]:
    return {one.name: set(one.sentences) for one in carry(lines, hosts, **changes)}


def test_a_name_stands_where_names_of_its_kind_stand() -> None:
    expected = {"Take me to zorvanta, please.", "take me to zorvanta tonight", "take me to zorvanta now"}
    assert made([LINE]) == {"zorvanta": expected | {"is zorvanta open?"}}


def test_the_kind_of_a_name_may_be_told_by_what_follows_it() -> None:
    assert made(["visit zorvanta now"]) == {"zorvanta": {"take me to zorvanta now"}}


@pytest.mark.parametrize("line", ["zorvanta", "zorvanta rocks"])
def test_a_name_of_no_known_kind_stands_where_words_of_varied_company_stand(line: str) -> None:
    [sentences] = made([line], names=NAMES | {"take"}).values()
    assert sentences == {"take me to zorvanta tonight", "is zorvanta open?"}, "as wasit does, but not as take and kalba"
    on_one_side = ["go to kalba now", "see kalba now", "is godrive open", "is godrive shut"]
    assert made([line], on_one_side) == {}
    assert made([line], [*on_one_side, "kalba burns"])[line.split()[0]] == {
        "go to zorvanta now",
        "see zorvanta now",
        "zorvanta burns",
    }


def test_names_are_written_as_in_the_text_and_may_have_more_words() -> None:
    lines = ["take me to (ZorVanta Kalba), now"]
    [sentences] = made(lines).values()
    assert "Take me to ZorVanta Kalba, please." in sentences
    assert set(made([*lines, "zorvanta kalba", "to ZorVanta Kalba"])) == {"ZorVanta Kalba"}, "as it is written most"
    assert set(made([*lines, "zorvanta kalba"])) == {"zorvanta kalba"}, "a line may begin with a capital"


def test_verbs_are_not_taken_for_names_of_that_kind() -> None:
    assert not any(one.startswith("zorvanta") for one in made([LINE], names=NAMES | {"take"})["zorvanta"])


def test_five_sentences_are_enough() -> None:
    lines = [LINE, "is zorvanta open", "zorvanta", "to zorvanta"]
    assert made(lines), "four are few"
    assert not made([*lines, "from zorvanta"])
    assert not made(lines, [*HOSTS, "From Zorvanta."]), "transcripts count, too"
    assert made(lines, [*HOSTS, "Is zorvanta OPEN?"]), "but not one that says the same"


def test_what_is_there_already_or_refused_is_not_made() -> None:
    every = made([LINE])["zorvanta"]
    assert "take me to zorvanta tomorrow" not in made([LINE], [*HOSTS, "take me to kalba tomorrow"])["zorvanta"]
    assert made([LINE, "Take me to Zorvanta now!"])["zorvanta"] == every - {"take me to zorvanta now"}
    assert made([LINE], refused=lambda one: one.startswith("take")) == {
        "zorvanta": {one for one in every if not one.startswith("take")}
    }
    assert made([LINE], refused=lambda _: True) == {}


def test_a_name_is_not_said_twice() -> None:
    hosts = ["go from zorvanta to kalba", "go from wasit to kalba"]
    assert made(["to zorvanta"], hosts)["zorvanta"] == {"go from wasit to zorvanta"}


def test_without_other_names_nothing_is_made() -> None:
    assert made([LINE], ["the sea is blue", "wasit", "Al Qasba!"], names={"wasit", "al", "qasba", "zorvanta"}) == {}
    assert made([LINE], [], names={"zorvanta"}) == {}
    assert made(["the sea is blue"]) == {}
    assert made([]) == {}


def test_lines_lend_their_frames_as_well() -> None:
    assert made([LINE, "walk to godrive at noon"], [])["zorvanta"] >= {"walk to zorvanta at noon"}


def test_sentences_do_not_depend_on_the_order_and_a_new_one_changes_few() -> None:
    names = {f"name{number}" for number in range(500)}
    hosts = [f"sentence {number} goes to name{number % 100} today" for number in range(400)]
    lines = [f"i go to name{number}" for number in range(200, 300)]
    before = carry(lines, hosts, names=names, most=1000)
    assert carry(lines[::-1], hosts[::-1], names=names, most=1000) == before
    assert [len(one.sentences) for one in before] == [10] * 100
    hosts_used = {sentence.partition(" goes")[0] for one in before for sentence in one.sentences}
    assert len(hosts_used) > 200, "not the same ones for every name"

    after = carry(lines, [*hosts, "another goes to name7 now"], names=names, most=1000)
    new = [set(b.sentences) - set(a.sentences) for a, b in zip(before, after, strict=True)]
    assert all(len(one) <= 1 for one in new)
    assert sum(map(len, new)) < 20, "of 1000"


@pytest.mark.parametrize(("most", "names"), [(10, 10), (1000, 100)])
def test_never_more_than_asked_for(most: int, names: int) -> None:
    lines = [f"go to zor{number}" for number in range(100)]
    carried = carry(lines, names=NAMES | {f"zor{number}" for number in range(100)}, most=most)
    assert len(carried) == names
    assert sum(len(one.sentences) for one in carried) <= most


def test_a_name_for_which_too_few_can_be_made_is_left_as_it_is() -> None:
    assert len(made([LINE], fewest=4)["zorvanta"]) == 4
    assert made([LINE], fewest=5) == {}
    lines = [f"go to zor{number}" for number in range(100)]
    carried = carry(lines, names=NAMES | {f"zor{number}" for number in range(100)}, fewest=4, most=10)
    assert [len(one.sentences) for one in carried] == [4, 4]


def test_every_word_is_normalized_once() -> None:
    asked: list[str] = []
    carry_names(
        [LINE], HOSTS * 2, NAMES, lambda word: asked.append(word) or word, fewest=1, most=10, refused=lambda _: False
    )
    assert len(asked) == len(set(asked)) > 10


def test_very_long_sentences_lend_no_frame() -> None:
    assert made([LINE], ["to wasit " + "now " * 38])["zorvanta"]
    assert not made([LINE], ["to wasit " + "now " * 39])
    assert not made([LINE], ["to wasit " + "n" * 5000])


def test_a_hundred_thousand_lines_take_seconds() -> None:
    draw = random.Random(1)
    names = [f"name{number}" for number in range(30_000)]
    lines = [f"sentence {draw.randrange(900)} goes to {draw.choice(names)} by {n % 90}" for n in range(100_000)]
    started = time.process_time()
    carried = carry(lines, [], names=set(names))
    assert time.process_time() - started < 60, "far less, but machines differ"
    assert 2000 < sum(len(one.sentences) for one in carried) <= 3000
