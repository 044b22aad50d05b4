"""Text without recordings, written as two files that every backend reads: `plain_text.txt` and `pronunciation.txt`.

Azure wants a byte order mark:
https://learn.microsoft.com/azure/ai-services/speech-service/how-to-custom-speech-test-and-train
"""

from collections.abc import Iterable
from pathlib import Path

from asr.corpus.domain_text import DomainText

PLAIN_TEXT = "plain_text.txt"
PRONUNCIATION = "pronunciation.txt"


def write_domain_text(text: DomainText | None, folder: Path, *, for_azure: bool = False) -> int:
    """Write the lines and the pronunciations that are used, if there are any; returns how many lines.

    Structured text becomes plain text. `for_azure` begins the files with a byte order mark and ends lines as Windows.
    """
    if text is None:
        return 0
    rows = (f"{one.written}\t{one.spoken}" for one in text.pronunciations)
    if text.lines:
        _write(folder / PLAIN_TEXT, (one.text for one in text.stream()), for_azure)
    if text.pronunciations:
        _write(folder / PRONUNCIATION, rows, for_azure)
    return text.lines


def _write(path: Path, lines: Iterable[str], for_azure: bool) -> None:
    encoding, end = ("utf-8-sig", "\r\n") if for_azure else ("utf-8", "\n")
    with path.open("x", encoding=encoding, newline="") as file:
        file.writelines(f"{line}{end}" for line in lines)
