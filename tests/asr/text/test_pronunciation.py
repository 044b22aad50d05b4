import time

import pytest

from asr.text.pronunciation import Pronunciation, find_written, phonemes_in, pronounce, written_key

ROWS = tuple(
    Pronunciation(*row)
    for row in (
        ("GoDrive", "go drive"),
        ("Go", "gee oh"),
        ("go home", "[[h'oUm]]"),
        (".NET", "dot net"),
        ("C++", "c plus plus"),
        ("3CPO", "three c p o"),
        ("AT&T", "a t and t"),
        ("3.5", "three and a half"),
        ("San José", "san ho zay"),
        ("नमस्ते", "namaste"),
        ("東京", "tokyo"),
    )
)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("take GoDrive, godrive or GODRIVE!", "take go drive, go drive or go drive!"),
        ("go home. going, gone, go", "[[h'oUm]]. going, gone, gee oh"),
        ("go  home", "[[h'oUm]]"),
        ("Go's go-cart", "Go's gee oh-cart"),
        ("the .net and end.Net", "the dot net and end.Net"),
        ("c++, C++ and C ++", "c plus plus, c plus plus and C ++"),
        ("at&t and AT & T", "a t and t and AT & T"),
        ("3cpo has 3.5, not 13.5", "three c p o has three and a half, not 13.5"),
        ("san jose\u0301", "san ho zay"),
        ("नमस्ते जी", "namaste जी"),
        ("我去東京了", "我去tokyo了"),
        ("nothing here", "nothing here"),
        ("", ""),
    ],
)
def test_whole_words_in_any_case_become_what_is_said(text: str, spoken: str) -> None:
    assert pronounce(text, ROWS) == spoken


def test_the_longest_form_wins_and_is_not_looked_at_again() -> None:
    rows = (Pronunciation("rolla", "raw la"), Pronunciation("rolla square", "rolla sq"), Pronunciation("sq", "x"))

    assert pronounce("rolla square rolla", rows) == "rolla sq raw la"


def test_brackets_of_the_text_itself_are_no_phonemes() -> None:
    assert "[[" not in pronounce("say [[[['aI]]]] now", ROWS)
    assert pronounce("[go home]", ROWS) == " [[h'oUm]] "


def test_of_two_rows_with_the_same_form_the_first_counts() -> None:
    assert pronounce("GO", (Pronunciation("go", "one"), Pronunciation("Go", "two"))) == "one"


def test_rows_of_one_call_are_not_those_of_the_next() -> None:
    rows = [Pronunciation("go", "one")]
    first = pronounce("go", rows)
    rows[0] = Pronunciation("go", "two")

    assert (first, pronounce("go", rows), pronounce("go", ())) == ("one", "two", "go")


def test_thousands_of_rows_and_lines_take_no_time() -> None:
    rows = tuple(Pronunciation(f"new place {number}", f"spoken {number}") for number in range(5000))
    before = time.perf_counter()

    spoken = [pronounce(f"take me to new place {number} and old place {number}", rows) for number in range(5000)]

    assert spoken[4999] == "take me to spoken 4999 and old place 4999"
    assert time.perf_counter() - before < 5


def test_where_forms_stand() -> None:
    found = list(find_written(ROWS)("a GoDrive b"))

    assert [(one.start, one.end, one.row.spoken) for one in found] == [(2, 9, "go drive")]


def test_what_makes_two_forms_the_same() -> None:
    assert written_key("San  José") == written_key("san jose\u0301")
    assert written_key("go-drive") != written_key("go drive")
    assert written_key("  ") == ()


def test_phonemes_in_double_brackets() -> None:
    assert phonemes_in("go drive") == []
    assert phonemes_in("[[g'oU]] drive [[x y]]") == ["g'oU", "x y"]


@pytest.mark.parametrize("spoken", ["[[g'oU", "g'oU]]", "[[ ]]", "[[a]] b]]", "[[a [[b]]"])
def test_brackets_that_do_not_belong_together(spoken: str) -> None:
    with pytest.raises(ValueError, match="`"):
        phonemes_in(spoken)
