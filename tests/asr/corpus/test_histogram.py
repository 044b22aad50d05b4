"""The picture of durations: the same numbers as text and as SVG, on every background."""

from xml.etree import ElementTree

from asr.corpus.histogram import svg_bars, text_bars
from asr.corpus.statistics import BINS

COUNTS = (0, 3, 96, 0, 1, 0, 0, 0, 0, 0, 0)
SVG = "{http://www.w3.org/2000/svg}"


def test_bars_of_text() -> None:
    assert text_bars(COUNTS).splitlines() == [
        "    1–2 s   3  █",
        "    2–3 s  96  ████████████████████████████████",
        "    3–4 s   0",
        "    4–5 s   1  ▍",
    ]


def test_every_bin_has_its_name() -> None:
    lines = text_bars([1] * (len(BINS) + 1)).splitlines()
    assert [line.split("  ")[-3].strip() for line in lines][-2:] == ["20–30 s", "over 30 s"]
    assert len(lines) == len(BINS) + 1


def test_a_bar_is_as_long_as_its_share() -> None:
    longest, half, least = (line.split()[-1] for line in text_bars((200_000, 100_000, 1, *[0] * 8)).splitlines())
    assert (len(longest), len(half), least) == (32, 16, "▏")


def test_without_utterances() -> None:
    assert text_bars([0] * (len(BINS) + 1)) == ""
    assert "no utterances" in svg_bars([0] * (len(BINS) + 1), "x", "k")


def test_the_svg_says_what_it_shows() -> None:
    root = ElementTree.fromstring(svg_bars(COUNTS, "a <b> & c", "durations-1"))
    assert root.get("role") == "img"
    title, desc = root.find(f"{SVG}title"), root.find(f"{SVG}desc")
    assert title is not None and desc is not None
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text == "Durations of the utterances in a <b> & c"
    assert desc.text == "Utterances by their seconds. 1–2 s: 3; 2–3 s: 96; 3–4 s: 0; 4–5 s: 1."
    bars = [float(bar.get("width", 0)) for bar in root.iter(f"{SVG}rect")]
    assert bars == [11, 340, 4]


def test_the_svg_takes_the_colours_of_its_page() -> None:
    picture = svg_bars(COUNTS, "x", "k")
    assert 'fill="currentColor"' in picture
    assert "#" not in picture and "style" not in picture and "script" not in picture
