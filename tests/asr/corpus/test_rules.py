from pathlib import Path

import pytest

from asr.corpus.rules import RULES, Problem, collapse, format_problems, problem

HERE = Path("training_data/metadata.csv")


def test_a_line_says_what_where_and_what_to_do() -> None:
    line = format_problems([problem("missing_audio", HERE, 7, "clips/x.wav")])

    assert line == (
        "training_data/metadata.csv:7: error[missing_audio]: this audio is not in the folder: clips/x.wav"
        " — add the file, or correct its name"
    )


def test_a_problem_of_a_whole_file_has_no_line() -> None:
    assert format_problems([problem("silent", HERE)]).startswith("training_data/metadata.csv: error[silent]: ")


@pytest.mark.parametrize("rule", RULES.values(), ids=RULES)
def test_every_rule_reads_as_one_line(rule: object) -> None:
    one = problem(rule.id, HERE, 1)  # type: ignore[attr-defined]

    assert one.message and one.mend
    assert not one.message.endswith(".") and not one.mend.endswith(".")
    assert "\n" not in format_problems([one])


def test_errors_come_first_then_files_and_lines_as_numbers() -> None:
    mixed = [problem("clipped", Path("a")), *(problem("empty_text", HERE, line) for line in (10, 9, 100))]

    assert [(one.rule, one.line) for one in collapse(mixed)] == [
        ("empty_text", 9),
        ("empty_text", 10),
        ("empty_text", 100),
        ("clipped", None),
    ]


def test_many_equal_warnings_become_one_line_but_errors_never() -> None:
    def warnings(count: int) -> list[Problem]:
        return [problem("orphan_audio", Path(f"{number:05}.wav")) for number in range(count)]

    errors = [problem("silent", Path(f"{number}.wav")) for number in range(9)]

    assert len(collapse(warnings(5))) == 5
    assert len(collapse(errors)) == 9
    shown = format_problems([*warnings(2696), *errors, problem("clipped", HERE)]).splitlines()
    assert len(shown) == 11
    assert sum("… and 2,695 more — add a transcript" in line for line in shown) == 1
    assert any(line.startswith("00000.wav: warning[orphan_audio]") for line in shown)


def test_what_a_terminal_would_obey_is_escaped() -> None:
    line = format_problems([problem("empty_text", Path("a\x1b[2J\n::error::.wav"), 1, "b\r\x00 fünf \udcff")])

    assert "\n" not in line and "\x1b" not in line and "\x00" not in line
    assert "fünf" in line
    line.encode()
