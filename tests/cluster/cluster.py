"""Real cairnd processes form one view; what ends, returns or does not belong. A case is a function test_*."""
import argparse
import base64
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import time
import traceback

from metadata import (test_a_function_registered_on_one_node_runs_on_all,  # noqa: F401: cases too
                      test_a_node_that_was_away_hears_of_a_truncation_before_it_serves,
                      test_a_truncation_told_to_one_node_holds_on_all,
                      test_an_index_made_on_one_node_answers_on_all)
from node import ROOT, Cluster, Failed, until
from raw_requests import NOT_FOUND, OK, batch, row


def columns(node):
    """The partitions that a node claims, a set for each replica."""
    _, text = node.info("replicas").split(":", 1)
    _, count, *bitmaps = text.split(",")
    assert len(bitmaps) == int(count), text[:40]
    sets = []
    for bitmap in bitmaps:
        bits = base64.b64decode(bitmap)
        assert len(bits) == 512
        sets.append({p for p in range(4096) if bits[p >> 3] & 0x80 >> (p & 7)})
    return sets


def assert_shared(nodes):
    """Each partition has one master, and its second copy one holder; the master stands in for one that is being filled."""
    claims = {node: columns(node) for node in nodes}
    for column in range(2):
        claimed = [p for node in nodes for p in claims[node][column]]
        assert sorted(claimed) == list(range(4096)), f"column {column}: {len(claimed)} claims"


def test_three_nodes_form_one_view(cluster):
    nodes = cluster.three()
    took = cluster.agree(nodes)
    print(f"  one view of three after {took:.2f} s")
    for node in nodes:
        figures = node.statistics()
        assert figures["cluster_size"] == "3" and figures["cluster_principal"] == "A3", figures["cluster_size"]
        assert figures["cluster_key"] == node.info("cluster-stable:"), "one key"
        assert int(figures["heartbeat_received_foreign"]) > 0
        assert node.info("racks:") == "ns=test:rack_1=A1:rack_2=A2:rack_3=A3"
        assert node.info("get-sl:") == "A3,A2,A1"
        others = [f"[{other.name},,[127.0.0.1:{other.port}]]" for other in nodes if other is not node]
        assert node.info("peers-clear-std").split(",", 2)[2] == f"[{','.join(others)}]", node.info("peers-clear-std")
        services = ";".join(f"127.0.0.1:{other.port}" for other in nodes if other is not node)
        assert node.info("services") == services
    assert_shared(nodes)


def test_a_killed_node_leaves_the_view_and_returns(cluster):
    nodes = cluster.three()
    cluster.agree(nodes)
    for victim in (nodes[2], nodes[0]):
        rest = [node for node in nodes if node is not victim]
        before = {node: int(node.info("partition-generation")) for node in rest}
        victim.kill()
        print(f"  {victim.name} killed: a view without it after {cluster.agree(rest, 5):.2f} s")
        for node in rest:
            assert int(node.info("partition-generation")) > before[node]
            assert victim.name not in node.info("peers-clear-std")
        assert_shared(rest)
        victim.start()
        print(f"  {victim.name} started again: in the view after {cluster.agree(nodes):.2f} s")


def test_a_node_that_stops_leaves_at_once(cluster):
    nodes = cluster.three()
    cluster.agree(nodes)
    nodes[1].stop()
    print(f"  a view without it after {cluster.agree([nodes[0], nodes[2]], 5):.2f} s")
    assert all("process_ended=true" in node.log() for node in (nodes[0], nodes[2]))


def test_nodes_find_each_other_by_a_name(cluster):
    nodes = cluster.three(host="localhost")
    cluster.agree(nodes)


def test_nodes_whose_seed_is_gone_find_each_other_again(cluster):
    nodes = cluster.three()
    cluster.agree(nodes)
    for node in nodes[1:]:
        until(f"{node.name} has stored addresses", (node.folder / "cluster-addresses").exists, 5)
    for node in nodes:
        node.kill()
    for node in nodes[1:]:
        node.start()
    cluster.agree(nodes[1:])


def test_seeds_come_and_go_by_info(cluster):
    ports = cluster.ports(6)
    nodes = [cluster.add(ports[:3], "[]"), cluster.add(ports[3:], "[]")]
    for node in nodes:
        node.start()
        cluster.agree([node])
    seed = f"127.0.0.1:{ports[5]}"
    assert nodes[0].info(f"tip:host=127.0.0.1;port={ports[5]}") == "ok"
    cluster.agree(nodes)
    before = nodes[0].info("cluster-stable:")
    assert nodes[0].info(f"tip-clear:host-port-list={seed},db-9.db:3002") == "ERROR::1 cleared, 1 not found"
    assert nodes[0].info(f"tip-clear:host-port-list={seed}") == "ERROR::0 cleared, 1 not found"
    assert nodes[0].info("tip-clear:host-port-list=all") == "ok"
    cluster.agree(nodes)
    assert nodes[0].info("cluster-stable:") == before, "the view is the same"


def quiesced(nodes):
    """Of each node: whether it is to be, whether it is, and how many are, as its namespace tells."""
    said = [node.namespace_statistics() for node in nodes]
    return [(one["pending_quiesce"], one["effective_is_quiesced"], one["nodes_quiesced"],
             one["effective_replication_factor"]) for one in said]


def recluster(cluster, nodes):
    before = nodes[0].info("cluster-stable:")
    assert [node.info("recluster:") for node in nodes] == ["ignored-by-non-principal"] * (len(nodes) - 1) + ["ok"]
    until("another view", lambda: nodes[0].info("cluster-stable:") not in (before, "ERROR:7:unstable cluster"), 20)
    cluster.agree(nodes)


def test_quiesced_nodes_are_the_last_to_hold_partitions(cluster):
    nodes = cluster.three()
    cluster.agree(nodes)
    none = ("false", "false", "0", "2")
    assert quiesced(nodes) == [none] * 3
    held = columns(nodes[1])[0]
    assert nodes[1].info("quiesce:") == "ok"
    assert quiesced(nodes) == [none, ("true", "false", "0", "2"), none], "in force with the next view"
    recluster(cluster, nodes)
    other = ("false", "false", "1", "2")
    assert quiesced(nodes) == [other, ("true", "true", "1", "2"), other]
    assert columns(nodes[1])[0] <= held, "it gets no partition"
    assert_shared(nodes)
    assert nodes[0].info("quiesce:") == "ok"
    recluster(cluster, nodes)
    assert [one[2:] for one in quiesced(nodes)] == [("2", "1")] * 3, "one node is left for copies"
    assert nodes[2].info("quiesce:") == "ok"
    recluster(cluster, nodes)
    assert quiesced(nodes) == [("true", "false", "0", "2")] * 3, "when all are, none is"
    for node in nodes:
        assert node.info("quiesce-undo:") == "ok"
    recluster(cluster, nodes)
    assert quiesced(nodes) == [none] * 3
    assert_shared(nodes)


def test_a_restart_ends_quiesce_unless_it_is_to_stay(cluster):
    nodes = cluster.three()
    cluster.agree(nodes)
    assert nodes[1].info("quiesce:") == "ok"
    recluster(cluster, nodes)
    nodes[1].stop()
    cluster.agree([nodes[0], nodes[2]])
    nodes[1].start()
    cluster.agree(nodes)
    assert quiesced(nodes) == [("false", "false", "0", "2")] * 3
    nodes[1].stop()
    path = nodes[1].folder / "cairnd.yaml"
    path.write_text(path.read_text().replace("service:\n", "service:\n  stay-quiesced: true\n", 1))
    nodes[1].start()
    cluster.agree(nodes)
    assert quiesced(nodes)[1] == ("true", "true", "1", "2"), quiesced(nodes)
    assert nodes[1].info("quiesce:") == "ERROR:22:permanently quiesced"


def test_a_node_answers_batches_for_all(cluster):
    nodes = cluster.three()
    cluster.agree(nodes)
    count = 3000
    answers, code = batch(nodes[0], [row(i, i, value=i) for i in range(count)])
    assert code == 0 and answers == {i: (OK, {}) for i in range(count)}, (code, answers)
    for node in nodes:
        answers, code = batch(node, [row(i, i) for i in range(count + 1000)])
        assert code == 0 and len(answers) == count + 1000
        assert all(answers[i] == (OK, {"a": i}) for i in range(count)), answers
        assert all(answers[i][0] == NOT_FOUND for i in range(count, count + 1000)), answers
    figures = [node.namespace_statistics() for node in nodes]
    asked = [sum(int(one[f"batch_sub_{name}"]) for name in ("proxy_complete", "write_success", "read_success", "read_not_found"))
             for one in figures]
    assert asked == [2 * count + 1000, count + 1000, count + 1000], asked
    written = [int(one["from_proxy_batch_sub_write_success"]) for one in figures]
    assert written[0] == 0 and sum(written) + int(figures[0]["batch_sub_write_success"]) == count, written
    for node in nodes:
        page = node.metrics()
        for part in ("local", "network", "replica_write"):
            counted = re.search(f'cairn_replication_{part}_seconds_count{{ns="test"}} (\\d+)', page)
            assert int(counted[1]) > count // 10, f"{node.name} {part}: {counted[1]}"
    assert sum(int(one["batch_sub_proxy_error"]) + int(one["batch_sub_proxy_timeout"]) for one in figures) == 0


def migrations(node, command="cairn-migrations"):
    return [dict(pair.split("=", 1) for pair in entry.split(":")) for entry in node.info(command).split(";") if entry]


def test_what_moves_is_told_paused_and_slowed_down(cluster):
    nodes = cluster.three()
    cluster.agree(nodes)
    count = 3000
    batch(nodes[0], [row(i, i, value=i) for i in range(count)])
    before = [node.namespace_statistics() for node in nodes]

    def set_all(setting):
        assert [node.info(f"set-config:context=service;{setting}") for node in nodes if node.alive] == ["ok"] * 2, setting

    assert nodes[0].info("set-config:context=service;migrate-threads=101").startswith("ERROR:4:")
    set_all_three = [node.info("set-config:context=service;migrate-threads=0") for node in nodes]
    assert set_all_three == ["ok"] * 3
    nodes[2].kill()
    cluster.agree(nodes[:2], moving=True)
    left = [int(migrations(node)[0]["remaining"]) for node in nodes[:2]]
    assert min(left) > 100 and all(migrations(node)[0]["paused"] == "true" for node in nodes[:2]), left
    until("all that is left waits", lambda: {(one["kind"], one["state"]) for one in migrations(
        nodes[0], "cairn-migrations:namespace=test")} == {("lead", "waiting")}, 10)
    left = [int(migrations(node)[0]["remaining"]) for node in nodes[:2]]
    figures = nodes[0].namespace_statistics()
    assert int(figures["migrate_tx_partitions_remaining"]) + int(figures["migrate_rx_partitions_remaining"]) == left[0]
    assert int(figures["migrate_tx_partitions_active"]) == 0
    assert figures["migrate_records_transmitted"] == before[0]["migrate_records_transmitted"], "nothing moves"
    def ctl(*words):
        done = subprocess.run([cluster.program.with_name("cairnctl"), "-H", f"127.0.0.1:{nodes[0].port}", "migrations", *words],
                              capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    rows = json.loads(ctl("-o", "json"))
    assert [(one["node"], one["remaining"], one["paused"]) for one in rows] == [("A1", left[0], True), ("A2", left[1], True)], rows
    set_all("migrate-records-per-second=250")
    set_all("migrate-threads=1")
    began = time.monotonic()
    bars = ctl("--watch").splitlines()
    assert len(bars) > 2 and "] 100 %, 0 of " in bars[-1], bars
    print("  " + bars[len(bars) // 2])
    cluster.agree(nodes[:2])
    took = time.monotonic() - began
    after = [node.namespace_statistics() for node in nodes[:2]]
    sent = [int(now["migrate_records_transmitted"]) - int(then["migrate_records_transmitted"]) for now, then in zip(after, before)]
    print(f"  {sum(sent)} records are copied in {took:.2f} s")
    assert count // 2 < sum(sent) < count and took > max(sent) / 250 - 0.5, sent
    assert sum(int(one["master_objects"]) for one in after) == count == sum(int(one["prole_objects"]) for one in after)
    assert [migrations(node)[0]["remaining"] for node in nodes[:2]] == ["0", "0"]
    page = nodes[0].metrics()
    assert re.search(r'cairn_migration_bytes_sent_total{ns="test"} [1-9]', page), page
    assert 'cairn_migration_partitions_remaining{ns="test"} 0' in page


def test_a_copy_without_data_waits_for_the_fill_delay(cluster):
    nodes = cluster.three()
    cluster.agree(nodes)
    count = 300
    batch(nodes[0], [row(i, i, value=i) for i in range(count)])
    nodes[2].kill()
    cluster.agree(nodes[:2])
    for node in nodes[:2]:
        assert node.info("set-config:context=service;migrate-fill-delay=3600") == "ok"
        assert node.info("set-config:context=service;ticker-interval=1") == "ok"
    nodes[2].start()
    cluster.agree(nodes, moving=True)

    def kinds():
        return [{(one["kind"], one["state"]) for one in migrations(node, "cairn-migrations:namespace=test")}
                for node in nodes[:2]]

    until("all that is left is delayed", lambda: kinds() == [{("other", "delayed")}] * 2, 60)
    assert min(int(migrations(node)[0]["remaining"]) for node in nodes[:2]) > 100
    until("the log tells what is left", lambda: all("copies are being filled" in node.log() for node in nodes[:2]), 10)
    for node in nodes[:2]:
        assert node.info("set-config:context=namespace;namespace=test;ignore-migrate-fill-delay=true") == "ok"
    cluster.agree(nodes)
    after = [node.namespace_statistics() for node in nodes]
    assert sum(int(one["master_objects"]) for one in after) == count == sum(int(one["prole_objects"]) for one in after)


def test_cairnctl_shows_the_cluster(cluster):
    nodes = cluster.three()
    cluster.agree(nodes)

    def ctl(*words):
        program = cluster.program.with_name("cairnctl")
        done = subprocess.run([program, "-H", f"127.0.0.1:{nodes[1].port}", *words],
                              capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, ""), done
        return done.stdout

    text = ctl("status")
    print("  " + text.replace("\n", "\n  ").rstrip())
    assert text.startswith("test: 3 nodes in 3 racks, ") and text.endswith("No warnings.\n"), text
    rows = json.loads(ctl("nodes", "-o", "json"))
    assert [(row["node"], row["state"], row["racks"], row["principal"]) for row in rows] == [
        ("A1", "online", {"test": 1}, False), ("A2", "online", {"test": 2}, False), ("A3", "online", {"test": 3}, True)], rows
    assert [row["address"] for row in rows] == [f"127.0.0.1:{node.port}" for node in nodes]
    rows = json.loads(ctl("partitions", "test", "-o", "json"))
    assert sum(row["master"] for row in rows) == 4096
    assert [row["master"] for row in rows] == [len(columns(node)[0]) for node in nodes]
    assert "test: every partition has a master" in ctl("partitions")
    # A stopped process is a member until the others have missed it for the time-out, and answers nothing.
    nodes[2].process.send_signal(signal.SIGSTOP)
    row = json.loads(ctl("nodes", "-o", "json", "--timeout", "300ms"))[-1]
    nodes[2].process.send_signal(signal.SIGCONT)
    assert row["node"] != "A3" or row["state"] == "unreachable", row


def test_a_rack_is_read_from_a_file_that_changes(cluster):
    ports = cluster.ports(6)
    files = [cluster.folder / name for name in ("rack1", "rack2")]
    seeds = f"['127.0.0.1:{ports[2]}']"
    nodes = [cluster.add(ports[3 * i:3 * i + 3], seeds, rack_file=files[i]) for i in range(2)]
    files[0].write_text("7\n")
    for node in nodes:
        node.start()
    cluster.agree(nodes)
    assert "network.rack-id-file names no rack" in nodes[1].log(), nodes[1].log()
    assert [node.info("rack-ids") for node in nodes] == ["test:7", "test:0"]
    assert nodes[0].info("racks:") == "ns=test:rack_0=A2:rack_7=A1"
    # The first has the lower id: it has to ask the other for the view.
    for node, text, racks in ((1, "9", "rack_7=A1:rack_9=A2"), (0, "9", "rack_9=A1,A2")):
        before = nodes[0].info("rebalance-generation")
        files[node].write_text(text)
        took = until(f"racks are {racks}", lambda: all(one.info("racks:") == f"ns=test:{racks}" for one in nodes), 20)
        print(f"  the rack of {nodes[node].name} is another one in a new view after {took:.2f} s")
        assert nodes[0].info("rebalance-generation") != before
    assert_shared(nodes)


def test_a_node_of_another_cluster_is_refused(cluster):
    nodes = cluster.three()
    cluster.agree(nodes)
    stranger = cluster.add(cluster.ports(3), f"['127.0.0.1:{nodes[0].heartbeat_port}']", cluster="other", node_id="B1")
    stranger.start()
    until("the stranger is refused", lambda: "refused by a node of another cluster" in stranger.log(), 10)
    until("the node says so", lambda: "a node of another cluster is refused" in nodes[0].log(), 10)
    cluster.agree([stranger])
    cluster.agree(nodes)
    assert nodes[0].log().count("a node of another cluster is refused") == 1


def test_a_second_process_with_an_id_ends(cluster):
    nodes = cluster.three()
    cluster.agree(nodes)
    before = nodes[0].info("cluster-stable:")
    twin = cluster.add(cluster.ports(3), f"['127.0.0.1:{nodes[0].heartbeat_port}']", node_id="A2")
    twin.start(ready=False)
    until("the second one ends", lambda: not twin.alive, 10)
    assert twin.process.returncode == 1, twin.process.returncode
    assert re.search("service.node-id: another process of this cluster has the id A2", twin.log()), twin.log()
    cluster.agree(nodes)
    assert nodes[0].info("cluster-stable:") == before, "the view is the same"


def test_garbage_changes_nothing(cluster):
    nodes = cluster.three()
    cluster.agree(nodes)
    before = nodes[0].info("cluster-stable:")
    chance = random.Random(1)
    for _ in range(1000):
        with socket.create_connection(("127.0.0.1", nodes[0].heartbeat_port), timeout=5) as peer:
            start = chance.choice([b"", b"CRN1\1\0\0\0", b"CRNL\1\0\0\0"])
            peer.sendall(start + chance.randbytes(chance.randrange(200)))
    cluster.agree(nodes)
    assert nodes[0].info("cluster-stable:") == before, "the view is the same"


def test_a_node_alone_is_as_it_was(cluster):
    node = cluster.add(cluster.ports(3), "[]")
    text = (node.folder / "cairnd.yaml").read_text()
    (node.folder / "cairnd.yaml").write_text(re.sub(r"  heartbeat:\n(    .*\n)+", "", text))
    node.start()
    assert not node.info("cluster-stable:size=1").startswith("ERROR")
    assert node.info("peers-clear-std") == "0,3000,[]"
    assert not (node.folder / "cluster-state").exists()
    node.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-k", metavar="PART", default="", help="only tests whose name contains this")
    build = os.environ.get("CAIRN_BUILD_RELEASE", str(ROOT / "build/release"))
    parser.add_argument("--program", default=f"{build}/bin/cairnd", help="the cairnd to run")
    options = parser.parse_args()
    tests = [(name, run) for name, run in globals().items() if name.startswith("test_") and options.k in name]
    failed = 0
    for name, run in tests:
        print(name, flush=True)
        try:
            with Cluster(options.program) as cluster:
                run(cluster)
        except (AssertionError, Failed, OSError, ValueError, IndexError, KeyError):
            failed += 1
            print(f"FAILED {name}")
            traceback.print_exc(limit=-2, file=sys.stdout)
    print(f"{len(tests) - failed} passed, {failed} failed")
    return 0 if failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
