"""Several operations on one record: order, arithmetic, strings, respond-all, refusals."""
import aerospike
from aerospike_helpers.operations import operations as op
from harness import Case, fresh_key, wait_until


class Scalars(Case):
    def test_increment_integer(self):
        key = self.stored({"n": 5})
        self.client.increment(key, "n", 7)
        self.client.increment(key, "n", -20)
        self.assertEqual(self.bins(key), {"n": -8})

    def test_increment_float(self):
        key = self.stored({"n": 1.5})
        self.client.increment(key, "n", 2.25)
        self.assertEqual(self.bins(key), {"n": 3.75})

    def test_increment_creates(self):
        key = fresh_key()
        self.client.increment(key, "n", 3)
        self.assertEqual(self.bins(key), {"n": 3})

    def test_increment_wraps(self):
        key = self.stored({"n": 2**63 - 1})
        self.client.increment(key, "n", 1)
        self.assertEqual(self.bins(key), {"n": -2**63})

    def test_increment_of_another_type(self):
        for value in ("text", b"x", [1], {"a": 1}, 1.5, True):
            with self.refused(12):
                self.client.increment(self.stored({"n": value}), "n", 1)
        with self.refused(12):
            self.client.increment(self.stored({"n": 1}), "n", 1.5)

    def test_append_prepend_string(self):
        key = self.stored({"s": "b"})
        self.client.append(key, "s", "c")
        self.client.prepend(key, "s", "a")
        self.assertEqual(self.bins(key), {"s": "abc"})

    def test_append_prepend_bytes(self):
        key = self.stored({"s": bytearray(b"b")})
        self.client.append(key, "s", bytearray(b"c"))
        self.client.prepend(key, "s", bytearray(b"a"))
        self.assertEqual(self.bins(key), {"s": b"abc"})

    def test_append_creates(self):
        key = fresh_key()
        self.client.append(key, "s", "first")
        self.assertEqual(self.bins(key), {"s": "first"})

    def test_append_to_another_type(self):
        for value in (1, 1.5, [1], {"a": 1}, bytearray(b"x")):
            with self.refused(12):
                self.client.append(self.stored({"s": value}), "s", "x")


class Operate(Case):
    def test_in_order(self):
        key = self.stored({"n": 1, "s": "b"})
        bins = self.client.operate_ordered(key, [
            op.read("n"), op.increment("n", 4), op.read("n"), op.prepend("s", "a"), op.append("s", "c"), op.read("s"),
            op.write("w", [1]), op.read("w")])[2]
        self.assertEqual(bins, [("n", 1), ("n", 5), ("s", "abc"), ("w", [1])])

    def test_read_only(self):
        key = self.stored({"a": 1, "b": 2})
        self.assertEqual(self.client.operate(key, [op.read("a"), op.read("none")])[2], {"a": 1})
        self.assertEqual(self.meta(key)["gen"], 1)

    def test_one_generation_for_all(self):
        key = self.stored({"a": 1})
        meta = self.client.operate(key, [op.increment("a", 1), op.increment("a", 1), op.write("b", 1)])[1]
        self.assertEqual((meta["gen"], self.meta(key)["gen"]), (2, 2))

    def test_touch_in_operate(self):
        key = self.stored({"a": 1})
        meta = self.client.operate(key, [op.touch(), op.read("a")], {"ttl": 700})[1]
        self.assertAlmostEqual(meta["ttl"], 700, delta=30)

    def test_delete_then_write(self):
        key = self.stored({"a": 1, "b": 2})
        self.client.operate(key, [op.delete(), op.write("c", 3)])
        self.assertEqual(self.bins(key), {"c": 3})

    def test_delete(self):
        key = self.stored({"a": 1})
        bins = self.client.operate(key, [op.read("a"), op.delete()])[2]
        self.assertEqual(bins, {"a": 1})
        self.assertIsNone(self.meta(key))

    def test_write_none_removes(self):
        key = self.stored({"a": 1, "b": 2})
        self.client.operate(key, [op.write("a", aerospike.null()), op.read("b")])
        self.assertEqual(self.bins(key), {"b": 2})

    def test_all_or_nothing(self):
        key = self.stored({"a": 1, "s": "text"})
        with self.refused(12):
            self.client.operate(key, [op.write("a", 2), op.write("new", 1), op.increment("s", 1)])
        self.assertEqual((self.bins(key), self.meta(key)["gen"]), ({"a": 1, "s": "text"}, 1))

    def test_create_only(self):
        key = self.stored({"a": 1})
        with self.refused(5):
            self.client.operate(key, [op.write("a", 2)], policy={"exists": aerospike.POLICY_EXISTS_CREATE})

    def test_update_only(self):
        with self.refused(2):
            self.client.operate(fresh_key(), [op.write("a", 2)], policy={"exists": aerospike.POLICY_EXISTS_UPDATE})

    def test_generation(self):
        key = self.stored({"a": 1})
        with self.refused(3):
            self.client.operate(key, [op.write("a", 2)], {"gen": 5}, {"gen": aerospike.POLICY_GEN_EQ})

    def test_read_of_a_missing_record(self):
        with self.refused(2):
            self.client.operate(fresh_key(), [op.read("a")])

    def test_creates_and_reads_back(self):
        key = fresh_key()
        self.assertEqual(self.client.operate(key, [op.write("a", "x"), op.read("a")])[2], {"a": "x"})

    def test_hundreds_of_operations(self):
        key = self.stored({"n": 0})
        bins = self.client.operate(key, [op.increment("n", 1)] * 500 + [op.read("n")])[2]
        self.assertEqual(bins, {"n": 500})

    def test_expiry_through_operate(self):
        key = fresh_key()
        self.client.operate(key, [op.write("a", 1)], {"ttl": 1})
        wait_until(lambda: self.meta(key) is None, "a record of one second expires")
