"""The layout of Azure Custom Speech: `trans.txt` with a line `name<TAB>text` for each audio file beside it.

Format: https://learn.microsoft.com/azure/ai-services/speech-service/how-to-custom-speech-test-and-train
"""

import posixpath
from collections.abc import Iterator

from asr.corpus.readers.listing import Listing
from asr.corpus.readers.row import Row, make_row
from asr.corpus.readers.text_file import read_lines
from asr.corpus.rules import Problem, problem


def is_azure_transcript(name: str) -> bool:
    """Whether a file is the transcript file of an Azure data set by its name."""
    return posixpath.basename(name).lower() == "trans.txt"


def read_azure(listing: Listing, table: str) -> Iterator[Row | Problem]:
    """The rows of one `trans.txt`; a name without an ending means a `.wav` file."""
    for one in read_lines(listing.path(table), listing.shown(table)):
        if isinstance(one, Problem):
            yield one
            continue
        line, written = one
        if not written.strip():
            continue
        name, tab, transcript = written.partition("\t")
        if not tab:
            detail, mend = "no TAB between name and text", "separate them by a TAB"
            yield problem("unreadable_table", listing.shown(table), line, detail, mend=mend)
            continue
        name = name.strip()
        yield make_row(listing, table, line, name if posixpath.splitext(name)[1] else f"{name}.wav", transcript)
