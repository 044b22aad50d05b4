"""A corpus in numbers: every number by hand, and memory that does not grow with the corpus."""

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from asr.corpus.file_cache import FileCache, Measurement
from asr.corpus.statistics import BINS, rates_from, take_statistics, vocabulary
from asr.corpus.utterance import Utterance, write_manifest


def utterance(name: str, text: str, seconds: float = 2.0, **others: str) -> Utterance:
    return Utterance(name, Path(name), text, seconds, f"hash of {name}", **others)


def manifest(folder: Path, *utterances: Utterance) -> Path:
    path = folder / f"{len(list(folder.iterdir()))}.jsonl"
    write_manifest(utterances, path)
    return path


def test_everything_is_counted(tmp_path: Path) -> None:
    facts = take_statistics(
        manifest(
            tmp_path,
            utterance("a.wav", "Turn left, turn RIGHT!", 6.0, speaker="ann", source="monday"),
            utterance("b.wav", "Don't turn", 3.0, speaker="bob", source="monday"),
            utterance("c.wav", "dont stop", 3.0, speaker="ann"),
        )
    )
    assert (facts.utterances, facts.seconds, facts.words) == (3, 12.0, 8)
    assert facts.vocabulary == 5  # turn left right dont stop
    assert (facts.speakers, facts.sources) == (2, 1)
    assert (facts.hours, facts.words_per_minute) == (12 / 3600, 40.0)
    assert (facts.rates, facts.new_words) == ({}, None)


def test_words_that_training_never_says(tmp_path: Path) -> None:
    learned = vocabulary([manifest(tmp_path, utterance("t.wav", "go to the mosque"), utterance("u.wav", "The SOUK"))])
    assert learned == {"go", "to", "the", "mosque", "souk"}
    tested = manifest(
        tmp_path,
        utterance("a.wav", "go to rolla"),
        utterance("b.wav", "Rolla, the GoDrive souk"),
        utterance("c.wav", ""),
    )
    new = take_statistics(tested, learned=learned).new_words
    assert new is not None
    assert (new.vocabulary, new.share) == (2, 3 / 7)
    assert new.most_frequent == (("rolla", 2), ("godrive", 1))
    none = take_statistics(tested, learned=vocabulary([tested])).new_words
    assert none is not None
    assert (none.vocabulary, none.share, none.most_frequent) == (0, 0.0, ())


def test_only_ten_new_words_are_named(tmp_path: Path) -> None:
    path = manifest(tmp_path, utterance("a.wav", " ".join(f"w{number}" for number in range(30))))
    new = take_statistics(path, learned=()).new_words
    assert new is not None
    assert (new.vocabulary, new.share, len(new.most_frequent)) == (30, 1.0, 10)


@pytest.mark.parametrize(
    ("seconds", "place"),
    [
        (0.2, 0),
        (1.0, 0),
        (1.001, 1),
        (2.0, 1),
        (2.5, 2),
        (30.0, len(BINS) - 1),
        (30.00004, len(BINS) - 1),
        (31, len(BINS)),
    ],
)
def test_a_duration_has_one_bin(tmp_path: Path, seconds: float, place: int) -> None:
    durations = take_statistics(manifest(tmp_path, utterance("a.wav", "x", seconds))).durations
    assert [number for number, count in enumerate(durations) if count] == [place]


def test_nothing_is_no_accident(tmp_path: Path) -> None:
    facts = take_statistics(manifest(tmp_path), learned=frozenset())
    assert (facts.utterances, facts.words_per_minute, facts.vocabulary) == (0, 0.0, 0)
    assert facts.new_words is not None and facts.new_words.share == 0.0


def test_rates_are_those_of_the_files(tmp_path: Path) -> None:
    def measured(rate: int) -> Measurement:
        values = dict.fromkeys(Measurement.__dataclass_fields__, 0.0) | {"samples_sha256": "", "rate": rate}
        return Measurement(**values)

    names = ["a.wav", "b.wav", "c.wav", "unknown.wav"]
    path = manifest(tmp_path, *(utterance(name, "x") for name in names))
    with FileCache(tmp_path / "work") as cache:
        found = zip(names, (8000, 16_000, 16_000), strict=False)
        cache.keep([], [(f"hash of {name}", "", measured(rate)) for name, rate in found])
        assert take_statistics(path, rates=rates_from(cache)).rates == {16_000: 2, 8000: 1}


def test_memory_does_not_grow_with_the_corpus(tmp_path: Path) -> None:
    def many(count: int) -> Iterator[Utterance]:
        for number in range(count):
            yield utterance(f"a/{number:07}.wav", "turn left at the mosque", speaker=f"s{number}", source=f"r{number}")

    def peak(count: int) -> int:
        path = tmp_path / f"{count}.jsonl"
        write_manifest(many(count), path)
        tracemalloc.start()
        try:
            assert take_statistics(path).sources == count
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(5000)  # what is loaded once, and the table in which Python keeps the parts of all paths
    assert peak(5000) < 1.3 * peak(1500)
