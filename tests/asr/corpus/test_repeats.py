import pytest

from asr.corpus.repeats import find_repeats


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("no no no", None),
        ("no, no, no, no, no!", None),
        ("No no no no no no no no", ("no", 8)),
        ("thank you thank you thank you", None),
        ("so thank you. Thank you, thank you! Thank you", ("thank you", 4)),
        ("I don't know " * 4 + "why", ("i don't know", 4)),
        ("one two three four five six " * 3, None),
        ("turn left at the red house " * 5, ("turn left at the red house", 5)),
        ("the cat and the dog and the cat and the dog and the bird", None),
        ("0 0 0 0 0 0 0 0 0 0", None),
        ("17 18 " * 10, None),
        ("zero zero zero zero zero zero zero zero", None),
        ("one oh one oh one oh one oh", None),
        ("1 1 1 1 1 1 1 1 no no no no no no no no", ("no", 8)),
        ("谢谢谢谢谢谢谢谢", ("谢", 8)),
        ("谢谢 谢谢", None),
        ("नमस्ते " * 8, ("नमस्ते", 8)),
        ("", None),
    ],
)
def test_what_nobody_says(text: str, found: tuple[str, int] | None) -> None:
    assert find_repeats(text, 4, 8) == found


def test_another_bound() -> None:
    assert find_repeats("yeah yeah yeah", 4) is None
    assert find_repeats("oh yeah yeah yeah yeah", 4) == ("yeah", 4)


def test_a_long_text_is_searched_quickly() -> None:
    """Two hours of speech: the time grows with its length, not with its square."""
    assert find_repeats("a b " * 10_000 + "c " * 3, 10_002) is None
    assert find_repeats("x " + "a b " * 10_000, 4, 8) == ("a b", 10_000)
