"""The page about data: the verdict first, every problem with its mend, and nothing that anybody could make act."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from asr.corpus.delta import Change, Delta
from asr.corpus.domain_text import DomainText
from asr.corpus.report import MOST_CHARACTERS, Overview, code, data_page, tally, verdict, write_page
from asr.corpus.rules import RULES, Problem, problem
from asr.corpus.statistics import BINS, NewWords, Statistics
from asr.corpus.utterance import Corpus
from asr.corpus.validate import CorpusReport
from asr.errors import UserError
from asr.text.pronunciation import Pronunciation

HOSTILE = [
    "@everyone and @wergate/team",
    "<script>alert(1)</script>",
    '<img src=x onerror="alert(1)">',
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "https://evil.example and www.evil.example me@evil.example",
    "a | b | @everyone",
    "`@everyone` ``<b>`` ```",
    "\\`@everyone\\` \\| @everyone",
    "# heading\n\n- list\n\n```\n@everyone\n```\n<b>",
    "&lt;b&gt; &#64;everyone #12 GH-12 1234567890abcdef1234567890abcdef12345678",
    "~~~\n$x$ :tada: <!-- -->",
    "\u202e right to left \x1b[31m \x00 \r\n| @everyone |",
    "`",
    "ends with \\",
]
SAFE = {"h1", "h2", "h3", "table", "thead", "tbody", "tr", "th", "td", "code", "pre", "p", "ul", "li"}


class Page(HTMLParser):
    """What a browser gets: the tags, and the words that stand in code and elsewhere."""

    def __init__(self, markdown: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.headings: list[str] = []
        self.code = ""
        self.prose = ""
        self._open: list[str] = []
        # HTML is let through, as on GitHub.
        self.feed(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)
        self._open.append(tag)
        if tag in ("h1", "h2", "h3"):
            self.headings.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "code" in self._open:
            self.code += data
        else:
            self.prose += data
        if self._open and self._open[-1] in ("h1", "h2", "h3"):
            self.headings[-1] += data


def statistics(**changes: object) -> Statistics:
    facts = {
        "utterances": 72,
        "seconds": 168.0,
        "words": 1538,
        "vocabulary": 120,
        "speakers": 9,
        "sources": 0,
        "durations": (0, 3, 60, 9, *[0] * (len(BINS) - 3)),
        "rates": {16_000: 70, 8000: 2},
        "new_words": None,
    }
    return Statistics.model_validate(facts | changes)


def overview(
    *problems: Problem,
    name: str = "testing_data",
    delta: Delta | None = None,
    text: DomainText | None = None,
    **facts: object,
) -> Overview:
    draft = Corpus(
        name=name,
        folder=Path("/here") / "x",
        manifest=Path("m"),
        fingerprint="17d75ccbb201" + "0" * 52,
        utterances=72,
        words=1538,
        seconds=168.0,
        speakers=9,
        text=text,
    )
    return Overview(CorpusReport(draft, Path("u"), problems), statistics(**facts), delta)


EMPTY = problem("empty_text", Path("testing_data/calls/metadata.csv"), 27, "calls/audio/00025.flac")
CLIPPED = problem("clipped", Path("testing_data/a.wav"), detail="2.0% of the samples are at full scale")
LEAK = problem("leak_audio", Path("testing_data/x.flac"), detail="it is the same file as y.flac in training")


def test_the_verdict_comes_first() -> None:
    first = data_page([overview(EMPTY, EMPTY, LEAK, CLIPPED, CLIPPED)]).splitlines()[0]
    assert first == "# ✕ 3 errors, 2 warnings: this data would not be trained on"
    assert data_page([overview(CLIPPED)]).splitlines()[0] == "# ✓ 1 warning: this data can be trained on"
    assert data_page([overview()]).splitlines()[0] == "# ✓ Nothing is wrong: this data can be trained on"


def test_problems_by_rule_with_place_message_and_mend() -> None:
    page = data_page([overview(CLIPPED, EMPTY)])
    assert (
        "| `testing_data/calls/metadata.csv:27` | `the transcript is empty: calls/audio/00025.flac` "
        "| write what is said, or remove the audio |"
    ) in page.splitlines()
    headings = Page(page).headings
    assert headings[1:4] == [
        "What is wrong",
        "✕ empty_text: the transcript is empty (1)",
        "⚠ clipped: the recording is clipped (1)",
    ]


def test_a_mend_of_its_own_is_shown() -> None:
    page = data_page([overview(problem("not_utf8", Path("x"), mend="rename *the* file"))])
    assert "| `rename *the* file` |" in page
    assert "run `git lfs pull`" in data_page([overview(problem("lfs_pointer", Path("x")))])


def test_numbers_of_every_corpus() -> None:
    new = NewWords(vocabulary=3, share=0.034, most_frequent=(("godrive", 9), ("rolla", 2)))
    page = data_page([overview(name="training_data"), overview(new_words=new)])
    row = "| 72 | 2 min 48 s | 9 | – | 1,538 | 120 | 549 | 16 kHz (70), 8 kHz (2) | 17d75ccbb201 |"
    assert f"| `training_data` {row}" in page
    assert f"| `testing_data` {row}" in page
    assert "| `testing_data` | 3 of 120 | 3.4% | `godrive` (9), `rolla` (2) |" in page
    assert page.count("    2–3 s  60  ████████████████████████████████") == 2


def test_text_without_recordings() -> None:
    rows = (Pronunciation("GoDrive", "go drive"), Pronunciation("rolla", "raw la"))
    facts = {"manifest": Path("m"), "fingerprint": "f", "lines": 1200, "words": 9000, "pronunciations": rows}
    some = DomainText(**facts, left_out={"text_address": 2, "text_twice": 1500})
    page = data_page([overview(name="training_data", text=some), overview()])

    assert "Words without recordings" in Page(page).headings
    assert "| `training_data` | 1,200 | 9,000 | 2 | 2 text_address, 1,500 text_twice |" in page.splitlines()
    assert "| 2 | – |" in data_page([overview(text=DomainText(**facts, left_out={}))])
    assert "Words without recordings" not in data_page([overview()])


def test_leakage_has_its_own_place() -> None:
    new = NewWords(vocabulary=0, share=0, most_frequent=())
    leaking = Page(data_page([overview(LEAK, new_words=new)])).headings
    assert leaking.index("Leakage") + 1 == leaking.index("✕ leak_audio: this test audio is also trained on (1)")
    assert "Nothing of the testing data was found in the training data." in data_page([overview(new_words=new)])
    assert "Leakage" not in data_page([overview()]), "nothing was compared"


def test_what_has_changed() -> None:
    change = Change(id="d.wav", parts=("text",), before="turn left", after="turn right")
    other = Change(id="e.wav", parts=("audio", "columns"), before="x", after="x")
    delta = Delta(
        added=12,
        removed=1,
        changed=2,
        hours_added=0.01,
        hours_removed=0.001,
        changed_parts={"text": 1, "audio": 1, "columns": 1},
        added_examples=("a.wav", "b.wav"),
        removed_examples=("c.wav",),
        changed_examples=(change, other),
        since="improve embedded · 2026-11-20",
    )
    lines = data_page([overview(delta=delta), overview(name="same", delta=Delta(since="r"))]).splitlines()
    assert f"`testing_data` since `improve embedded · 2026-11-20`: {delta.sentence()}." in lines
    assert "- added `a.wav`" in lines and "- removed `c.wav`" in lines
    assert "- changed `d.wav`: `turn left` → `turn right`" in lines
    assert "- changed `e.wav`: audio, columns" in lines
    assert "`same` since `r`: nothing has changed." in lines
    assert "What has changed" not in data_page([overview()])


def page_of(text: str) -> str:
    """The page about data in which everything is called `text`."""
    change = Change(id=text, parts=("text",), before=text, after=text)
    delta = Delta(
        added=1,
        removed=1,
        changed=1,
        changed_parts={"text": 1},
        added_examples=(text,),
        removed_examples=(text,),
        changed_examples=(change,),
        since=text,
    )
    new = NewWords(vocabulary=1, share=0.5, most_frequent=((text, 1),))
    broken = [problem(rule, Path(text), 3, text, mend=text) for rule in ("empty_text", "leak_sentence")]
    return data_page([overview(*broken, name=text, delta=delta, new_words=new)])


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_anybody_wrote_acts(text: str) -> None:
    """In code spans there is no HTML, no link and no mention: everything must be in them, and nothing else change."""
    hostile, harmless = page_of(text), page_of("x")
    assert Page(hostile).tags == Page(harmless).tags <= SAFE
    assert Page(hostile).prose == Page(harmless).prose
    assert Page(hostile).headings == Page(harmless).headings
    assert len(hostile.splitlines()) == len(harmless.splitlines())
    assert all(char == "\n" or char.isprintable() for char in hostile)
    rows = [[line.count("|") for line in page.splitlines() if line.startswith("|")] for page in (hostile, harmless)]
    assert rows[0] == rows[1], "no cell is broken, however a renderer finds their ends"


def test_text_is_shown_as_it_is() -> None:
    assert code("turn left") == "`turn left`"
    assert code("يمين") == "`يمين`"
    assert code("क्\u200dष") == "`क्\u200dष`", "a joiner is part of the word"
    assert code("a `b` c") == "``a `b` c``"
    assert code("`b`") == "`` `b` ``"
    assert code("a\tb\nc") == "`a b c`"
    assert code("\u202e") == "`\\u202e`"
    assert code(" ") == "–"
    assert len(code("x" * 1000)) < 170


def test_the_page_fits_into_a_comment() -> None:
    def many(rule: str, count: int) -> list[Problem]:
        names = [Path(f"{number:04}" + "`|<é\u202e" * 60) for number in range(count)]
        return [problem(rule, name, 3, "\U000e0001`" * 200, mend="\u202e" * 300) for name in names]

    worst = [one for rule in RULES for one in many(rule, 60)]
    text = "\u202e`" * 300
    change = Change(id=text, parts=("text",), before=text, after=text)
    delta = Delta(added=9, added_examples=(text,) * 10, removed_examples=(text,) * 10, changed_examples=(change,) * 10)
    new = NewWords(vocabulary=10, share=1, most_frequent=((text, 10**9),) * 10)
    facts = {"durations": [10**9] * (len(BINS) + 1), "utterances": 10**12, "words": 10**15, "new_words": new}
    rates = dict.fromkeys(range(44_101, 44_111), 10**9)
    some = [overview(*worst[:3], name=text, delta=delta, rates=rates, **facts) for _ in range(59)]
    page = data_page([overview(*worst, name=text, delta=delta, rates=rates, **facts), *some])
    assert len(page) <= MOST_CHARACTERS
    assert "… and 40 corpora more." in page
    assert page.splitlines()[0].startswith("# ✕ ")
    one_rule = data_page([overview(*many("empty_text", 1000))])
    assert len(one_rule) <= MOST_CHARACTERS
    assert "… and 950 more; `wergate validate` lists them." in one_rule


def test_problems_that_were_only_counted_count() -> None:
    counted = Problem("empty_text", "error", Path("x"), 1, "the transcript is empty", "write it", count=500)
    assert tally([counted, CLIPPED]) == (500, 1)
    assert "(500)" in data_page([overview(counted)])
    assert verdict(1500, 1) == "1,500 errors, 1 warning: this data would not be trained on"


def test_a_page_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    write_page(tmp_path / "page.md", [overview()])
    assert (tmp_path / "page.md").read_text(encoding="utf-8").startswith("# ✓ ")
    assert [path.name for path in tmp_path.iterdir()] == ["page.md"]
    with pytest.raises(UserError, match=r"none/page\.md: the report cannot be written \(No such file"):
        write_page(tmp_path / "none" / "page.md", [overview()])
    with pytest.raises(UserError, match="cannot be written"):
        write_page(tmp_path, [overview()])
