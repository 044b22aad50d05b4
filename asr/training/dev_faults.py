"""Why a dev WER is as high as 100 %: runaway decoding, another language, texts that only the normalizer tells apart."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from asr.scoring.hypothesis import Hypothesis
from asr.text.normalizers import normalizer as find_normalizer
from asr.training.diagnosis import Diagnosis
from asr.training.options import TrainingOptions

RUNAWAY = "runaway_decoding"
WRONG_LANGUAGE = "wrong_language"
WRONG_NORMALIZER = "wrong_normalizer"

_HIGH = 0.2  # WER from which a wrong normalizer is looked for: it puts errors into every utterance
_FOREIGN_WER = 0.8  # another language has hardly a word in common
_FOREIGN = 0.5  # share of the letters that belong to a script of which the references have next to none
_NATIVE = 0.05  # share of a script's letters in the references up to which it is not theirs
_EXPLAINED = 0.5  # share of the errors that must go when texts are compared less strictly
_LOOP = re.compile(r"(?<!\S)(\S+(?: \S+){0,3}?)(?: \1){3,}(?!\S)")
"""One to four words, four times in a row."""


def dev_faults(rows: Sequence[Hypothesis], normalizer: str, options: TrainingOptions) -> tuple[Diagnosis, ...]:
    """Name what makes the WER of these rows as high as it is, if it is one of a few well-known mistakes."""
    words = sum(row.words for row in rows)
    wer = sum(row.errors for row in rows) / words if words else 0.0
    for look in (_wrong_normalizer, _foreign_script):
        if found := look(rows, wer, normalizer):
            return (found,)
    return (_runaway(rows, wer, options),) if wer > 1 else ()


def _wrong_normalizer(rows: Sequence[Hypothesis], wer: float, normalizer: str) -> Diagnosis | None:
    """Most errors go when case and punctuation, then accents, then spaces do not count."""
    if wer < _HIGH:
        return None
    chosen = find_normalizer(normalizer)
    plain = normalizer.partition("@")[0]
    basic = find_normalizer("basic")
    looser: list[tuple[str, str, Callable[[str], str]]] = [
        ("case and punctuation", 'set normalizer = "basic"', lambda text: basic(chosen(text))),
        ("accents", "write the accents in the transcripts as the base does, or train longer",
         lambda text: _without_accents(basic(chosen(text)))),
        ("spaces", "write the spaces in the transcripts as the base does; in a language without spaces read the "
         "character error rate", lambda text: "".join(_without_accents(basic(chosen(text))).split())),
    ]  # fmt: skip
    for ignored, mend, loosen in looser[0 if plain == "none" else 1 :]:
        left = _wer(rows, loosen) if ignored != "spaces" else _share_unequal(rows, loosen)
        if left <= (1 - _EXPLAINED) * min(wer, 1.0):
            what = "utterances differ" if ignored == "spaces" else "words are wrong"
            evidence = (
                f"the dev WER is {100 * wer:.1f} %, but {100 * left:.1f} % of the {what} when {ignored} do not count"
            )
            return Diagnosis(name=WRONG_NORMALIZER, evidence=f"{evidence} (normalizer {plain})", mend=mend)
    return None


def _wer(rows: Sequence[Hypothesis], loosen: Callable[[str], str]) -> float:
    from rapidfuzz.distance import Levenshtein

    pairs = [(loosen(row.reference).split(), loosen(row.hypothesis).split()) for row in rows]
    return sum(Levenshtein.distance(*pair) for pair in pairs) / max(1, sum(len(said) for said, _ in pairs))


def _share_unequal(rows: Sequence[Hypothesis], loosen: Callable[[str], str]) -> float:
    return sum(loosen(row.reference) != loosen(row.hypothesis) for row in rows) / len(rows)


def _without_accents(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def _foreign_script(rows: Sequence[Hypothesis], wer: float, _normalizer: str) -> Diagnosis | None:
    """The model writes letters that the transcripts do not have."""
    said, heard = (_scripts(getattr(row, part) for row in rows) for part in ("reference", "hypothesis"))
    foreign = {name: count for name, count in heard.items() if said[name] <= _NATIVE * said.total()}
    share = sum(foreign.values()) / max(1, heard.total())
    if wer < _FOREIGN_WER or not said or share < _FOREIGN:
        return None
    wrote, native = max(foreign, key=lambda name: foreign[name]), said.most_common(1)[0][0]
    return Diagnosis(
        name=WRONG_LANGUAGE,
        evidence=f"{100 * share:.0f} % of the letters that the model writes are not those of the transcripts: "
        f"{wrote.capitalize()} for {native.capitalize()}, dev WER {100 * wer:.1f} %",
        mend="set language to the language of the transcripts, or take a base that writes it",
    )


def _scripts(texts: Iterable[str]) -> Counter[str]:
    """Letters by the first word of their Unicode name, which is their script: LATIN, CYRILLIC, ARABIC."""
    counts: Counter[str] = Counter(sign for text in texts for sign in text if sign.isalpha())
    scripts: Counter[str] = Counter()
    for sign, count in counts.items():
        scripts[unicodedata.name(sign, "UNKNOWN").partition(" ")[0].partition("-")[0]] += count
    return scripts


def _runaway(rows: Sequence[Hypothesis], wer: float, options: TrainingOptions) -> Diagnosis:
    """More errors than words were said: only insertions can do that."""
    insertions, errors = (sum(getattr(row, kind) for row in rows) for kind in ("insertions", "errors"))
    words, heard = sum(row.words for row in rows), sum(len(row.hypothesis.split()) for row in rows)
    loops = sum(bool(_LOOP.search(row.hypothesis)) for row in rows)
    looped = f", the same words again and again in {loops} of {len(rows)} utterances" if loops else ""
    return Diagnosis(
        name=RUNAWAY,
        evidence=f"the dev WER is {100 * wer:.1f} %: {heard} words are written where {words} were said, {insertions} "
        f"of {errors} errors are insertions{looped}",
        mend=f"set training.epochs = {2 * options.epochs:g}, and see whether the transcripts hold all that is said",
    )
