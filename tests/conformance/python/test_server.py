"""What a client asks of the server itself: nodes, info, truncation; and what is not there yet."""
import re

import aerospike
from aerospike_helpers import expressions as exp
from aerospike_helpers.operations import bitwise_operations as bits
from aerospike_helpers.operations import expression_operations as exp_op
from aerospike_helpers.operations import hll_operations as hll
from aerospike_helpers.operations import list_operations as lists
from aerospike_helpers.operations import map_operations as maps
from harness import COPIES, NAMESPACE, NODES, PORT, Case, fresh_key, fresh_set, wait_until


class Server(Case):
    def info(self, command):
        answer = self.client.info_random_node(command)
        return answer.partition("\t")[2].rstrip("\n")

    def test_nodes(self):
        self.assertTrue(self.client.is_connected())
        self.assertEqual(len(self.client.get_nodes()), NODES)
        self.assertEqual(len(self.client.get_node_names()), NODES)
        stats = self.client.get_stats()
        self.assertEqual(len(stats.nodes), NODES)

    def test_info_of_all_nodes(self):
        answers = self.client.info_all("namespaces").values()
        self.assertEqual(len(answers), NODES)
        for error, answer in answers:
            self.assertIsNone(error)
            self.assertEqual(set(answer.strip().rpartition("\t")[2].split(";")), {"test", "bar"})

    def test_info_of_one_node(self):
        self.assertIn("build", self.client.info_single_node("build", self.client.get_node_names()[0]["node_name"]))

    def test_info_values(self):
        self.assertRegex(self.info("build"), r"^\d+\.\d+\.\d+\.\d+$")
        self.assertEqual(self.info("status"), "ok")
        self.assertIn("objects=", self.info("namespace/test"))
        self.assertIn(f"cluster_size={NODES}", self.info("statistics"))

    def test_sets(self):
        name = fresh_set()
        for i in range(5):
            self.client.put((NAMESPACE, name, i), {"a": i})
        told = [answer for _, answer in self.client.info_all(f"sets/{NAMESPACE}/{name}").values()]
        objects = [int(number) for answer in told for number in re.findall(r"\bobjects=(\d+)", answer)]
        self.assertEqual(sum(objects), 5 * COPIES)

    def test_truncate_a_set(self):
        name, other = fresh_set(), fresh_set()
        for i in range(100):
            self.client.put((NAMESPACE, name, i), {"a": i})
            self.client.put((NAMESPACE, other, i), {"a": i})
        self.client.truncate(NAMESPACE, name, 0)
        wait_until(lambda: self.client.query(NAMESPACE, name).results() == [], "the set is empty")
        with self.refused(2):
            self.client.get((NAMESPACE, name, 1))
        self.assertEqual(len(self.client.query(NAMESPACE, other).results()), 100)
        self.client.put((NAMESPACE, name, 1), {"a": 1})
        self.assertEqual(self.bins((NAMESPACE, name, 1)), {"a": 1})

    def test_truncate_a_namespace(self):
        for i in range(20):
            self.client.put(("bar", "t", i), {"a": i})
        self.client.truncate("bar", None, 0)
        wait_until(lambda: self.client.query("bar", None).results() == [], "the namespace is empty")

    def test_unknown_info_leaves_the_connection_usable(self):
        for _ in range(3):
            with self.assertRaises(aerospike.exception.AerospikeError):
                self.client.info_random_node("no-such-command")
        self.assertEqual(self.info("status"), "ok")

    def test_metrics(self):
        self.client.enable_metrics()  # writes a file into the current folder
        self.stored({"a": 1})
        self.assertTrue(self.client.get_stats().nodes[0].name)
        self.client.disable_metrics()


class DataModel(Case):
    """What is inside values."""

    def test_operations_inside_values(self):
        for operation, value in ((lists.list_append("v", 1), [1]), (lists.list_size("v"), [1]),
                                 (maps.map_put("v", "k", 1), {"k": 1}), (maps.map_size("v"), {"k": 1}),
                                 (bits.bit_get("v", 0, 8), b"\x01"), (hll.hll_add("v", ["a"], 4), None),
                                 (exp_op.expression_read("v", exp.Val(1).compile()), 1)):
            with self.subTest(operation):
                self.client.operate(self.stored({"v": value, "x": 1} if value is not None else {"x": 1}), [operation])

    def test_filter_expressions(self):
        policy = {"expressions": exp.Eq(exp.IntBin("v"), exp.Val(1)).compile()}
        key = self.stored({"v": 1})
        self.assertEqual(self.client.get(key, policy)[2], {"v": 1})
        self.client.put(key, {"v": 2}, policy=policy)
        with self.refused(27):
            self.client.get(key, policy)
        with self.refused(27):
            self.client.put(key, {"v": 3}, policy=policy)
        self.assertEqual(self.bins(key), {"v": 2})
        of_set = fresh_set()
        for value in (1, 2):
            self.client.put((NAMESPACE, of_set, f"k{value}"), {"v": value})
        self.assertEqual([bins["v"] for _, _, bins in self.client.query(NAMESPACE, of_set).results(policy)], [1])
