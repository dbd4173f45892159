"""Runs the Python client's tests against the server at port CAIRN_PORT. Arguments: parts of case names to run."""
import pathlib
import sys
import unittest

import harness


def main():
    suite = unittest.TestSuite()
    for group in unittest.TestLoader().discover(pathlib.Path(__file__).parent, "test_*.py"):
        for cases in group:
            if not isinstance(cases, unittest.TestSuite):  # a file that does not load
                suite.addTest(cases)
                continue
            suite.addTest(unittest.TestSuite(
                case for case in cases if not sys.argv[1:] or any(word in case.id() for word in sys.argv[1:])))
    result = harness.Lines()
    suite.run(result)
    return 0 if result.wasSuccessful() else 1


sys.exit(main())
