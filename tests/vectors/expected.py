"""expected.txt: the cases that are not simply required to pass, each with its reason. Its head explains the form."""
import dataclasses
import re

KINDS = ("skip", "any", "differs", "mask")


@dataclasses.dataclass
class Entry:
    kind: str     # of KINDS
    pattern: str
    feature: str  # of "PATTERN @feature", or ""
    steps: frozenset  # of "PATTERN #1,3-5"; empty: all
    reason: str
    line: int
    matched: int = 0   # cases
    differed: int = 0  # steps

    def __post_init__(self):
        self._expression = re.compile(re.escape(self.pattern).replace(r"\*", ".*"), re.S)

    def matches(self, case):
        subject = f"{case.area}:{case.name}" if ":" in self.pattern.split("/")[0] else case.name
        return self._expression.fullmatch(subject) is not None

    def covers(self, index, step):
        return (not self.steps or index in self.steps) and (not self.feature or self.feature in step.features)


class BadList(Exception):
    pass


def parse(text):
    entries, kind, reason = [], None, None
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        heading = re.fullmatch(r"\[(\w+): (.+)\]", line)
        if heading:
            kind, reason = heading.groups()
            if kind not in KINDS:
                raise BadList(f"expected.txt:{number}: '{kind}' is none of {', '.join(KINDS)}")
            continue
        if kind is None:
            raise BadList(f"expected.txt:{number}: a case before the first [kind: reason]")
        pattern, feature, steps = re.fullmatch(r"(.*?)(?: @(\w+))?(?: #([\d,-]+))?", line).groups()
        if kind == "skip" and (feature or steps):
            raise BadList(f"expected.txt:{number}: steps depend on each other, so only whole cases can be skipped")
        entries.append(Entry(kind, pattern, feature or "", step_numbers(steps or ""), reason, number))
    return entries


def step_numbers(text):
    numbers = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return frozenset(numbers)


class Judge:
    """Holds the results against the list."""

    def __init__(self, entries):
        self.entries = entries

    def is_skipped(self, case):
        return self._note([e for e in self.entries if e.kind == "skip" and e.matches(case)])

    def masks(self):
        return [e.pattern for e in self.entries if e.kind == "mask"]

    @staticmethod
    def _note(entries):
        for entry in entries:
            entry.matched += 1
        return bool(entries)

    def verdict(self, case, differing):
        """differing: {step index: difference}. Returns (unexpected: {index: difference}, stale: [sentence])."""
        entries = [e for e in self.entries if e.kind in ("any", "differs") and e.matches(case)]
        self._note(entries)
        unexpected = dict(differing)
        stale = []
        for entry in entries:
            covered = [index for index in differing if entry.covers(index, case.steps[index])]
            entry.differed += len(covered)
            for index in covered:
                unexpected.pop(index, None)
            if entry.kind == "differs":
                passing = sorted(entry.steps - set(covered))
                if passing:
                    stale.append(f"expected.txt:{entry.line}: step {', '.join(map(str, passing))} of '{case.name}' "
                                 "is listed as different, but passes")
                elif not covered:
                    stale.append(f"expected.txt:{entry.line}: '{case.name}' is listed as different, but passes")
        return unexpected, stale

    def leftovers(self):
        """Entries that did nothing in a whole run: no case has such a name, or nothing differed."""
        for entry in self.entries:
            if entry.kind == "mask":
                continue
            if not entry.matched:
                yield f"expected.txt:{entry.line}: no case is called '{entry.pattern}'"
            elif entry.kind == "any" and not entry.differed:
                yield f"expected.txt:{entry.line}: '{entry.pattern}' may give any answer, but all of them are equal"
