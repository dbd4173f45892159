"""What the parts of run-cluster share: nodes in network namespaces, a load from another one, and what nodes spend on it.

Nodes are on core 0 and clients on core 1, as in run-speed; what counts is CPU time, summed over the nodes."""
import contextlib
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "tests" / "netns"), str(ROOT / "tests" / "cluster")]

import servers  # noqa: E402
from node import Failed, until  # noqa: E402
from nodes import NetworkCluster  # noqa: E402

IN_MEMORY = "type: memory, data-size: 4G"
ON_FILES = "type: device, files: [test.data], filesize: 4G"


class Benchmarked(NetworkCluster):
    def __init__(self):
        super().__init__(servers.CAIRND, servers.SERVER_CORE)

    def __enter__(self):
        super().__enter__()
        self.loader = self.client(servers.LOAD_CORE)
        return self

    def started(self, count, copies=2, storage=IN_MEMORY):
        return self.formed(count, copies=copies, storage=storage)

    def load(self, address, *arguments):
        """One run of cairn-bench. @return  its JSON."""
        argv = [servers.CAIRN_BENCH, "--host", address, "--quiet", "--json", "-", *map(str, arguments)]
        done = subprocess.run(self.loader.command(argv), capture_output=True, text=True)
        if done.returncode != 0:
            raise Failed(f"{' '.join(argv)} failed ({done.returncode}):\n{done.stderr}{done.stdout[-2000:]}")
        return json.loads(done.stdout)

    def insert(self, keys):
        self.load(self.address(), "-w", "I", "-k", keys, "-p", 16)

    def address(self):
        return f"{self.nodes[0].place.address}:{self.nodes[0].port}"

    def cpu_s(self):
        """Of all nodes that run, since they began."""
        return sum(self.cpu_of(node) for node in self.nodes if node.alive)

    def cpu_of(self, node):
        return servers.whole_cpu_s(node.process.pid)

    def spent_us(self, *arguments):
        """CPU time of all nodes per request of a run of cairn-bench, in microseconds."""
        pids = [node.process.pid for node in self.nodes]
        return per_request(lambda: self.load(self.address(), *arguments), pids)

    def objects(self):
        """Copies of records on all nodes that run."""
        return sum(int(node.namespace_statistics()["objects"]) for node in self.nodes if node.alive)

    def await_copies(self, count, limit_s):
        """Waits until there are so many copies of records and nothing is left to move. @return  how long it took."""
        def whole():
            running = [node for node in self.nodes if node.alive]
            stable = {node.info(f"cluster-stable:size={len(running)}") for node in running}
            return len(stable) == 1 and not stable.pop().startswith("ERROR") and self.objects() == count
        return until(f"{count} copies of records, nothing to move; {self.objects()} are there", whole, limit_s)


def per_request(run, pids):
    before = sum(servers.Usage(pid).cpu_s for pid in pids)
    result = run()
    return (sum(servers.Usage(pid).cpu_s for pid in pids) - before) * 1e6 / result["requests"]


@contextlib.contextmanager
def echo(cluster, reply_size):
    """The floor, on the nodes' core and network. Gives its pid and address."""
    place = cluster.network.add(f"echo{reply_size}", servers.SERVER_CORE)
    argv = [servers.BENCH_ECHO, "--address", place.address, "--reply-size", str(reply_size)]
    process = subprocess.Popen(place.command(argv))

    def listens():
        return "3900" in subprocess.run(place.command(["ss", "-ltn"]), capture_output=True, text=True).stdout
    try:
        until("bench-echo listens", listens, 10)
        yield process.pid, f"{place.address}:3900"
    finally:
        process.kill()
        process.wait()
