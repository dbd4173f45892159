"""The tree under check: which files there are, their text, and what cairn_library(...) says about them."""
import dataclasses
import functools
import os
import pathlib
import re
import subprocess

CODE_SUFFIXES = (".h", ".cc")
PRODUCT_FOLDERS = ("common/", "node/", "operator/")
NOT_OURS = {".git", "build", "data", "node_modules", "target", "__pycache__"}


@dataclasses.dataclass(frozen=True)
class Finding:
    path: str
    line: int  # 0: the file as a whole
    rule: str
    text: str
    warning: bool = False

    def __str__(self):
        where = f"{self.path}:{self.line}" if self.line else self.path
        return f"{where}: {'warning: ' if self.warning else ''}[{self.rule}] {self.text}"


@dataclasses.dataclass(frozen=True)
class Target:
    """One cairn_library or cairn_program call."""
    kind: str  # library | program | test
    name: str
    folder: str  # "common/wire"
    sources: tuple
    deps: tuple
    file: str  # where it is declared
    line: int


class Tree:
    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.paths = sorted(p for p in self._list() if (self.root / p).is_file())
        self._known = set(self.paths)

    def _list(self):
        """What git would commit; without git (or outside a checkout), every file that is not a build product."""
        if (self.root / ".git").exists():
            try:
                listed = subprocess.run(["git", "-C", self.root, "ls-files", "-co", "--exclude-standard", "-z"],
                                        capture_output=True, text=True, check=True).stdout
                return [path for path in listed.split("\0") if path]
            except (OSError, subprocess.CalledProcessError):
                pass
        found = []
        for folder, folders, files in os.walk(self.root):
            folders[:] = [name for name in folders if name not in NOT_OURS]
            found += [os.path.relpath(os.path.join(folder, name), self.root) for name in files]
        return found

    def exists(self, path):
        return path in self._known or (self.root / path).is_dir()

    @functools.lru_cache(maxsize=None)
    def text(self, path):
        """The file as text; empty for a binary one."""
        try:
            return (self.root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return ""

    def lines(self, path):
        return self.text(path).splitlines()

    def code_files(self):
        return [path for path in self.paths if path.endswith(CODE_SUFFIXES)]

    def product_files(self):
        return [path for path in self.code_files() if path.startswith(PRODUCT_FOLDERS)]

    @functools.cached_property
    def targets(self):
        found = []
        for path in self.paths:
            if os.path.basename(path) != "CMakeLists.txt" and not path.endswith(".cmake") or path == "CMakeLists.txt":
                continue  # the root only defines the functions
            text = re.sub(r"#.*", "", self.text(path))
            for call in re.finditer(r"\bcairn_(library|program|test)\s*\(([^)]*)\)", text):
                words = call.group(2).replace('"', " ").split()
                if not words:
                    continue
                lists = {"SOURCES": [], "DEPS": [], "LINK": [], "LABEL": [], "TIMEOUT": []}
                current = None
                for word in words[1:]:
                    if word in lists:
                        current = lists[word]
                    elif current is not None:
                        current.append(word)
                line = text.count("\n", 0, call.start()) + 1
                found.append(Target(call.group(1), words[0], os.path.dirname(path), tuple(lists["SOURCES"]),
                                    tuple(lists["DEPS"]), path, line))
        return found

    @functools.cached_property
    def program_sources(self):
        return {os.path.normpath(os.path.join(t.folder, source))
                for t in self.targets if t.kind == "program" for source in t.sources}


def without_comments(text):
    """Code with comments and the inside of string and character literals blanked; line numbers stay."""
    def blank(match):
        found = match.group(0)
        if found.startswith("/"):
            return re.sub(r"[^\n]", " ", found)
        if found.startswith("R"):
            return '""' + "\n" * found.count("\n")
        return found[0] * 2
    return re.sub(r'//[^\n]*|/\*.*?\*/|R"([^()\s]{0,16})\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\'',
                  blank, text, flags=re.S)


def includes(text):
    """(line number, "<" or '"', name) of each #include."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if match:
            yield number, match.group(1), match.group(2)
