"""Nodes and clients in network namespaces: faults of networks and processes. A case is a function test_* of one of PARTS."""
import argparse
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import traceback

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "cluster"))

import checker_test  # noqa: E402
import membership  # noqa: E402
import network  # noqa: E402
import network_test  # noqa: E402
import replicated  # noqa: E402
import workloads  # noqa: E402
from node import ROOT, Failed  # noqa: E402
from nodes import NetworkCluster  # noqa: E402
from results import Unavailable  # noqa: E402
from stalls import Stalls  # noqa: E402

PARTS = {  # what a case of it is given
    checker_test: lambda program: contextlib.nullcontext(),
    network_test: lambda program: network.Network(),
    membership: NetworkCluster,
    workloads: NetworkCluster,
    replicated: NetworkCluster,
}

TRIES = 3  # of a case that fails while the machine has no time for it
STALL_S = 0.5  # a third of the nodes' time-out


def cases(words):
    for part, environment in PARTS.items():
        for name, case in list(vars(part).items()):
            full = f"{part.__name__}.{name}"
            if name.startswith("test_") and (not words or any(word in full for word in words)):
                yield full, case, environment


def run_case(name, case, environment, program):
    try:
        with environment(program) as made:
            case(made)
        return "passed"
    except Unavailable as reason:
        print(f"SKIP {name}: {reason}")
        return "skipped"
    except (AssertionError, Failed, OSError, ValueError, IndexError, KeyError, subprocess.SubprocessError):
        print(f"FAILED {name}")
        traceback.print_exc(limit=-2, file=sys.stdout)
        return "failed"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", metavar="PART", action="append", default=[], help="only tests whose name contains this")
    build = os.environ.get("CAIRN_BUILD_RELEASE", str(ROOT / "build/release"))
    parser.add_argument("--program", default=f"{build}/bin/cairnd", help="the cairnd to run")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that namespaces are removed
    try:
        network.check_available()
    except network.Unavailable as reason:
        print(f"network namespaces are needed, and this machine or user has none: {reason}")
        needed = bool(os.environ.get("CAIRN_NETNS_NEEDED"))
        print("0 passed, 1 failed" if needed else "0 passed, 0 failed, 1 skipped")
        return int(needed)
    counts = dict.fromkeys(("passed", "failed", "skipped"), 0)
    for name, case, environment in cases(options.k):
        for left in reversed(range(TRIES)):
            print(name, flush=True)
            with Stalls() as stalls:
                verdict = run_case(name, case, environment, options.program)
            if verdict != "failed" or stalls.longest_s < STALL_S or left == 0:
                break
            print(f"  processes stood still for {stalls.longest_s:.1f} s meanwhile: once more")
        counts[verdict] += 1
    passed, failed, skipped = counts.values()
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
