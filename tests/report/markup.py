"""HTML read strictly: what a browser would mend silently is an error here."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"meta", "link", "br", "img", "input", "hr", "col", "source", "wbr"}
# What a paragraph, or another element of words, cannot hold (https://html.spec.whatwg.org/#phrasing-content).
BLOCKS = {
    "article", "details", "div", "dl", "figure", "footer", "h1", "h2", "h3", "header", "main", "nav", "ol", "p", "pre",
    "section", "table", "ul",
}  # fmt: skip
WORDS_ONLY = {"p", "h1", "h2", "h3", "pre", "span", "dt", "a", "code", "mark", "button"}
PARENTS = {
    "li": {"ul", "ol"}, "tr": {"thead", "tbody"}, "td": {"tr"}, "th": {"tr"}, "caption": {"table"}, "dt": {"dl", "div"},
    "dd": {"dl", "div"}, "summary": {"details"}, "figcaption": {"figure"}, "thead": {"table"}, "tbody": {"table"},
}  # fmt: skip


@dataclass
class Element:
    """An element with its attributes and the text right in it."""

    tag: str
    attributes: dict[str, str]
    parent: "Element | None" = None
    text: str = ""
    children: list["Element"] = field(default_factory=list)

    def all(self, tag: str = "", of: str = "") -> list["Element"]:
        """Return the elements below with a tag, a class or both, in the document's order."""
        found = []
        for child in self.children:
            if (not tag or child.tag == tag) and (not of or of in child.attributes.get("class", "").split()):
                found.append(child)
            found += child.all(tag, of)
        return found

    def whole_text(self) -> str:
        """Return the text in it and below, that of each element after its own."""
        return self.text + "".join(child.whole_text() for child in self.children)


class StrictParser(HTMLParser):
    """Builds a tree, and asserts that nothing in it needs mending."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("#document", {})
        self.at = self.root
        self.declarations: list[str] = []
        self.ids: set[str] = set()

    def handle_decl(self, decl: str) -> None:
        self.declarations.append(decl)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice: <{tag} {names}>"
        attributes = {name: value or "" for name, value in attrs}
        identity = attributes.get("id")
        assert identity not in self.ids, f"an id twice: {identity}"
        if identity:
            self.ids.add(identity)
        if tag in PARENTS:
            assert self.at.tag in PARENTS[tag], f"<{tag}> in <{self.at.tag}>"
        if tag in BLOCKS:
            above = self.at
            while above.parent is not None:
                allowed = above.tag == "summary" and tag in {"h1", "h2", "h3"}
                assert allowed or above.tag not in WORDS_ONLY, f"<{tag}> in <{above.tag}>"
                above = above.parent
        element = Element(tag, attributes, self.at)
        self.at.children.append(element)
        if tag not in VOID:
            self.at = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raise AssertionError(f"<{tag}/> is no HTML")

    def handle_endtag(self, tag: str) -> None:
        assert tag == self.at.tag, f"</{tag}> ends <{self.at.tag}>"
        assert self.at.parent is not None
        self.at = self.at.parent

    def handle_data(self, data: str) -> None:
        self.at.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data[:60]}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"a processing instruction: {data[:60]}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"an unknown declaration: {data[:60]}")


def parsed(html: str) -> Element:
    """Return the document's tree.

    Args:
        html: the document, whole.

    Raises:
        AssertionError: a browser would have to mend it.
    """
    parser = StrictParser()
    parser.feed(html)
    parser.close()
    assert parser.at is parser.root, f"<{parser.at.tag}> is never ended"
    assert parser.declarations == ["doctype html"]
    return parser.root
