"""tests/vectors/run: starts cairnd and replays the recorded cases against it; README.md says what they are.

A case fails when a reply differs and expected.txt does not list it, or when it is listed and does not differ.
"""
import argparse
import collections
import os
import pathlib
import sys
import time

import case as cases
from compare import differences
from expected import BadList, Judge, parse
from server import Server, ServerFailed
from wire import Connection, NoReply

EPOCH = 1262304000  # 2010-01-01 in Unix time
RETRY_S = 0.05
FOLDER = pathlib.Path(__file__).parent

# What the recording server ran with.
NAMESPACES = """\
- name: test
  default-ttl: 0
  nsup-period: 120
- name: bar
  default-ttl: 0
  nsup-period: 0
  allow-ttl-without-nsup: false
"""


ON_DEVICE = "".join(
    f"{item}  storage-engine: {{type: device, files: [{name}.data], filesize: 512M, post-write-cache: 0}}\n"
    for name, item in (("test", NAMESPACES[:NAMESPACES.index("- name: bar")]), ("bar", NAMESPACES[NAMESPACES.index("- name: bar"):])))


class ServerGone(Exception):
    pass


def differing_steps(connection, case):
    """{step index: difference} of one case; every step is sent whatever the earlier ones gave."""
    found = {}
    for index, step in enumerate(case.steps):
        if step.sleep_s:
            time.sleep(step.sleep_s)
        for attempt in range(step.tries):
            if attempt:
                time.sleep(RETRY_S)
            try:
                got = connection.ask(step.request, step.kind)
                difference = differences(step, got, int(time.time()) - EPOCH)
            except NoReply as silence:
                difference = None if step.reply is None else str(silence)
            except ConnectionRefusedError:
                raise ServerGone(f"the server is gone at step {index} of '{case.name}' ({step.note})") from None
            except OSError as problem:
                difference = f"the connection failed: {problem}"
            except Exception as problem:  # noqa: BLE001 - a stream that cannot be parsed is the server's fault
                connection.close()
                difference = f"the reply cannot be parsed: {problem!r}"
            if difference is None:
                break
        if difference is not None:
            found[index] = difference
    return found


class Replay:
    def __init__(self, host, port, judge, options):
        self._connection = Connection(host, port, options.timeout)
        self._judge, self._options = judge, options
        self._shown = 0
        self.passed = self.failed = self.skipped = 0
        self.failing = []  # "area:name #steps"

    def close(self):
        self._connection.close()

    def area(self, area):
        started = time.monotonic()
        count = collections.Counter()
        groups = collections.Counter()
        for case in cases.read(area):
            if self._options.only and not any(part in f"{area}:{case.name}" for part in self._options.only):
                continue
            if self._judge.is_skipped(case):
                count["skipped"] += 1
                continue
            for step in case.steps:
                if step.kind != "i":  # there, masks are regular expressions
                    step.masks = step.masks + self._judge.masks()
            differing = differing_steps(self._connection, case)
            unexpected, stale = self._judge.verdict(case, differing)
            count["failed" if unexpected or stale else "passed"] += 1
            if unexpected or stale:
                groups["/".join(case.name.split("/")[:2])] += 1
                self._show(case, unexpected, stale)
        self.passed += count["passed"]
        self.failed += count["failed"]
        self.skipped += count["skipped"]
        if count:
            print(f"{area:20} {count['passed']:5} passed {count['failed']:5} failed {count['skipped']:5} skipped "
                  f"{time.monotonic() - started:6.1f} s")
            if groups:
                print("    failing: " + ", ".join(f"{name} ({n})" for name, n in groups.most_common(20)))
            sys.stdout.flush()

    def _show(self, case, unexpected, stale):
        steps = ",".join(map(str, sorted(unexpected)))
        self.failing.append(case.name + (f" #{steps}" if len(unexpected) < len(case.steps) and steps else ""))
        if self._shown >= self._options.show:
            return
        self._shown += 1
        print(f"FAIL {case.area}: {case.name}")
        for sentence in stale:
            print(f"  {sentence}")
        for index in sorted(unexpected)[:self._options.steps]:
            step = case.steps[index]
            print(f"  step {index} ({step.note}): {unexpected[index]}")
            print(f"      request {step.request.hex()[:self._options.request_bytes * 2]}")
        if len(unexpected) > self._options.steps:
            print(f"  ... and {len(unexpected) - self._options.steps} more steps")


def parse_options(arguments):
    parser = argparse.ArgumentParser(prog="tests/vectors/run", description=__doc__.splitlines()[0])
    parser.add_argument("areas", nargs="*", metavar="AREA", help="areas by name or its beginning (11, 02-single); default all")
    parser.add_argument("-k", "--only", action="append", metavar="TEXT", help="only cases whose AREA:NAME contains TEXT")
    parser.add_argument("--server", metavar="HOST:PORT", help="replay against this running server instead of starting one")
    parser.add_argument("--program", metavar="PATH", help="cairnd to start; default: bin/cairnd of CAIRN_BUILD_DEV")
    parser.add_argument("--device", action="store_true", help="keep the namespaces on files; also takes expected-device.txt")
    parser.add_argument("--show", type=int, default=20, metavar="N", help="failing cases to show in full (20)")
    parser.add_argument("--steps", type=int, default=3, metavar="N", help="failing steps to show of one case (3)")
    parser.add_argument("--request-bytes", type=int, default=200, metavar="N", help="bytes of a request to show (200)")
    parser.add_argument("--timeout", type=float, default=10, metavar="S", help="seconds to wait for a reply (10)")
    parser.add_argument("--list-failing", action="store_true", help="at the end, all failing cases in expected.txt's form")
    parser.add_argument("--with-skipped", action="store_true", help="also replay what expected.txt skips")
    parser.add_argument("--no-self-test", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


def chosen_areas(wanted):
    known = cases.areas()
    for name in wanted:
        if not any(area.startswith(name) for area in known):
            sys.exit(f"no area begins with '{name}'; there are: {' '.join(known)}")
    return [area for area in known if not wanted or any(area.startswith(name) for name in wanted)]


def replay(host, port, areas, options, expected_text):
    entries = parse(expected_text)
    if options.with_skipped:
        entries = [entry for entry in entries if entry.kind != "skip"]
    judge = Judge(entries)
    run = Replay(host, port, judge, options)
    try:
        for area in areas:
            run.area(area)
    finally:
        run.close()
    if areas == cases.areas() and not options.only:
        for sentence in judge.leftovers():
            print(f"FAIL {sentence}")
            run.failed += 1
    if options.list_failing:
        print("\n".join(run.failing))
    return run


def main():
    options = parse_options(sys.argv[1:])
    areas = chosen_areas(options.areas)
    expected_text = (FOLDER / "expected.txt").read_text()
    if options.device:
        expected_text += (FOLDER / "expected-device.txt").read_text()
    passed = failed = skipped = 0
    if not options.no_self_test:
        import selftest
        passed, failed = selftest.run()
    try:
        if options.server:
            host, _, port = options.server.rpartition(":")
            run = replay(host, int(port), areas, options, expected_text)
        else:
            build = os.environ.get("CAIRN_BUILD_DEV", FOLDER.parents[1] / "build/dev")
            program = options.program or pathlib.Path(build, "bin/cairnd")
            with Server(str(pathlib.Path(program).resolve()), ON_DEVICE if options.device else NAMESPACES) as server:
                run = replay("127.0.0.1", server.port, areas, options, expected_text)
        passed, failed, skipped = passed + run.passed, failed + run.failed, run.skipped
    except (ServerFailed, ServerGone, BadList) as problem:
        print(f"FAIL {problem}")
        failed += 1
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
