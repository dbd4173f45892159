"""How long it takes, and what it costs, until each record has its two copies again."""
from node import Failed, until
from rig import ON_FILES, Benchmarked
from servers import median

LIMIT_S = 300
RATE = 5000  # requests a second, of clients while records are moved


def p99_ms(cluster, options):
    """Of requests at set times, for as long as an empty node is filled: of reads or of writes, whichever is longer."""
    for attempt in range(20):  # while masters change, a client may not find all of them at one time
        try:
            result = cluster.load(cluster.address(), "-w", "RU,80", "-k", options.keys, "-c", 16, "-r", RATE, "-d", options.seconds)
            break
        except Failed as reason:
            if "not settled" not in str(reason) or attempt == 19:
                raise
    return max(kind["p99"] for kind in result["latency_us"].values()) / 1000


def run(options, table):
    """One of three nodes is killed; it comes back empty; and, with files, with all but what changed meanwhile."""
    keys, gone, empty, costs, quiet, filling = options.keys, [], [], [], [], []
    with Benchmarked() as cluster:
        nodes = cluster.started(3)
        cluster.insert(keys)
        cluster.await_copies(2 * keys, LIMIT_S)
        for i in range(options.rounds):
            victim = nodes[1 + i % 2]
            lost, before = int(victim.namespace_statistics()["objects"]), cluster.cpu_s()
            before -= cluster.cpu_of(victim)
            victim.kill()
            gone.append(cluster.await_copies(2 * keys, LIMIT_S))
            costs.append((cluster.cpu_s() - before) * 1e6 / lost)
            victim.wipe()
            victim.start()
            empty.append(cluster.await_copies(2 * keys, LIMIT_S))
            quiet.append(p99_ms(cluster, options))
            victim.kill()
            cluster.await_copies(2 * keys, LIMIT_S)
            victim.wipe()
            victim.start()
            until("the node is back", lambda: int(victim.statistics()["cluster_size"]) == len(nodes), LIMIT_S)
            filling.append(p99_ms(cluster, options))
            cluster.await_copies(2 * keys, LIMIT_S)
    table.add("all copies again after a node of three is killed", median(gone), "s", 8 * keys / 1e6, note=f"({keys} records)")
    table.add("all copies again after it comes back empty", median(empty), "s")
    table.add("CPU of both ends for each record copied", median(costs), "µs CPU", 1.5, note="(100-byte records, default limits)")
    table.add("p99 of requests, nothing else to do", median(quiet), "ms", note=f"({RATE} a second, 80 % reads)")
    table.add("p99 of requests while an empty node is filled", median(filling), "ms", 2 * median(quiet))

    with Benchmarked() as cluster:
        nodes = cluster.started(3, storage=ON_FILES)
        cluster.insert(keys)
        cluster.await_copies(2 * keys, LIMIT_S)
        nodes[1].kill()
        cluster.await_copies(2 * keys, LIMIT_S)
        cluster.load(cluster.address(), "-w", "RU,0", "-k", keys, "--count", keys // 100)
        before = [int(node.namespace_statistics()["migrate_records_transmitted"]) for node in nodes if node.alive]
        nodes[1].start()
        took = cluster.await_copies(2 * keys, LIMIT_S)
        after = [int(node.namespace_statistics()["migrate_records_transmitted"]) for node in (nodes[0], nodes[2])]
    table.add("all copies again after it comes back with its files", took, "s")
    table.add("records moved to it, of those written meanwhile", (sum(after) - sum(before)) / (keys // 100), "x",
              note=f"({keys // 100} were written)")
