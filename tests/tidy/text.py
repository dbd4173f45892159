"""Words that do not belong in the tree, and the shape of source files."""
import re

from tree import Finding, includes, without_comments

LINES_MAX = 600
WORDS = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
MACHINE_PATHS = re.compile(r"(?<![\w.$}])/(?:work|root|home/\w+)/")
# The rules must be able to name what they look for; a licence is quoted as it is.
EXEMPT = ("tests/tidy/", "LICENSE")


def check(tree):
    for path in tree.paths:
        if not path.startswith(EXEMPT):
            for number, line in enumerate(tree.lines(path), 1):
                for match in WORDS.finditer(line):
                    yield Finding(path, number, "word", f"{match.group(0)}: do it, or describe it in docs/status.md")
                for match in MACHINE_PATHS.finditer(line):
                    yield Finding(path, number, "word", f"{match.group(0)}: a path of one machine")
        if path.endswith((".h", ".cc")):
            yield from check_shape(tree, path)


def check_shape(tree, path):
    text = tree.text(path)
    count = len(text.splitlines())
    if count > LINES_MAX:
        yield Finding(path, 0, "shape", f"{count} lines; more than {LINES_MAX} do not fit in one sitting", warning=True)
    if path.endswith(".h"):
        code = [line.strip() for line in without_comments(text).splitlines() if line.strip()]
        if not code or code[0] != "#pragma once":
            yield Finding(path, 1, "shape", "a header begins with #pragma once")
        return
    own_header = path[:-len(".cc")] + ".h"
    if tree.exists(own_header):
        first = next(includes(text), None)
        if first is None or first[2] != own_header:
            yield Finding(path, first[0] if first else 1, "shape", f'the own header "{own_header}" comes first')
