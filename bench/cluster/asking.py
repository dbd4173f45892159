"""Asks a cluster without end with the official Python client as it comes, and says what failed: on each line of its output
the monotonic time in seconds when a request failed, its kind and why. Argument: ADDRESS:PORT of a node. It ends with its
standard input and says then how many requests succeeded."""
import itertools
import sys
import threading
import time

import aerospike
from aerospike import exception

THREADS = 4
KEYS = 1000  # each thread its own
PAUSE_S = 0.002


def main():
    host, port = sys.argv[1].split(":")
    client = aerospike.client({"hosts": [(host, int(port))]}).connect()
    ended, succeeded, printing = threading.Event(), itertools.count(), threading.Lock()

    def ask(thread):
        for i in itertools.count():
            if ended.wait(PAUSE_S):
                return
            key = ("test", "asked", f"{thread}-{i % KEYS}")
            kind = "write" if i < KEYS or i % 2 else "read"
            try:
                client.put(key, {"v": i}) if kind == "write" else client.get(key)
                next(succeeded)
            except exception.AerospikeError as error:
                line = f"{time.monotonic():.6f} {kind} {type(error).__name__} {error.code}\n"
                with printing:
                    print(line, end="", flush=True)

    threads = [threading.Thread(target=ask, args=(i,)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    time.sleep((PAUSE_S + 0.001) * KEYS)  # each key is there once
    print("ready", flush=True)
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    print(f"succeeded {next(succeeded)}", flush=True)


main()
