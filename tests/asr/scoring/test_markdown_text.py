"""Text of anybody in Markdown: as it was written, and no longer than a page takes."""

from markdown_it import MarkdownIt

from asr.scoring.markdown_text import MOST_CHARACTERS, markdown, shortened


def test_markdown_shows_text_as_it_is() -> None:
    assert str(markdown("a|b\n<i>don't</i> `x`")) == "a\\|b &lt;i&gt;don't&lt;/i&gt; \\`x\\`"


def test_a_long_text_is_cut() -> None:
    assert str(markdown("|" * 400)) == "\\|" * MOST_CHARACTERS + "… (400 characters)"
    assert str(markdown("abc", 2)) == "ab… (3 characters)"


def test_what_cannot_be_seen_is_written() -> None:
    assert str(markdown("a\x00\u202eb")) == "a\\\\x00\\\\u202eb"


def test_a_long_page_ends_at_a_line() -> None:
    page = "".join(f"line {number}\n" for number in range(100))
    cut = shortened(page, 100, "The rest is elsewhere.")
    assert len(cut) <= 100
    assert cut == page[: 10 * len("line 0\n")] + "\nThe rest is elsewhere.\n"
    assert shortened(page, len(page), "x") == page


def test_a_page_that_is_cut_in_a_block_of_code_closes_it() -> None:
    cut = shortened("a\n\n```\n" + "code\n" * 50 + "```\n", 80, "The rest.")
    assert len(cut) <= 80
    assert "<p>The rest.</p>" in MarkdownIt().render(cut)
