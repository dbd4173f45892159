"""Writes and reads with the Python client at a bounded rate, and says what it asked and what it was told.

    python workload.py --hosts 10.0.0.1:3000,10.0.0.2:3000 --rate 200 --history FILE

It goes on until its standard input ends. Then it reads all that it wrote once more, until that succeeds, and ends. Each
line of the history is a JSON object:

    kind      invoke; then ok, fail (it has not happened and never will) or unknown (it may happen, also later)
    process   who asked; one thing at a time. After `unknown` another process goes on in its place
    time      monotonic nanoseconds
    op        write, read: a register; add, total: a counter; insert, scan: a set of records; append, list: a list
    key       of the record; of a set's records, the name of the set
    value     what is written, or what was read: of a scan and a list, all elements; nothing: no such record

Every written value is written once, by one attempt: the client does not retry."""
import argparse
import itertools
import json
import random
import sys
import threading
import time

import aerospike
from aerospike import exception
from aerospike_helpers.operations import list_operations

ATTEMPT_MS = 1000
REGISTERS = 4  # at a time
REGISTER_LIFE_S = 3  # then others: a history of one key stays short enough to be searched
COUNTERS = 4
LISTS = 4
SCANS = 0.02  # of all requests
READ_ALL_S = 60  # how long the last reads may be tried
NOT_FOUND = 2


class History:
    def __init__(self, path):
        self._file = open(path, "w")
        self._lock = threading.Lock()

    def add(self, **line):
        with self._lock:  # the time is taken inside: lines are in its order
            self._file.write(json.dumps(dict(line, time=time.monotonic_ns())) + "\n")

    def close(self):
        self._file.close()


class Work:
    def __init__(self, client, history, namespace, seed):
        self._client, self._history, self._namespace = client, history, namespace
        self._seed = seed
        self._values = itertools.count(1)
        self._processes = itertools.count(1)
        self._registers = set()
        self._began = time.monotonic()
        self._ended = threading.Event()

    def run(self, threads, rate):
        """Begins threads that work until end()."""
        self._threads = [threading.Thread(target=self._work, args=(random.Random(f"{self._seed}/{i}"), threads / rate))
                         for i in range(threads)]
        for thread in self._threads:
            thread.start()

    def end(self):
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def read_all(self):
        """@return  whether everything could be read."""
        process, until = next(self._processes), time.monotonic() + READ_ALL_S
        reads = [*(("read", key) for key in sorted(self._registers)), *(("total", f"counter-{i}") for i in range(COUNTERS)),
                 *(("list", f"list-{i}") for i in range(LISTS)), ("scan", "set")]
        for op, key in reads:
            while not self._ask(process, op, key, None):
                process = next(self._processes)
                if time.monotonic() > until:
                    return False
                time.sleep(0.1)
        return True

    def _work(self, chance, pause_s):
        process, due = next(self._processes), time.monotonic() + chance.random() * pause_s
        while not self._ended.wait(max(0, due - time.monotonic())):
            due = max(due, time.monotonic() - pause_s) + pause_s  # what was missed meanwhile is not made up for
            if not self._ask(process, *self._choose(chance)):
                process = next(self._processes)

    def _choose(self, chance):
        op = chance.choice(["write", "write", "read", "read", "add", "total", "insert", "insert", "append", "list"])
        if chance.random() < SCANS:
            op = "scan"
        if op in ("write", "read"):
            key = f"register-{int((time.monotonic() - self._began) / REGISTER_LIFE_S)}-{chance.randrange(REGISTERS)}"
            self._registers.add(key)
        else:
            key = {"add": f"counter-{chance.randrange(COUNTERS)}", "total": f"counter-{chance.randrange(COUNTERS)}",
                   "insert": "set", "scan": "set"}.get(op, f"list-{chance.randrange(LISTS)}")
        value = {"write": next(self._values), "insert": next(self._values), "append": next(self._values), "add": 1}.get(op)
        return op, key, value

    def _ask(self, process, op, key, value):
        """@return  whether the process may go on: it is known what happened."""
        told = {"process": process, "op": op, "key": key}
        self._history.add(kind="invoke", value=value, **told)
        try:
            answer = getattr(self, f"_{op}")(key, value)
        except exception.AerospikeError as error:
            if op in ("read", "total", "list") and error.code == NOT_FOUND:
                self._history.add(kind="ok", value=None, **told)
                return True
            self._history.add(kind="unknown" if error.in_doubt else "fail", value=value,
                              error=f"{type(error).__name__} {error.code}: {error.msg}", **told)
            return False
        self._history.add(kind="ok", value=answer if value is None else value, **told)
        return True

    def _record(self, of_set, key):
        return self._namespace, of_set, key

    def _write(self, key, value):
        self._client.put(self._record("registers", key), {"v": value})

    def _read(self, key, _):
        return self._client.get(self._record("registers", key))[2]["v"]

    def _add(self, key, value):
        self._client.increment(self._record("counters", key), "v", value)

    def _total(self, key, _):
        return self._client.get(self._record("counters", key))[2]["v"]

    def _insert(self, key, value):
        self._client.put(self._record(key, value), {"v": value})

    def _scan(self, key, _):
        return [bins["v"] for _, _, bins in self._client.query(self._namespace, key).results()]

    def _append(self, key, value):
        self._client.operate(self._record("lists", key), [list_operations.list_append("v", value)])

    def _list(self, key, _):
        return self._client.get(self._record("lists", key))[2]["v"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hosts", required=True, help="ADDRESS:PORT,...: nodes to begin with")
    parser.add_argument("--history", required=True, help="the file to write")
    parser.add_argument("--namespace", default="test")
    parser.add_argument("--rate", type=float, default=200, help="requests per second, at most")
    parser.add_argument("--threads", type=int, default=8)
    parser.add_argument("--seed", default="1")
    options = parser.parse_args()
    once = {"max_retries": 0, "total_timeout": ATTEMPT_MS, "socket_timeout": ATTEMPT_MS}
    hosts = [(host, int(port)) for host, port in (text.split(":") for text in options.hosts.split(","))]
    client = aerospike.client({"hosts": hosts, "tend_interval": 250, "connect_timeout": ATTEMPT_MS,
                               "policies": {"read": once, "write": once, "operate": once,
                                            "query": dict(once, total_timeout=5 * ATTEMPT_MS)}}).connect()
    history = History(options.history)
    work = Work(client, history, options.namespace, options.seed)
    work.run(options.threads, options.rate)
    print("ready", flush=True)
    sys.stdin.read()
    work.end()
    complete = work.read_all()
    history.close()
    return 0 if complete else "not everything could be read at the end"


if __name__ == "__main__":
    sys.exit(main())
