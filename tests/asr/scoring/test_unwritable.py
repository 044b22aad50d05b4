"""Words that a model cannot write, told by its own vocabulary."""

from asr.models.abilities import read_abilities
from asr.scoring.alignment import align
from asr.scoring.unwritable import Unwritable, unwritable_words
from asr.scoring.word_recall import count_words
from asr.text.normalizers import normalizer


def find(*pairs: tuple[str, str], name: str = "english") -> tuple[Unwritable, ...]:
    normalize = normalizer(name)
    words = count_words(align(normalize(said), normalize(heard)) for said, heard in pairs)
    return unwritable_words((said for said, _ in pairs), words, normalize, read_abilities("embedded").written)


def test_letters_that_the_model_lacks() -> None:
    found = find(("go to Ωmega, now", "go to mega now"), ("Ωmega", "mega"), ("поворот", ""))
    assert found == (Unwritable("ωmega", "Ω", 2), Unwritable("поворот", "вопрт", 1))


def test_case_accents_and_signs_are_no_loss() -> None:
    assert find(("“Café” — go!", "cafe go")) == ()


def test_digits_that_were_found_are_written_in_another_way() -> None:
    assert find(("21 schools", "twenty one schools"), ("21 parks", "two parks")) == ()
    assert find(("21 schools", "twenty one schools"), name="basic") == (Unwritable("21", "12", 1),)
