from collections import Counter
from pathlib import Path

import pytest

from asr.text.structured_text import MOST_ENTRIES, StructuredText, expand, parse_structured_text


def parse(*lines: str) -> StructuredText:
    return parse_structured_text(enumerate(lines, 1))


def lists(**sizes: int) -> list[str]:
    return [line for name, size in sizes.items() for line in (f"@ list {name} =", *entries(name, size))]


def entries(name: str, size: int) -> list[str]:
    return [f"- {name}{number}" for number in range(size)]


def test_sentences_become_every_combination() -> None:
    text = parse(
        "// places",
        "@ list Place =",
        "- rolla // a square",
        "- al nahda",
        "",
        "# go",
        "- go to {@place}, {@PLACE}",
        "- hi",
    )

    assert text.mistakes == []
    assert list(expand(text)) == [
        (7, "go to rolla, rolla"),
        (7, "go to rolla, al nahda"),
        (7, "go to al nahda, rolla"),
        (7, "go to al nahda, al nahda"),
        (8, "hi"),
    ]


def test_the_sample_of_microsoft(material: Path) -> None:
    path = material / "azure/samples/en-US/general/training/structured-text.md"
    if not path.is_file():
        pytest.skip("no sample of structured text")
    text = parse(*path.read_text(encoding="utf-8-sig").splitlines())

    assert [one.line for one in text.mistakes] == [13], "the phonetic lexicon"
    assert len(list(expand(text))) == text.possible == 8


@pytest.mark.parametrize(
    ("lines", "line", "says"),
    [
        (["- go to {@place}"], 1, "there is no list `place`"),
        (["@ list place =", "# x", "- go to {@place}"], 3, "the list `place` has no entries"),
        (["go home"], 1, "neither `- …`"),
        (["@ list place"], 1, "not a head of a list"),
        (["@ speech:phoneticlexicon", "- cat/k ae t"], 1, "a phonetic lexicon is not read"),
        (["@ list a =", "- x", "@ list b =", "- {@a}"], 4, "an entry of a list names a list"),
        (["- go {place}"], 1, "a `{` or `}` that names no list"),
        (["@ list a =", "- x", "# y", "- " + "{@a}" * 9], 4, "9 lists in one sentence"),
        (["- " + "x" * 601], 1, "601 characters"),
        (["@ list a =", "- x", "@ list A =", "- y"], 3, "the list `a` is in line 1 already"),
    ],
)
def test_mistakes_are_told_with_their_lines(lines: list[str], line: int, says: str) -> None:
    (mistake,) = parse(*lines).mistakes

    assert mistake.line == line
    assert says in mistake.what
    assert mistake.mend


def test_a_sentence_that_is_wrong_is_left_out_alone() -> None:
    assert list(expand(parse("- go {@gone}", "- stay here"))) == [(2, "stay here")]


def test_many_combinations_are_sampled_evenly_and_always_the_same() -> None:
    text = parse(*lists(a=100, b=40, c=3), "# x", "- {@a} {@b} {@c}", "- only {@c}")
    chosen = [line for _, line in expand(text)]

    assert text.possible == 12_003
    assert len(chosen) == len(set(chosen)) == 2000
    counts = Counter(word for line in chosen for word in line.split())
    for name, size in (("a", 100), ("b", 40), ("c", 3)):
        each = [counts[f"{name}{number}"] for number in range(size)]
        assert min(each) > 0.8 * sum(each) / size, name
    assert chosen == [line for _, line in expand(text)]


def test_every_entry_occurs_even_when_there_are_more_than_lines() -> None:
    text = parse(*lists(a=3000, b=2500), "# x", "- {@a} {@b}", *[f"- {number} {{@b}}" for number in range(300)])
    words = {word for _, line in expand(text) for word in line.split()}

    assert {f"a{number}" for number in range(3000)} | {f"b{number}" for number in range(2500)} <= words


def test_numbers_beyond_counting_take_no_time() -> None:
    text = parse(*lists(a=4000), "# x", "- " + " ".join(["{@a}"] * 8))

    assert text.possible == 4000**8
    assert len(list(expand(text))) == 4000


def test_endless_lists_and_mistakes_are_bounded() -> None:
    text = parse("@ list a =", *entries("a", MOST_ENTRIES + 1500), "# x", "- {@a}")

    assert len(text.lists["a"]) == MOST_ENTRIES
    assert len(text.mistakes) == 1000
    assert sum(one.count for one in text.mistakes) == 1500
