"""The rules of text without recordings: lines of the domain, and how its words are pronounced."""

from asr.corpus import limits
from asr.corpus.rule import Rule
from asr.text import structured_text

TEXT_RULES = (
    # lines of plain_text.txt and structured_text.md
    Rule(
        "text_address",
        "warning",
        "this line has an address of the web or of e-mail and is left out",
        "write it as it is said, such as `go drive dot com`",
    ),
    Rule(
        "text_emoji",
        "warning",
        "this line has pictures, which nobody can say, and is left out",
        "remove them, or write in words what they say",
    ),
    Rule(
        "text_too_long",
        "warning",
        "this line is too long for one utterance and is left out",
        "write one utterance on each line",
        f"more than {limits.LONGEST_LINE} words, or {limits.LONGEST_LINE_CHARACTERS} characters",
    ),
    Rule(
        "text_twice",
        "warning",
        "this line is there already and used once",
        "keep one of them",
        "case and punctuation make no difference",
    ),
    Rule(
        "too_much_text",
        "warning",
        "this is more text than is taken",
        "keep what is worth most",
        f"lines beyond {limits.MOST_LINES:,} in a corpus are left out; a file of more than "
        f"{limits.LARGEST_TEXT // 1_000_000} MB is an error",
    ),
    Rule(
        "structured_text",
        "warning",
        "this line of structured text cannot be used and is left out",
        "write it as the format asks",
    ),
    Rule(
        "structured_sample",
        "warning",
        "not every combination is taken",
        "nothing, if that is enough; else split the file",
        f"when the sentences of a file stand for more than {structured_text.MOST_LINES:,} lines; every entry of every "
        "list occurs",
    ),
    Rule(
        "text_not_trained",
        "warning",
        "this text is not learned from and left out",
        "move it to the training data",
        "text files in testing data, in guard sets and in the folder for replay",
    ),
    # rows of pronunciation.txt
    Rule(
        "pronunciation_tab",
        "error",
        "this is not a written form, one TAB and a spoken form",
        "separate the two by one TAB, as in `GoDrive<TAB>go drive`",
    ),
    Rule(
        "pronunciation_empty",
        "error",
        "one side of this row is empty",
        "write both forms, or remove the row",
        "also when the spoken form has no letter and no digit",
    ),
    Rule(
        "pronunciation_conflict",
        "error",
        "this written form has another spoken form elsewhere",
        "keep one of the two",
        "case makes no difference in a written form",
    ),
    Rule("pronunciation_twice", "warning", "this row is there already", "keep one of them"),
    Rule(
        "pronunciation_too_long",
        "error",
        "this row is too long",
        "write a word or a short phrase",
        f"more than {limits.LONGEST_WRITTEN} characters of the written form, or {limits.LONGEST_SPOKEN} of the spoken "
        "one",
    ),
    Rule(
        "too_many_pronunciations",
        "error",
        "these are more pronunciations than are taken",
        "keep those of the words that fail most",
        f"more than {limits.MOST_PRONUNCIATIONS:,} rows in a corpus",
    ),
    Rule(
        "unknown_phonemes",
        "error",
        "espeak-ng cannot speak these phonemes",
        "write the phonemes as `espeak-ng -x` shows them, or the words as they sound",
        "asked of espeak-ng itself, in every accent of the language that is set",
    ),
    Rule(
        "azure_phonemes",
        "error",
        "Azure does not know phonemes of espeak-ng",
        "write the words as they sound, such as `go drive`",
    ),
    Rule(
        "pronunciation_unused",
        "warning",
        "this written form is in no text and no transcript, so that nothing is spoken with it",
        "add a line with it to `plain_text.txt`, or correct how it is written",
    ),
)
"""A part of the table of all rules."""
