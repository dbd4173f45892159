"""Runs workload.py in a place of its own while a block does harm, and tells what its history proves."""
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
from nodes import NetworkCluster  # noqa: E402
from results import Unavailable  # noqa: E402

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
def checker():
    """The program of check/, built."""
    clients.go_tool()
    program = ROOT / "build" / "netns" / "check"
    program.parent.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(["go", "build", "-mod=readonly", "-o", program, "."], cwd=HERE / "check", text=True,
                          capture_output=True, timeout=clients.INSTALL_S)
    if done.returncode:
        raise OSError("tests/netns/check does not build:\n" + done.stdout + done.stderr)
    return str(program)


@functools.cache
def keeps_copies(program):
    """Whether records are on two nodes: else nothing survives the end of one."""
    with NetworkCluster(program) as cluster:
        nodes = cluster.formed(2)
        hosts = [(nodes[0].place.address, nodes[0].port)]
        text = f"import aerospike; client = aerospike.client({{'hosts': {hosts}}}).connect()\n" \
               "for i in range(200): client.put(('test', 'copies', i), {'v': i})"
        subprocess.run(cluster.client().command([python(), "-c", text]), check=True, timeout=END_S)
        return sum(int(node.namespace_statistics()["objects"]) for node in nodes) == 400


@contextlib.contextmanager
def under_load(cluster, rate=200, keep=None, unharmed=False, **proves):
    """Nodes are written and read while the block runs. What is broken is to be whole when it ends: then all is read once
    more, and anything that is wrong with the history raises AssertionError.

    keep: where the history is put, to look at. unharmed: no request may fail. proves: of history.wrong()."""
    hosts = ",".join(f"{node.place.address}:{node.port}" for node in cluster.nodes)
    with tempfile.TemporaryDirectory(prefix="cairn-load-") as folder:
        path = pathlib.Path(keep or pathlib.Path(folder) / "history")
        command = [python(), "-B", str(HERE / "workload.py"), "--hosts", hosts, "--rate", str(rate), "--history", str(path)]
        worker = subprocess.Popen(cluster.client().command(command), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, text=True)
        try:
            said = worker.stdout.readline()
            if said != "ready\n":
                raise Failed(f"the workload does not begin: {said}{worker.communicate()[0]}")
            yield
            said = worker.communicate(timeout=END_S)[0]
            if worker.returncode != 0 or said:
                raise Failed(f"the workload ended with status {worker.returncode}: {said}")
        finally:
            worker.kill()
            worker.wait()
        ends, acknowledged = history.counted(path)
        print(f"  {ends['ok']} ok, {ends['fail']} failed, {ends['unknown']} unknown")
        few = [op for op in OPERATIONS if acknowledged[op] < 10]
        assert not few, f"too few to prove anything: {few} of {acknowledged}"
        assert not unharmed or ends["ok"] == ends.total(), history.failures(path)
        wrong = history.wrong(path, checker(), **proves)
        assert not wrong, "\n".join(wrong[:100])
