"""Runs clients in places of their own while a block does harm, and tells what their histories prove."""
import contextlib
import functools
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT / "tests" / "conformance"))

import clients  # noqa: E402
import history  # noqa: E402
from node import Failed  # noqa: E402

END_S = 120
OPERATIONS = ("write", "read", "add", "total", "insert", "append", "list")


@functools.cache
def python():
    """An interpreter that has the official client, installed as the conformance tests do it."""
    cache = ROOT / "build" / "conformance" / "python"
    cache.mkdir(parents=True, exist_ok=True)
    clients.python(cache)
    return str(cache / "venv" / "bin" / "python")


@functools.cache
def go_program(name):
    """One of go/, built."""
    clients.go_tool()
    program = ROOT / "build" / "netns" / name
    program.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["go", "build", "-mod=readonly", "-o", program, f"./{name}"], cwd=HERE / "go", text=True,
                          capture_output=True, timeout=clients.INSTALL_S)
    if done.returncode:
        raise OSError(f"tests/netns/go/{name} does not build:\n" + done.stdout + done.stderr)
    return str(program)


class Worker:
    """A client at work in a place of its own."""

    def __init__(self, name, command, cluster, rate, history_path):
        self.name, self.history_path = name, history_path
        hosts = ",".join(f"{node.place.address}:{node.port}" for node in cluster.nodes)
        command = [*command, "--hosts", hosts, "--rate", str(rate), "--history", str(history_path)]
        self.process = subprocess.Popen(cluster.client().command(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True)

    def await_begin(self):
        said = self.process.stdout.readline()
        if said != "ready\n":
            raise Failed(f"{self.name} does not begin: {said}{self.process.communicate()[0]}")

    def end(self):
        said = self.process.communicate(timeout=END_S)[0]
        if self.process.returncode != 0 or said:
            raise Failed(f"{self.name} ended with status {self.process.returncode}: {said}")

    def failure(self, steady, proves):
        """What is wrong, for people; nothing: all is right."""
        ends, acknowledged = history.counted(self.history_path)
        print(f"  {self.name}: {ends['ok']} ok, {ends['fail']} failed, {ends['unknown']} unknown")
        for reason, count in history.failures(self.history_path).most_common(3):
            print(f"    {count} x {reason}")
        noticed = history.unanswered(self.history_path, but=("scan",))
        if steady and noticed > 0:
            return f"{self.name}: {noticed} requests failed or were not answered, expected none"
        few = [op for op in OPERATIONS if acknowledged[op] < 3]
        if few:
            return f"{self.name}: too few to prove anything: {few} of {acknowledged}"
        wrong = history.wrong(self.history_path, go_program("check"), **proves)
        return "\n".join([f"{self.name}:", *wrong]) if wrong else ""


@contextlib.contextmanager
def under_load(cluster, rate=100, keep=None, steady=False, **proves):
    """Nodes are written and read while the block runs, by the Python and the Go client, each its own records. What is
    broken is to be whole when it ends: then all is read once more, and anything that is wrong with a history raises
    AssertionError.

    rate: of requests of each, a second. keep: a folder for the histories, to look at. steady: no request but a
    scan fails. proves: of history.wrong()."""
    commands = {"python": [python(), "-B", str(HERE / "workload.py")], "go": [go_program("load")]}
    with tempfile.TemporaryDirectory(prefix="cairn-load-") as folder:
        workers = [Worker(name, command, cluster, rate, pathlib.Path(keep or folder) / name)
                   for name, command in commands.items()]
        try:
            for worker in workers:
                worker.await_begin()
            yield
            for worker in workers:
                worker.process.stdin.close()  # both read all at the same time
                worker.process.stdin = None
            for worker in workers:
                worker.end()
        finally:
            for worker in workers:
                worker.process.kill()
                worker.process.wait()
        failures = list(filter(None, (worker.failure(steady, proves) for worker in workers)))
        assert not failures, "\n".join(failures)
