import re
from pathlib import Path

import pytest

from hyperface.errors import InputError
from hyperface.lessons import LESSONS
from hyperface.ui.parts.reading import doc_link, docs_folder, page_html
from hyperface.ui.story.about import READ


@pytest.fixture
def folder(tmp_path) -> Path:
    (tmp_path / "how").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "mark.svg").write_text("<svg/>")
    (tmp_path / "first.md").write_text(
        "# One <b>two</b>\n\n![A mark](mark.svg) ![Gone](gone.png)\n\n[Here](how/b.md#some-part), "
        "[web](https://a.test/x), [source](../LICENCE), [made](how/made.md), [below](#one)\n\n"
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n<script>alert(1)</script>\n"
    )
    (tmp_path / "how" / "b.md").write_text("# B\n\n## Some part\n\n[Back](../first.md)\n")
    return tmp_path


def test_a_page_is_html_whose_links_stay_in_the_window(folder):
    html = page_html("first.md", folder)
    assert 'data-doc="how/b.md" data-part="some-part">Here</button>' in html
    assert 'data-doc="first.md" data-part="one">below</button>' in html
    assert '<a href="https://a.test/x" target="_blank"' in html
    assert "LICENCE" not in html
    assert "made.md" not in html
    assert 'src="data:image/svg+xml;base64,PHN2Zy8+"' in html
    assert html.count("<td>") == 2
    assert "<script" not in html
    assert "<b>" not in html
    assert 'data-doc="first.md"' in page_html("how/b.md", folder)
    assert '<h3 data-part="some-part">' in page_html("how/b.md", folder)


@pytest.mark.parametrize("page", ["gone.md", "secret.txt", "../x.md", "how/../first.md", "/etc/passwd", ""])
def test_only_pages_can_be_read(folder, page):
    with pytest.raises(InputError, match="has no page"):
        page_html(page, folder)


def test_without_the_documentation_one_sentence_says_where_it_is(tmp_path):
    with pytest.raises(InputError, match="comes with the source"):
        page_html("first.md", tmp_path / "none")


def test_every_page_that_the_app_links_is_there_and_so_are_those_that_it_links():
    folder = docs_folder()
    wanted, read = [page for page, _ in (*READ, *(each.read for each in LESSONS))], set()
    while wanted:
        page = wanted.pop()
        if page in read:
            continue
        read.add(page)
        wanted += re.findall(r'data-doc="([^"]+)"', page_html(page, folder))
    assert len(read) > 20


def test_a_link_says_where_it_leads():
    assert 'data-doc="a.md"' in doc_link("a.md", "A & B")
    assert ">A &amp; B</button>" in doc_link("a.md", "A & B")


@pytest.mark.browser
def test_a_page_is_read_and_left_again(page):
    page.get_by_role("button", name="What am I looking at?").click()
    page.locator("#about-page [data-doc='explanation/index.md']").click()
    reader = page.locator(".hf-reader")
    reader.get_by_role("heading", name="Explanation").first.wait_for()
    reader.locator("[data-doc='explanation/packing.md']").first.click()
    reader.get_by_role("heading", name="Packing", exact=True).wait_for()
    reader.get_by_role("button", name="Back").click()
    reader.locator("[data-doc='explanation/packing.md']").first.wait_for()
    page.keyboard.press("Escape")
    reader.wait_for(state="hidden")
