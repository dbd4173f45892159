"""Runs the tests of a part one after another, and ends as a part has to (docs/testing.md, What a part is)."""
import time
import traceback


class Failed(Exception):
    """What a test found, where the text says all."""


class Skipped(Exception):
    """Why a test cannot run here."""


def run_tests(tests):
    """tests: (name, function without arguments), in their order. A line for each, the last line counts them. Returns the
    exit status."""
    passed = failed = skipped = 0
    for name, test in tests:
        began = time.monotonic()
        try:
            test()
            passed += 1
            print(f"ok      {name} ({time.monotonic() - began:.1f} s)", flush=True)
        except Skipped as reason:
            skipped += 1
            print(f"skipped {name}: {reason}", flush=True)
        except Exception as error:  # whatever it is, the other tests still run
            failed += 1
            detail = error if isinstance(error, Failed) else traceback.format_exc()
            print(f"FAILED  {name}: {detail}", flush=True)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


def tests_named(module, part):
    """(name, function) of a module's functions test_*, in their order, whose name contains `part`."""
    return [(name[5:], test) for name, test in vars(module).items() if name.startswith("test_") and part in name]
