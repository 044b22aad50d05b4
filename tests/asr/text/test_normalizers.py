"""Normalizers: what they keep, what they drop, and that what they do does not change unseen."""

import json
import random
import unicodedata
from importlib.resources import files

import pytest

from asr.errors import SettingsError
from asr.text.normalizers import normalizer, versioned


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Don’t  STOP, the well-known Café!", "don't stop the well known café"),
        ("'quoted' rock 'n' roll 'tis ''", "quoted rock n roll tis"),
        ("50 % of £3.5", "50 of 3 5"),
        ("हिन्दी, में!", "हिन्दी में"),  # vowel signs and virama stay
        ("தமிழ் மொழி", "தமிழ் மொழி"),
        ("ΟΔΟΣ Straße", "οδοσ strasse"),
        ("İstanbul", "istanbul"),
        ("ﬁne ｆｕｌｌ ２３", "fine full 23"),
        ("ok 👍🏽 ❤️ 1️⃣ go", "ok 1 go"),
        ("co\u00adoperate می\u200cخواهم", "cooperate میخواهم"),
        ("Вона сказала: «п’ять»", "вона сказала п'ять"),
        ("_a_|b", "a b"),
        ("...", ""),
        ("", ""),
    ],
)
def test_basic_keeps_the_words_of_any_language(written: str, expected: str) -> None:
    assert normalizer("basic")(written) == expected


def test_basic_does_not_depend_on_how_letters_are_composed() -> None:
    for word in ("café", "Ṩ", "ΐ", "İI", "क़लम", "한국어"):
        forms = {normalizer("basic")(unicodedata.normalize(form, word)) for form in ("NFC", "NFD")}
        assert len(forms) == 1


def test_basic_twice_is_basic_once() -> None:
    characters = random.Random(7)
    basic = normalizer("basic")
    for _ in range(500):
        text = "".join(chr(characters.choice([39, 32, characters.randrange(32, 0x3000)])) for _ in range(12))
        assert basic(basic(text)) == basic(text)


def test_none_changes_white_space_only() -> None:
    assert normalizer("none")(" Don’t\t STOP,\n now ") == "Don’t STOP, now"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Mr. Smith's colour, uh, it's $20 million!", "mister smith is color it is $20000000"),
        ("I don't know the cause of it", "i do not know the cause of it"),
        ("one oh one dogs, the twenty-first of the 1960s", "101 dogs the 21st of the 1960s"),
        ("", ""),
    ],
)
def test_english_is_fixed(written: str, expected: str) -> None:
    # When an upgrade breaks this, raise the version of `english` instead of only changing the expectation.
    assert normalizer("english")(written) == expected


def test_english_is_whispers_own_as_transformers_has_it() -> None:
    from transformers.models.whisper.english_normalizer import EnglishTextNormalizer

    spelling = json.loads((files("whisper_normalizer") / "normalizers" / "english.json").read_text("utf-8"))
    whisper, ours = EnglishTextNormalizer(spelling), normalizer("english")
    words = (
        "twenty two hundred and point five oh double seven percent dollars $20 1,000 3.5% don't won't I'm o'clock "
        "kinda sorta dunno cause 'cause Mr. Dr. colour realise café (laughs) [noise] uh hmm minus first thirds £ . ,"
    ).split()
    choice = random.Random(1)
    for _ in range(500):
        text = " ".join(choice.choices(words, k=choice.randint(1, 8)))
        assert ours(text) == " ".join(whisper(text).split())


def test_names_carry_versions() -> None:
    assert versioned("english") == "english@1"
    assert versioned("basic@1") == "basic@1"
    assert normalizer("english") is normalizer("english@1")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(SettingsError, match=r"'englsih'; did you mean 'english'\?"):
        normalizer("englsih")
    with pytest.raises(SettingsError, match="basic@1"):
        normalizer("basic@99")
