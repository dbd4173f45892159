"""Links between documents, and the pages and headings that code names, must exist."""
import os
import re

from tree import Finding

NAMED_PAGE = re.compile(r'\b(docs/[\w./-]+?\.md)(?:,? "([^"\n]+)")?')
TEXT_SUFFIXES = (".h", ".cc", ".py", ".txt", ".cmake", ".yaml", ".sh", ".md", "run", "test")


def without_code(text):
    """Markdown with fenced blocks and code spans blanked; line numbers stay."""
    text = re.sub(r"^(```|~~~).*?^\1[^\n]*$", lambda m: "\n" * m.group(0).count("\n"), text, flags=re.S | re.M)
    return re.sub(r"`[^`\n]*`", "", text)


def headings(text):
    # Code spans inside a heading are part of it, so only fences are blanked.
    text = re.sub(r"^(```|~~~).*?^\1[^\n]*$", "", text, flags=re.S | re.M)
    return [match.group(1).strip() for match in re.finditer(r"^#{1,6}\s+(.+?)\s*#*$", text, flags=re.M)]


def anchor(heading):
    """The anchor that GitHub gives a heading."""
    heading = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def check(tree):
    for path in tree.paths:
        if path.endswith(".md"):
            yield from check_links(tree, path)
        if path.endswith(TEXT_SUFFIXES) and not path.startswith("tests/tidy/"):
            yield from check_named_pages(tree, path)


def check_links(tree, path):
    for number, line in enumerate(without_code(tree.text(path)).splitlines(), 1):
        for match in re.finditer(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\s*\[[^\]]+\]:\s*(\S+)", line):
            link = match.group(1) or match.group(2)
            if re.match(r"[a-z][a-z0-9+.-]*:|//", link):
                continue  # somebody else's page
            file, _, fragment = link.partition("#")
            target = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
            if not tree.exists(target):
                yield Finding(path, number, "link", f"'{link}' leads to {target}, which does not exist")
            elif fragment and target.endswith(".md") and \
                    fragment not in {anchor(heading) for heading in headings(tree.text(target))}:
                yield Finding(path, number, "link", f"'{link}': {target} has no heading '#{fragment}'")


def check_named_pages(tree, path):
    for number, line in enumerate(tree.lines(path), 1):
        for match in NAMED_PAGE.finditer(line):
            page, heading = match.groups()
            if not tree.exists(page):
                yield Finding(path, number, "link", f"names {page}, which does not exist")
            elif heading and not any(heading.lower() in found.lower() for found in headings(tree.text(page))):
                yield Finding(path, number, "link", f"names {page}, \"{heading}\", but the page has no such heading")
