"""How long requests fail after a node is gone, as a client with default settings sees it."""
import pathlib
import subprocess
import time

import load
from rig import Benchmarked
from servers import LOAD_CORE, median

ASKING = pathlib.Path(__file__).resolve().parent / "asking.py"
AFTER_S = 4  # longer than any failure may be seen
END_S = 30


def failures_after(cluster, harm, wait_s):
    """Asks, waits, does harm. @return  seconds from the harm to the last failed request, 0 for none; and how many failed."""
    asker = subprocess.Popen(cluster.client(LOAD_CORE).command([load.python(), "-B", str(ASKING), cluster.address()]),
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        while (line := asker.stdout.readline()) != "ready\n":
            if not line:
                raise OSError("the client does not begin")
        time.sleep(wait_s)
        began = time.monotonic()
        harm()
        time.sleep(AFTER_S)
        *failed, succeeded = asker.communicate(timeout=END_S)[0].splitlines()
    finally:
        asker.kill()
        asker.wait()
    if not succeeded.startswith("succeeded ") or int(succeeded.split()[1]) < 100:
        raise OSError(f"the client did not ask: {succeeded}")
    return max((float(line.split()[0]) - began for line in failed), default=0.0), len(failed)


def run(options, table):
    """A node's process is killed, a node is cut off from all, a node is quiesced and stopped; each several times."""
    seen = {"killed": [], "cut off": [], "quiesced and stopped": []}
    with Benchmarked() as cluster:
        nodes = cluster.started(3)
        cluster.insert(options.keys // 10)

        def quiesce(node):
            node.info("quiesce:")
            principal = node.statistics()["cluster_principal"]
            next(each for each in nodes if each.name == principal).info("recluster:")
            cluster.agree(nodes, 60)
            time.sleep(2)  # default clients look at the nodes once a second
            node.stop()

        harms = {"killed": lambda node: node.kill(), "cut off": lambda node: cluster.isolate(node), "quiesced and stopped": quiesce}
        for i in range(options.takeovers):
            victim = nodes[1 + i % 2]  # the first is where clients begin
            for name, harm in harms.items():
                # Clients look at the nodes once a second: harm is done at moments spread evenly over it.
                seen[name].append(failures_after(cluster, lambda: harm(victim), 1 + i / options.takeovers))
                cluster.network.heal()
                if not victim.alive:
                    victim.start()
                cluster.agree(nodes, 60)
    for name, goal in (("killed", 0.6), ("cut off", 2.0), ("quiesced and stopped", 0.0)):
        last, count = [one[0] for one in seen[name]], [one[1] for one in seen[name]]
        table.add(f"last failed request after a node is {name}", median(last), "s", goal,
                  note=f"(worst {max(last):.2f} s; {median(count):.0f} requests failed)")
