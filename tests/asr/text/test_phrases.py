"""Names are the words in a row that general speech does not say, as they are written."""

from asr.text.normalizers import normalizer
from asr.text.phrases import find_phrases

NAMES = {"al", "qasba", "rolla", "square", "godrive"}
normalize = normalizer("basic")


def test_runs_of_names_as_written_most_frequent_first() -> None:
    lines = ["Take me to Al Qasba.", "is Al Qasba open?", "open GoDrive", "from Rolla Square, to the sea"]
    assert find_phrases(lines, NAMES, normalize) == ["Al Qasba", "GoDrive", "Rolla Square"]


def test_a_line_of_nothing_but_names_is_no_name() -> None:
    assert find_phrases(["al qasba rolla square godrive"], NAMES, normalize) == []
    assert find_phrases(["al qasba rolla square"], NAMES, normalize) == ["al qasba rolla square"]


def test_no_names() -> None:
    assert find_phrases(["take me home"], NAMES, normalize) == []
    assert find_phrases([], NAMES, normalize) == []
