"""What the Python client sees of the nodes in CAIRN_NODES, name:port:pid each. Arguments: parts of case names to run."""
import os
import signal
import sys
import unittest

import harness
from harness import NAMESPACE, Case, fresh_set, wait_until

NODES = {name: (int(port), int(pid)) for name, port, pid in (text.split(":") for text in os.environ["CAIRN_NODES"].split(","))}
COUNT = 300


class Nodes(Case):
    __module__ = "nodes"  # as its results are called

    def seen(self):
        return {node["node_name"]: node["port"] for node in self.client.get_node_names()}

    def info(self, command, node):
        return self.client.info_single_node(command, node).partition("\t")[2].rstrip("\n")

    def objects(self, of_set, node):
        line = self.info(f"sets/{NAMESPACE}/{of_set}", node)
        return int(line.partition("objects=")[2].partition(":")[0]) if "objects=" in line else 0

    def test_all_are_found(self):
        wait_until(lambda: self.seen() == {name: port for name, (port, _) in NODES.items()}, "all nodes are known")

    def test_records_go_to_the_masters(self):
        wait_until(lambda: len(self.seen()) == len(NODES), "all nodes are known")
        of_set = fresh_set()
        keys = [(NAMESPACE, of_set, i) for i in range(COUNT)]
        for i, key in enumerate(keys):
            self.client.put(key, {"i": i})
        for i, key in enumerate(keys):
            self.assertEqual(self.bins(key), {"i": i})
        batch = self.client.batch_read(keys)
        self.assertEqual([record.record[2]["i"] for record in batch.batch_records], list(range(COUNT)))
        counts = [self.objects(of_set, node) for node in NODES]
        self.assertEqual(sum(counts), 2 * COUNT, counts)  # two copies of each
        self.assertGreater(min(counts), COUNT // 2, counts)
        found = self.client.query(NAMESPACE, of_set).results()
        self.assertEqual(sorted(bins["i"] for _, _, bins in found), list(range(COUNT)))

    def test_the_client_goes_on_without_a_killed_one(self):  # the last by its name
        killed = list(NODES)[-1]
        os.kill(NODES[killed][1], signal.SIGKILL)
        wait_until(lambda: killed not in self.seen(), "the killed node is forgotten")
        self.assertEqual(len(self.seen()), len(NODES) - 1)
        of_set = fresh_set()
        for i in range(COUNT):
            self.client.put((NAMESPACE, of_set, i), {"i": i})
        self.assertEqual(len(self.client.query(NAMESPACE, of_set).results()), COUNT)


def main():
    names = unittest.TestLoader().getTestCaseNames(Nodes)
    suite = unittest.TestSuite([unittest.TestSuite(
        Nodes(name) for name in names if not sys.argv[1:] or any(word in name for word in sys.argv[1:]))])
    result = harness.Lines()
    suite.run(result)
    return 0 if result.wasSuccessful() else 1


sys.exit(main())
