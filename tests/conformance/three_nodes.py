"""The parts of three nodes: a client is told of one of them, finds the others, and loses one."""
import contextlib
import pathlib
import sys

import clients
from server import ServerFailed

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cluster"))

from node import Cluster, Failed  # noqa: E402


@contextlib.contextmanager
def started(program, storage="memory", namespaces=None):
    """Three nodes in one view; what the test programs are told of them, as variables of the environment."""
    try:
        with Cluster(program) as cluster:
            nodes = cluster.three(namespaces=namespaces)
            cluster.agree(nodes)
            yield {"CAIRN_PORT": str(nodes[0].port), "CAIRN_STORAGE": storage, "CAIRN_SIZE": "3",
                   "CAIRN_NODES": ",".join(f"{node.name}:{node.port}:{node.process.pid}" for node in nodes)}
    except Failed as reason:
        raise ServerFailed(str(reason)) from None


def python(cache):
    home = cache.parent / "python"
    home.mkdir(parents=True, exist_ok=True)
    clients.python(home)  # the client, installed

    def run(environment, arguments, results):
        output, status = clients.output_of(
            [home / "venv" / "bin" / "python", "-B", HERE / "python" / "three_nodes.py", *arguments], environment, cwd=cache)
        clients.read_lines(output, status, results)
    return run


def go(cache):
    return clients.go(cache, "./cluster")
