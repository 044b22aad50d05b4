"""Suggestions come from dev errors and the user's own text; what is tested never gets in."""

import random
from pathlib import Path

import pytest

from asr.corpus.leakage import words_said
from asr.corpus.utterance import Utterance
from asr.scoring.error_rates import score
from asr.scoring.hypothesis import Hypothesis
from asr.scoring.suggested_pronunciations import SuggestedPronunciation
from asr.scoring.suggestions import PLAIN_TEXT, PRONUNCIATION, Suggestions, suggest, write_suggestions
from asr.text.normalizers import normalizer


def heard(pairs: list[tuple[str, str]], name: str = "basic") -> list[Hypothesis]:
    utterances = [Utterance(f"{n:03}", Path("x.wav"), text, 1.0, "") for n, (text, _) in enumerate(pairs)]
    return score(utterances, {f"{n:03}": text for n, (_, text) in enumerate(pairs)}, name)


DEV = [("call GoDrive now", "call go drive now"), ("GoDrive to Kalba", "go drive to calva"), ("stop", "stop")]


def suggestions(
    *, text: tuple[str, ...] = (), pronounced: tuple[str, ...] = (), judging: tuple[str, ...] = ()
) -> Suggestions:
    return suggest(
        heard(DEV),
        normalizer("basic"),
        sentences=["stop", "call GoDrive now", "GoDrive to Kalba", "is GoDrive open"],
        text=text,
        pronounced=pronounced,
        judging=judging,
    )


def test_lines_and_pronunciations() -> None:
    found = suggestions()
    assert found.lines == ("GoDrive to Kalba", "call GoDrive now", "is GoDrive open")
    assert found.pronunciations == (SuggestedPronunciation("GoDrive", "go drive", 2, 2),)
    assert found.sentence == (
        "From 5 word errors in 3 utterances of the dev set and from your own sentences; no line comes from a test."
    )


def test_what_the_user_has_already_is_not_suggested() -> None:
    found = suggestions(text=("Call godrive, now!",), pronounced=("godrive",))
    assert found.lines == ("GoDrive to Kalba", "is GoDrive open")
    assert found.pronunciations == ()


def test_a_test_sentence_is_left_out_though_training_has_it() -> None:
    assert suggestions(judging=("godrive to KALBA.",)).lines == ("call GoDrive now", "is GoDrive open")


def test_why_there_are_none() -> None:
    nothing = suggest(
        heard([("stop", "stop")]), normalizer("basic"), sentences=["stop"], text=(), pronounced=(), judging=()
    )
    assert nothing == Suggestions(sentence="No suggestions: 0 word errors in 1 utterance of the dev set.")
    known = suggest(
        heard([("stop", "")]), normalizer("basic"), sentences=["stop"], text=["Stop!"], pronounced=(), judging=()
    )
    assert (known.lines, known.pronunciations) == ((), ())
    assert known.sentence.startswith("No suggestions: 1 word error in 1 utterance of the dev set, ")


@pytest.mark.parametrize("name", ["none", "basic", "english"])
@pytest.mark.parametrize("seed", range(4))
def test_no_test_sentence_is_ever_in_the_files(seed: int, name: str, tmp_path: Path) -> None:
    choice = random.Random(f"{seed} {name}")
    words = "Kalba GoDrive al khan Dibba don't café to the 21 stop, colour".split()

    def sentence() -> str:
        return " ".join(choice.choices(words, k=choice.randint(1, 3)))

    def respelled(text: str) -> str:
        return choice.choice([text, text.upper(), text.lower() + "!", text.replace(" ", "  "), text.replace("'", "’")])

    def misheard(text: str) -> str:
        return text.replace("Kalba", "calva").replace("GoDrive", "go drive").replace("khan", choice.choice(["", "can"]))

    normalize = normalizer(name)
    own = [sentence() for _ in range(300)]
    judging = [respelled(text) for text in choice.sample(own, 60)] + [sentence() for _ in range(40)] + ["calva"]
    dev = heard([(text, misheard(text)) for text in own[:80]], name)
    found = suggest(dev, normalize, sentences=own, text=own[:5], pronounced=[], judging=judging)

    paths = write_suggestions(tmp_path, found)

    assert paths[0].name == PLAIN_TEXT
    lines = [part for path in paths for line in path.read_text("utf-8").splitlines() for part in line.split("\t")]
    assert len(lines) >= 10
    assert {words_said(line) for line in lines}.isdisjoint(map(words_said, judging))
    assert {normalize(line) for line in lines}.isdisjoint(map(normalize, judging))
    assert {words_said(line) for line in found.lines} <= set(map(words_said, own)) - set(map(words_said, own[:5]))


def test_the_files_are_ready_to_copy(tmp_path: Path) -> None:
    found = suggestions()
    assert [path.name for path in write_suggestions(tmp_path / "new", found)] == [PLAIN_TEXT, PRONUNCIATION]
    assert (tmp_path / "new" / PLAIN_TEXT).read_bytes() == b"GoDrive to Kalba\ncall GoDrive now\nis GoDrive open\n"
    assert (tmp_path / "new" / PRONUNCIATION).read_bytes() == b"GoDrive\tgo drive\n"
    assert write_suggestions(tmp_path / "new", Suggestions(sentence="none")) == []
    assert list((tmp_path / "new").iterdir()) == [], "those of an earlier attempt are gone"
