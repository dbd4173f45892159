"""What requests cost all nodes together, without and with a second copy."""
from rig import Benchmarked, echo, per_request
from servers import median, spread

CONNECTIONS = 64


def run(options, table):
    """CPU time of a put with two copies against one with one, on two nodes; of a mix on three against the echo floor."""
    seconds = ["-k", options.keys, "-d", options.seconds, "--warmup", options.seconds / 4]
    puts, floors, mixes = {1: [], 2: []}, [], []
    with Benchmarked() as one, Benchmarked() as two, Benchmarked() as three:
        one.started(2, copies=1)
        two.started(2)
        three.started(3)
        for cluster in (one, two, three):
            cluster.insert(options.keys)
        for cluster, copies in ((one, 1), (two, 2), (three, 2)):
            cluster.await_copies(copies * options.keys, 60)
        with echo(three, 139) as (floor_pid, floor):
            for _ in range(options.rounds):
                for copies, cluster in ((1, one), (2, two)):
                    puts[copies].append(cluster.spent_us("-w", "RU,0", "-c", CONNECTIONS, *seconds))
                floors.append(per_request(lambda: three.load(floor, "--raw", "-w", "RU,100", "-c", 16, *seconds), [floor_pid]))
                mixes.append(three.spent_us("-w", "RU,80", "-c", 16, *seconds))
    table.add("put, one copy, both nodes", median(puts[1]), "µs CPU", note=f"± {spread(puts[1]) * 100:.0f} %")
    table.add("put, two copies, both nodes", median(puts[2]), "µs CPU", note=f"± {spread(puts[2]) * 100:.0f} %")
    table.add("put, two copies / one", median(puts[2]) / median(puts[1]), "x", 1.45)
    table.add("echo floor, 16 connections", median(floors), "µs CPU", note=f"± {spread(floors) * 100:.0f} %")
    table.add("80 % reads, two copies, all three nodes", median(mixes), "µs CPU", 3 * median(floors),
              note=f"± {spread(mixes) * 100:.0f} %")
