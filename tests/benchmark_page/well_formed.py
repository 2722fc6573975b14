"""Checks that pages are well formed and load nothing:   well_formed.py PAGE.html...

Every tag is closed where it has to be, text holds no bare '<' or '&', no element or style refers to anything outside
the page, and the only script is the page's own. Prints what is wrong, and fails if anything is.
"""
import html.parser
import re
import sys
from pathlib import Path

VOID = {"meta", "wbr", "br", "hr", "img", "link", "input"}
LOADS = {"src", "srcset", "href", "data", "action", "poster", "background", "xlink:href", "formaction"}
ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|#39|#[0-9]+);)")


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=False)
        self.open = []
        self.ids = set()
        self.links = set()
        self.scripts = 0
        self.found = []

    def say(self, what):
        line, column = self.getpos()
        self.found.append(f"{line}:{column}: {what}")

    def handle_starttag(self, tag, attributes):
        self.scripts += tag == "script"
        names = [name for name, _ in attributes]
        if len(set(names)) != len(names):
            self.say(f"<{tag}> has an attribute twice")
        for name, value in attributes:
            if name in LOADS and not (value or "").startswith("#"):
                self.say(f"<{tag} {name}={value}> refers to something outside")
            if name.startswith("on"):
                self.say(f"<{tag}> has a script of its own, {name}")
            if name == "style" and not re.fullmatch(r"(?:(?:left|width):[0-9.]+%;?)+", value or ""):
                self.say(f"<{tag}> has a style of its own, {value}")
            if name == "id":
                if value in self.ids:
                    self.say(f"the id {value} is there twice")
                self.ids.add(value)
            if name == "href":
                self.links.add((value or "")[1:])
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.say(f"<{tag}/> closes itself")

    def handle_endtag(self, tag):
        if not self.open or self.open[-1] != tag:
            self.say(f"</{tag}> where {self.open[-1:] or 'nothing'} is open")
        else:
            self.open.pop()

    def handle_data(self, text):
        inside = self.open[-1] if self.open else ""
        if inside in ("style", "script"):
            if re.search(r"url\(|@import|https?:|fetch|XMLHttp", text):
                self.say(f"<{inside}> loads something")
        elif "<" in text or ">" in text or ENTITY.search(text):
            self.say(f"text is not escaped: {text[:40]!r}")

    def handle_entityref(self, name):
        if name not in ("amp", "lt", "gt", "quot"):
            self.say(f"&{name}; is no entity of ours")


def check(path):
    text = path.read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    page.close()
    if page.open:
        page.say(f"{page.open} are open at the end")
    if page.scripts != 1:
        page.say(f"there are {page.scripts} scripts")
    for link in sorted(page.links - page.ids):
        page.say(f"there is a link to #{link}, and no such part")
    if re.search(r"\b(nan|inf)\b", re.sub(r"<style>.*?</style>|<script>.*?</script>", "", text, flags=re.S)):
        page.say("a number is none")
    return [f"{path.name}:{what}" for what in page.found]


def main():
    found = [line for path in sys.argv[1:] for line in check(Path(path))]
    print("\n".join(found) or f"{len(sys.argv) - 1} pages are well formed")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
