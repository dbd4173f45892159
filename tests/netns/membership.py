"""Views under each fault: who is left in them, how many changes they cost, and that all end in one."""
import time

from node import until
from nodes import views

WATCH_S = 6  # how long nothing may change: more than each wait that membership knows between two proposals
TIMEOUT_S = 1.5  # of heartbeats, as configured: 150 ms * 10


def names(nodes):
    return tuple(sorted(node.name for node in nodes))


def changes_since(counts):
    return {node.name: len(views(node)) - count for node, count in counts.items()}


def counted(nodes):
    return {node: len(views(node)) for node in nodes}


def keys(nodes):
    return [node.info("cluster-stable:") for node in nodes]


def settle(nodes):
    """Waits until nobody's view has changed for 2 s."""
    since, before = time.monotonic(), keys(nodes)

    def quiet():
        nonlocal since, before
        if keys(nodes) != before:
            since, before = time.monotonic(), keys(nodes)
        return time.monotonic() - since > 2
    until("views come to rest", quiet, 30)


def assert_lasting(nodes):
    """Views, and nodes without one, stay as they are."""
    before, counts = keys(nodes), counted(nodes)
    end = time.monotonic() + WATCH_S
    while time.monotonic() < end:
        assert keys(nodes) == before, f"{before}, then {keys(nodes)}"
        time.sleep(0.2)
    assert not any(changes_since(counts).values()), changes_since(counts)


def assert_few(counts, at_most):
    changes = changes_since(counts)
    print(f"  new views: {changes}")
    assert max(changes.values()) <= at_most, changes


def test_halves_go_on_alone_and_heal_to_one_cluster(cluster):
    nodes = cluster.formed(5)
    counts = counted(nodes)
    few, many = nodes[:2], nodes[2:]
    cluster.cut_between(few, many)
    for half in (few, many):
        print(f"  a view of {len(half)} after {cluster.agree(half):.2f} s")
    assert_lasting(nodes)
    cluster.network.heal()
    print(f"  one view of all after {cluster.agree(nodes):.2f} s")
    assert_lasting(nodes)
    assert_few(counts, 3)


def test_a_link_of_one_way_leaves_one_node_out_for_good(cluster):
    nodes = cluster.formed(3)
    counts = counted(nodes)
    nodes[0].place.cut(nodes[1].place)
    print(f"  a view of the other two after {cluster.agree(nodes[1:]):.2f} s")
    until("the first one is in no view", lambda: nodes[0].statistics()["cluster_size"] == "0", 10)
    assert_lasting(nodes)
    cluster.network.heal()
    print(f"  one view of all after {cluster.agree(nodes):.2f} s")
    assert_few(counts, 2)


def test_links_of_one_way_in_a_ring_lead_to_one_new_view(cluster):
    nodes = cluster.formed(5)
    counts = counted(nodes)
    for i, node in enumerate(nodes):  # each hears all but the one before it
        node.place.cut(nodes[(i + 1) % 5].place)

    def newest():
        """Who has gone on since: the members of the only new view, as they say themselves."""
        return [node for node in nodes if views(node)[-1] != names(nodes)]
    until("two that hear each other go on", lambda: len(newest()) == 2, 20)
    cluster.agree(newest())
    settle(nodes)
    assert_lasting(nodes)
    print(f"  {names(newest())} have a new view, {keys(nodes).count('ERROR:7:unstable cluster')} others none")
    cluster.network.heal()
    print(f"  one view of all after {cluster.agree(nodes):.2f} s")
    assert_few(counts, 4)


def test_a_node_that_is_cut_off_comes_back(cluster):
    nodes = cluster.formed(3)
    counts = counted(nodes)
    for victim in (nodes[2], nodes[0]):  # the principal, then another
        rest = [node for node in nodes if node is not victim]
        cluster.isolate(victim)
        print(f"  {victim.name} cut off: a view without it after {cluster.agree(rest):.2f} s")
        cluster.agree([victim])
        cluster.network.heal()
        print(f"  one view of all after {cluster.agree(nodes):.2f} s")
    assert_lasting(nodes)
    assert_few(counts, 6)


def test_a_cut_shorter_than_the_timeout_changes_nothing(cluster):
    nodes = cluster.formed(3)
    counts, before = counted(nodes), keys(nodes)
    for _ in range(3):
        cluster.isolate(nodes[1])
        time.sleep(TIMEOUT_S / 3)
        cluster.network.heal()
        time.sleep(TIMEOUT_S)
    assert keys(nodes) == before
    assert_few(counts, 0)


def test_a_link_that_flaps_costs_few_views(cluster):
    nodes = cluster.formed(3)
    counts = counted(nodes)
    end = time.monotonic() + 30
    while time.monotonic() < end:  # each time long enough to be left out, and to come back
        nodes[2].place.cut(nodes[0].place)
        time.sleep(2 * TIMEOUT_S)
        cluster.network.heal()
        time.sleep(TIMEOUT_S)
    print(f"  one view of all after {cluster.agree(nodes, 70):.2f} s")
    assert_few(counts, 8)  # of 12 had each cut and each return cost one


def test_a_paused_process_leaves_and_returns(cluster):
    nodes = cluster.formed(3)
    counts = counted(nodes)
    nodes[1].pause()
    rest = [nodes[0], nodes[2]]
    print(f"  paused: a view without it after {cluster.agree(rest):.2f} s")
    assert_lasting(rest)
    nodes[1].resume()
    print(f"  resumed: one view of all after {cluster.agree(nodes):.2f} s")
    assert_few(counts, 3)


def test_a_killed_process_is_missed_before_the_timeout(cluster):
    nodes = cluster.formed(3)
    nodes[1].kill()
    took = cluster.agree([nodes[0], nodes[2]])
    print(f"  killed: a view without it after {took:.2f} s")
    assert all("process_ended=true" in node.log() for node in (nodes[0], nodes[2]))
    nodes[1].wipe()
    nodes[1].start()
    print(f"  started without its files: one view of all after {cluster.agree(nodes):.2f} s")


def test_a_slow_link_changes_nothing(cluster):
    nodes = cluster.formed(3)
    cluster.network.slow(nodes[1].place, 0.2)
    until("it is one cluster", lambda: not any(key.startswith("ERROR") for key in keys(nodes)), 20)
    assert_lasting(nodes)
    cluster.network.slow(nodes[1].place, 0)
    cluster.agree(nodes)


def test_a_node_behind_a_slow_link_joins(cluster):
    nodes = cluster.formed(2)
    joined = cluster.grow(start=False)
    cluster.network.slow(joined[0].place, 0.2)
    joined[0].start()
    print(f"  one view of all after {cluster.agree(nodes + joined, moving=True):.2f} s")


def test_nodes_are_added_and_removed(cluster):
    nodes = cluster.formed(2)
    for size in (3, 4, 5):
        nodes += cluster.grow()
        print(f"  a view of {size} after {cluster.agree(nodes):.2f} s")
    while len(nodes) > 1:
        nodes.pop(0).stop()
        print(f"  a view of {len(nodes)} after {cluster.agree(nodes):.2f} s")


def test_all_are_killed_and_come_back_without_their_seeds(cluster):
    nodes = cluster.formed(4)
    for node in nodes:
        node.kill()
    for node in nodes[2:]:
        node.start()
    print(f"  a view of two after {cluster.agree(nodes[2:]):.2f} s")
    for node in nodes[:2]:
        node.wipe()
        node.start()
    print(f"  one view of all after {cluster.agree(nodes):.2f} s")
