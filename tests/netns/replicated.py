"""Two copies of each record, and at most one of them lost at a time: clients' histories stay right. Where a client can
still ask a node that the others have left out, a register may be read late; where it cannot, not."""
import contextlib
import time

from load import under_load

BEFORE_S = 1  # of load, between faults and after them
LEARN_S = 3   # clients look at the nodes once a second, one after another


@contextlib.contextmanager
def three(cluster, **proves):
    """Three nodes under load; when the block ends they have one view and nothing is left to move."""
    nodes = cluster.formed(3)
    with under_load(cluster, **proves):
        time.sleep(BEFORE_S)
        yield nodes
        whole(cluster, nodes)
        time.sleep(BEFORE_S)


def whole(cluster, nodes):
    """One view of these, and all copies are where they belong."""
    cluster.agree(nodes, 60)


def test_nodes_are_killed_one_after_another(cluster):
    with three(cluster) as nodes:
        for victim in (nodes[2], nodes[0], nodes[1]):
            victim.kill()
            cluster.agree([node for node in nodes if node is not victim])
            time.sleep(BEFORE_S)
            victim.start()
            whole(cluster, nodes)


def test_a_killed_node_comes_back_empty(cluster):
    with three(cluster) as nodes:
        nodes[1].kill()
        nodes[1].wipe()
        nodes[1].start()


def test_a_node_is_paused(cluster):
    with three(cluster, registers=False) as nodes:
        nodes[1].pause()
        cluster.agree([nodes[0], nodes[2]])
        time.sleep(BEFORE_S)
        nodes[1].resume()


def test_a_node_is_cut_off_from_all(cluster):
    with three(cluster) as nodes:
        rest = [nodes[0], nodes[2]]
        cluster.isolate(nodes[1])
        cluster.agree(rest)
        time.sleep(BEFORE_S)
        cluster.mend_between(nodes[1:2], rest)  # clients later: in a view of its own it would serve them
        whole(cluster, nodes)
        cluster.network.heal()


def test_a_link_between_nodes_works_one_way(cluster):
    with three(cluster, registers=False) as nodes:
        nodes[0].place.cut(nodes[1].place)
        cluster.agree([nodes[1], nodes[2]])
        time.sleep(BEFORE_S)
        cluster.network.heal()


def test_halves_go_on_alone(cluster):
    with three(cluster, registers=False, losses=False) as nodes:
        cluster.cut_between(nodes[:1], nodes[1:])
        cluster.agree(nodes[1:])
        time.sleep(BEFORE_S)
        cluster.network.heal()


def test_a_link_is_slow(cluster):
    with three(cluster) as nodes:
        cluster.network.slow(nodes[1].place, 0.05)
        time.sleep(2 * BEFORE_S)
        cluster.network.slow(nodes[1].place, 0)


def test_nodes_are_added_and_removed(cluster):
    with three(cluster) as nodes:
        nodes += cluster.grow()
        whole(cluster, nodes)
        leaving = nodes.pop(0)
        quiesce(cluster, nodes, leaving)
        leaving.stop()


def quiesce(cluster, nodes, leaving):
    """A node hands over what it is master of, and is no longer needed."""
    everyone = [*nodes, leaving]
    assert leaving.info("quiesce:").lower() == "ok"
    principal = leaving.statistics()["cluster_principal"]
    next(node for node in everyone if node.name == principal).info("recluster:")
    whole(cluster, everyone)


def test_a_rolling_restart_is_not_noticed(cluster):
    with three(cluster, steady=True) as nodes:
        for node in nodes:
            rest = [other for other in nodes if other is not node]
            quiesce(cluster, rest, node)
            time.sleep(LEARN_S)
            node.stop()
            cluster.agree(rest)
            node.start()
            whole(cluster, nodes)
