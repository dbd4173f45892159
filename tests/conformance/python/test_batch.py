"""Batches: reads, writes, operations, removals, mixed rows with their own results, big ones."""
import aerospike
from aerospike_helpers.batch import records as br
from aerospike_helpers import expressions as exp
from aerospike_helpers.operations import operations as op
from harness import Case, connect, fresh_key


class Batches(Case):
    def write(self, rows, policy=None):
        batch = br.BatchRecords(rows)
        self.client.batch_write(batch, policy)
        return [row.result for row in batch.batch_records], batch.batch_records

    def test_read(self):
        keys = [self.stored({"i": i, "x": "y"}) for i in range(5)] + [fresh_key()]
        rows = self.client.batch_read(keys).batch_records
        self.assertEqual([row.result for row in rows], [0] * 5 + [2])
        self.assertEqual([row.record[2]["i"] for row in rows[:5]], list(range(5)))

    def test_read_bins(self):
        keys = [self.stored({"i": i, "x": "y"}) for i in range(3)]
        rows = self.client.batch_read(keys, ["i"]).batch_records
        self.assertEqual([row.record[2] for row in rows], [{"i": i} for i in range(3)])

    def test_exists(self):
        keys = [self.stored({"i": 1}), fresh_key()]
        rows = self.client.batch_read(keys, []).batch_records
        self.assertEqual([row.result for row in rows], [0, 2])
        self.assertEqual(rows[0].record[1]["gen"], 1)

    def test_one_key(self):
        key = self.stored({"i": 1})
        self.assertEqual(self.client.batch_read([key]).batch_records[0].record[2], {"i": 1})

    def test_operate(self):
        keys = [self.stored({"n": i}) for i in range(4)]
        rows = self.client.batch_operate(keys, [op.increment("n", 10), op.read("n")]).batch_records
        self.assertEqual([row.record[2] for row in rows], [{"n": i + 10} for i in range(4)])

    def test_operate_creates(self):
        keys = [fresh_key() for _ in range(4)]
        self.client.batch_operate(keys, [op.write("n", 1)])
        self.assertEqual([self.bins(key) for key in keys], [{"n": 1}] * 4)

    def test_remove(self):
        keys = [self.stored({"n": i}) for i in range(3)] + [fresh_key()]
        rows = self.client.batch_remove(keys).batch_records
        self.assertEqual([row.result for row in rows], [0, 0, 0, 2])
        self.assertEqual([self.meta(key) for key in keys], [None] * 4)

    def test_mixed_rows(self):
        read, written, removed, text, gone = (self.stored({"a": 1}), fresh_key(), self.stored({"a": 1}),
                                              self.stored({"a": "text"}), fresh_key())
        results, rows = self.write([
            br.Read(read, [op.read("a")]),
            br.Read(read, None, read_all_bins=True),
            br.Write(written, [op.write("b", [1, 2]), op.read("b")]),
            br.Remove(removed),
            br.Write(text, [op.increment("a", 1)]),
            br.Read(gone, [op.read("a")]),
            br.Remove(gone),
        ])
        self.assertEqual(results, [0, 0, 0, 0, 12, 2, 2])
        self.assertEqual([rows[i].record[2] for i in range(3)], [{"a": 1}, {"a": 1}, {"b": [1, 2]}])
        self.assertIsNone(self.meta(removed))

    def test_rows_have_their_own_policies(self):
        key = self.stored({"a": 1})
        results, _ = self.write([
            br.Write(key, [op.write("a", 2)], policy={"exists": aerospike.POLICY_EXISTS_CREATE}),
            br.Write(fresh_key(), [op.write("a", 2)], policy={"exists": aerospike.POLICY_EXISTS_UPDATE}),
            br.Write(key, [op.write("a", 3)], meta={"gen": 9}, policy={"gen": aerospike.POLICY_GEN_EQ}),
            br.Remove(key, policy={"gen": aerospike.POLICY_GEN_EQ, "generation": 9}),
            br.Write(fresh_key(namespace="bar"), [op.write("a", 3)], meta={"ttl": 10}),
        ])
        self.assertEqual(results, [5, 2, 3, 3, 22])
        self.assertEqual(self.bins(key), {"a": 1})

    def test_life_time_and_key_of_a_row(self):
        key = fresh_key("rows")
        self.write([br.Write(key, [op.write("a", 1)], meta={"ttl": 600}, policy={"key": aerospike.POLICY_KEY_SEND}),
                    br.Write(fresh_key("rows"), [op.write("a", 1)])])
        self.assertAlmostEqual(self.meta(key)["ttl"], 600, delta=30)
        keys = [record[0][2] for record in self.client.query("test", "rows").results()]
        self.assertEqual(sorted(keys, key=str), sorted([None, key[2]], key=str))

    def test_two_namespaces(self):
        one, other = self.stored({"a": 1}), self.stored({"a": 2}, key=fresh_key(namespace="bar"))
        rows = self.client.batch_read([one, other]).batch_records
        self.assertEqual([row.record[2] for row in rows], [{"a": 1}, {"a": 2}])

    def test_a_thousand_keys(self):
        keys = [fresh_key("thousand") for _ in range(1000)]
        self.client.batch_operate(keys, [op.write("v", "x" * 100), op.write("n", 1)])
        rows = self.client.batch_read(keys).batch_records
        self.assertTrue(all(row.record[2] == {"v": "x" * 100, "n": 1} for row in rows))
        self.client.batch_remove(keys)
        self.assertEqual({row.result for row in self.client.batch_read(keys).batch_records}, {2})

    def test_twenty_thousand_keys(self):
        present = self.stored({"a": 1})
        rows = self.client.batch_read([present] * 20_000).batch_records
        self.assertEqual({row.result for row in rows}, {0})

    def test_big_records(self):
        keys = [self.stored({"b": bytes([i]) * 300_000}) for i in range(20)]
        rows = self.client.batch_read(keys).batch_records
        self.assertTrue(all(row.record[2]["b"] == bytes([i]) * 300_000 for i, row in enumerate(rows)))

    def test_stops_at_the_first_error_when_asked(self):
        rows = [br.Write(self.stored({"a": "text"}), [op.increment("a", 1)]) for _ in range(3)]
        results, _ = self.write(rows, {"respond_all_keys": False})
        self.assertIn(12, results)

    def test_batch_refused_as_a_whole_is_answered(self):
        """The answer to a batch that is refused as a whole ends it; a client must not wait for more."""
        keys = [self.stored({"a": i}) for i in range(3)]
        wrong = {"expressions": exp.GT(exp.IntBin("a"), exp.Val(1)).compile(), "total_timeout": 5000, "max_retries": 0}
        batch = self.client.batch_read(keys, policy=wrong)
        self.assertNotIn(9, {row.result for row in batch.batch_records} | {batch.result})

    def test_compressed(self):
        client = connect(batch={"compress": True})
        keys = [self.stored({"b": b"z" * 10_000, "i": i}) for i in range(50)]
        rows = client.batch_read(keys).batch_records
        self.assertEqual([row.record[2]["i"] for row in rows], list(range(50)))
        client.close()
