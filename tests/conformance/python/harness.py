"""What the Python client's tests share: one client, fresh keys, result codes, waiting, and the lines of a result."""
import contextlib
import itertools
import os
import time
import traceback
import unittest

import aerospike
from aerospike import exception

PORT = int(os.environ["CAIRN_PORT"])
NODES = int(os.environ.get("CAIRN_SIZE", "1"))
COPIES = min(NODES, 2)
ON_DEVICE = os.environ.get("CAIRN_STORAGE") == "device"
NAMESPACE = "test"
SET = "python"

_counter = itertools.count()


def connect(**policies):
    """A new client; policies: default policies by command, such as write={...}."""
    return aerospike.client({"hosts": [("127.0.0.1", PORT)], "policies": policies}).connect()


def fresh_key(set_name=SET, namespace=NAMESPACE):
    """A key no other test uses."""
    return (namespace, set_name, f"key-{os.getpid()}-{next(_counter)}")


def fresh_set():
    return f"set-{os.getpid()}-{next(_counter)}"


def wait_until(condition, what, seconds=20):
    """Asks again until the condition holds; fails with what it waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Case(unittest.TestCase):
    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.client = connect()

    @classmethod
    def tearDownClass(cls):
        cls.client.close()

    @contextlib.contextmanager
    def refused(self, code):
        """The block raises the server's result code."""
        try:
            yield
        except exception.AerospikeError as error:
            self.assertEqual(error.code, code, f"{type(error).__name__}: {error.msg}")
            return
        self.fail(f"not refused; expected result code {code}")

    def bins(self, key, policy=None):
        return self.client.get(key, policy)[2]

    def meta(self, key):
        return self.client.exists(key)[1]

    def stored(self, bins, meta=None, policy=None, key=None):
        """A fresh record with these bins; its key."""
        key = key or fresh_key()
        self.client.put(key, bins, meta, policy)
        return key


class Lines(unittest.TestResult):
    """One line a case, as it ends: PASS name, FAIL name, SKIP name: why. A reason follows, indented."""

    def _name(self, test):
        return f"{type(test).__module__.removeprefix('test_')}/{test._testMethodName.removeprefix('test_')}"

    def _print_reason(self, error):
        for line in "".join(traceback.format_exception(*error)).rstrip().splitlines():
            print("    " + line)

    def addSuccess(self, test):
        print("PASS", self._name(test), flush=True)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        print("FAIL", self._name(test) if isinstance(test, Case) else str(test))
        self._print_reason(error)

    addError = addFailure

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f"SKIP {self._name(test)}: {reason}")
