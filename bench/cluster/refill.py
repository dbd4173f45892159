"""How long it takes, and what it costs, until each record has its two copies again."""
from rig import ON_FILES, Benchmarked
from servers import median

LIMIT_S = 300


def run(options, table):
    """One of three nodes is killed; it comes back empty; and, with files, with all but what changed meanwhile."""
    keys, gone, empty, costs = options.keys, [], [], []
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
    table.add("all copies again after a node of three is killed", median(gone), "s", 8 * keys / 1e6, note=f"({keys} records)")
    table.add("all copies again after it comes back empty", median(empty), "s")
    table.add("CPU of both ends for each record copied", median(costs), "µs CPU", 1.5, note="(100-byte records, default limits)")

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
