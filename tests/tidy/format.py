"""clang-format in check mode: what it would change."""
import re
import shutil
import subprocess

from tree import Finding

PROGRAM = "clang-format-19"


def check(tree):
    files = tree.code_files()
    if not files or not tree.exists(".clang-format"):
        return
    if shutil.which(PROGRAM) is None:
        yield Finding(".clang-format", 0, "format", f"{PROGRAM} is not installed: the format was not checked", warning=True)
        return
    result = subprocess.run([PROGRAM, "--dry-run", "--ferror-limit=0", *files], cwd=tree.root,
                            capture_output=True, text=True, check=False)
    lines = {}
    for path, line in re.findall(r"^(.+?):(\d+):\d+: (?:warning|error): code should be clang-formatted", result.stderr, re.M):
        lines.setdefault(path, []).append(int(line))
    for path, at in sorted(lines.items()):
        shown = ", ".join(map(str, at[:5])) + (", ..." if len(at) > 5 else "")
        yield Finding(path, at[0], "format", f"{PROGRAM} -i would change line {shown}")
