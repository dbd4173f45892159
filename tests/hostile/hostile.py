"""tests/hostile/run [CASE...]: each hostile client against a real cairnd, while another client must be served as ever."""
import argparse
import http.client
import os
import pathlib
import resource
import sys
import time
import types

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "vectors"), str(HERE.parent / "cluster")]
import cases  # noqa: E402
import heartbeat  # noqa: E402
from node import Failed  # noqa: E402
from server import Server, ServerFailed  # noqa: E402
from watch import Canary, Memory  # noqa: E402

ROOT = HERE.parent.parent
FILES = 16_384
NAMESPACES = """- {name: test, nsup-period: 120, storage-engine: {type: memory, data-size: 1G}}
- {name: canary, nsup-period: 0, storage-engine: {type: memory, data-size: 64M}}"""


def raise_file_limit():
    """For this process and the server it starts."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    enough = hard == resource.RLIM_INFINITY or hard >= FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (FILES if enough else hard, hard))
    return enough


def http_status(port, path):
    try:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, http.client.HTTPException):
        return None


def run_case(case, server, canary):
    pid = server.pid
    target = types.SimpleNamespace(port=server.port, pid=pid, memory=Memory(pid), workers=os.cpu_count() or 1,
                                   http_status=lambda path: http_status(server.admin_port, path))
    target.memory.begin()
    canary.begin()
    began = time.monotonic()
    complaint = detail = None
    try:
        detail = case(target)
    except cases.Failed as failure:
        complaint = str(failure)
    except (OSError, ConnectionError) as error:
        complaint = f"{type(error).__name__}: {error}"
    harm = canary.complaint()
    complaint = "; ".join(text for text in (complaint, harm) if text)
    if not server.alive:
        complaint = f"the server died; {complaint}"
    print(f"{'FAIL' if complaint else 'PASS'} {case.__name__}: {complaint or detail or 'ok'} "
          f"({time.monotonic() - began:.1f} s, others waited {canary.longest_ms:.0f} ms at most)", flush=True)
    return not complaint


def run_all(program, chosen, service=""):
    """Counts of passed and failed cases on one server; one that died fails the cases after it."""
    passed = failed = 0
    if not chosen:
        return passed, failed
    try:
        with Server(program, NAMESPACES, service) as server, Canary(server.port) as canary:
            time.sleep(0.5)
            for case in chosen:
                good = run_case(case, server, canary)
                passed, failed = passed + good, failed + (not good)
                if not server.alive:
                    break
    except ServerFailed as failure:
        print(f"FAIL the server: {failure}")
        failed += 1
    return passed, failed + len(chosen) - passed - min(failed, len(chosen) - passed)


def run_heartbeat(program, frames):
    """Between nodes; on a cluster of its own."""
    try:
        print(f"PASS heartbeat: {heartbeat.run(program, frames)}", flush=True)
        return 1, 0
    except (Failed, OSError) as failure:
        print(f"FAIL heartbeat: {failure}", flush=True)
        return 0, 1


def main():
    parser = argparse.ArgumentParser(prog="tests/hostile/run", description=__doc__)
    parser.add_argument("--program", default=pathlib.Path(os.environ.get("CAIRN_BUILD_RELEASE", ROOT / "build/release")) / "bin/cairnd")
    parser.add_argument("--frames", type=int, default=20_000, help="to heartbeat ports (default %(default)s)")
    parser.add_argument("cases", nargs="*", help="default: all of " + " ".join(case.__name__ for case in cases.ALL + cases.LIMITED) +
                        " heartbeat")
    arguments = parser.parse_args()
    if not raise_file_limit():
        print(f"no right to open {FILES} files: idle_connections will fail")
    program = pathlib.Path(arguments.program).resolve()
    wanted = lambda case: not arguments.cases or case.__name__ in arguments.cases
    passed, failed = run_all(program, [case for case in cases.ALL if wanted(case)])
    more = run_all(program, [case for case in cases.LIMITED if wanted(case)], "  proto-fd-max: 100\n")
    nodes = run_heartbeat(program, arguments.frames) if not arguments.cases or "heartbeat" in arguments.cases else (0, 0)
    passed, failed = passed + more[0] + nodes[0], failed + more[1] + nodes[1]
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
