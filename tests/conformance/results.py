"""Counting: one line a case, PASS, FAIL or SKIP, its client first; a failure's reason is indented below it.
Clients run at the same time: each method is one step."""
import threading


class Unavailable(Exception):
    """The client cannot be had on this machine. The text says what is missing."""


class Results:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.failures = []
        self.lock = threading.Lock()

    def of(self, client):
        return OfClient(self, client)

    def sum_up(self):
        """Prints the failures again and the last line; returns the status."""
        for failure in self.failures:
            print("failed:", failure)
        print(f"{self.passed} passed, {self.failed} failed" + (f", {self.skipped} skipped" if self.skipped else ""))
        return 1 if self.failed else 0


class OfClient:
    def __init__(self, results, client):
        self._results, self._client = results, client

    def pass_(self, case):
        with self._results.lock:
            self._results.passed += 1
            print(f"PASS {self._client}: {case}", flush=True)

    def fail(self, case, reason=""):
        with self._results.lock:
            self._results.failed += 1
            self._results.failures.append(f"{self._client}: {case}")
            lines = [f"FAIL {self._client}: {case}", *("    " + line[:300] for line in reason.rstrip().splitlines()[:60])]
            print("\n".join(lines), flush=True)

    def skip(self, case, reason):
        with self._results.lock:
            self._results.skipped += 1
            print(f"SKIP {self._client}: {case}: {reason}", flush=True)
