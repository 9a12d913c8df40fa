"""A strict look at a page: everything closed, one h1, tables with captions and scopes, nothing fetched."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

_VOID = {"meta", "br", "img", "link", "hr", "input"}


class _Strict(HTMLParser):
    """Keeps the open elements; an end tag must close the innermost."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag, f"</{tag}> closes another element"


def well_formed(page: str) -> None:
    """Fail unless the page is well formed, has one h1, ordered headings, captions, scopes, and fetches nothing."""
    parser = _Strict()
    parser.feed(page)
    parser.close()
    assert parser.open == []
    tags = [tag for tag, _ in parser.seen]
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert tags.count("table") == tags.count("caption")
    assert all("scope" in attributes for tag, attributes in parser.seen if tag == "th")
    assert dict(parser.seen[0][1]).get("lang") == "en-GB"
    assert not {"script", "link", "iframe", "object"} & set(tags)
    links = [
        value or "" for _, attributes in parser.seen for name, value in attributes.items() if name in ("src", "href")
    ]
    assert all(link.startswith("#") for link in links)
    names = [attributes["id"] for _, attributes in parser.seen if "id" in attributes]
    assert len(names) == len(set(names))


def main_of(page: str) -> str:
    """Return the main part of a page: what this document adds to the common frame."""
    return page[page.index("<main") : page.index("</main>") + 8]
