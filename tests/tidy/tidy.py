"""tests/tidy/run [--root FOLDER] [--no-self-test] [--no-format]: the rules of the house over the whole tree.

Each rule first finds what the self-test planted for it. The last line counts files: those without an error passed.
"""
import argparse
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import dependencies  # noqa: E402
import documents  # noqa: E402
import format as formatting  # noqa: E402
import reality  # noqa: E402
import selftest  # noqa: E402
import text  # noqa: E402
from tree import Tree  # noqa: E402

RULES = [dependencies.check, reality.check, documents.check, text.check]


def findings(tree, with_format=True):
    for rule in RULES:
        yield from rule(tree)
    if with_format:
        yield from formatting.check(tree)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0], prog="tests/tidy/run")
    parser.add_argument("--root", default=pathlib.Path(__file__).parents[2], help="the tree to check")
    parser.add_argument("--no-self-test", action="store_true", help="skip the planted violations")
    parser.add_argument("--no-format", action="store_true", help="skip clang-format")
    options = parser.parse_args()

    passed = failed = 0
    if not options.no_self_test:
        for name, problem in selftest.run(findings):
            if problem:
                failed += 1
                print(f"self-test '{name}': {problem}")
            else:
                passed += 1

    tree = Tree(options.root)
    found = sorted(findings(tree, not options.no_format), key=lambda f: (f.warning, f.path, f.line))
    for finding in found:
        print(finding)
    broken = {finding.path for finding in found if not finding.warning}
    errors = sum(not finding.warning for finding in found)
    print(f"tidy: {len(tree.paths)} files, {errors} errors in {len(broken)} files, {len(found) - errors} warnings")
    print(f"{passed + len(tree.paths) - len(broken & set(tree.paths))} passed, {failed + len(broken)} failed")
    return 1 if failed or broken else 0


if __name__ == "__main__":
    sys.exit(main())
