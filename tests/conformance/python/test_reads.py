"""Reading: bins, headers, existence, what is missing, errors, and the connection after them."""
import aerospike
from harness import PORT, Case, connect, fresh_key


class Reads(Case):
    def test_select(self):
        key = self.stored({"a": 1, "b": 2, "c": 3})
        self.assertEqual(self.client.select(key, ["a", "c"])[2], {"a": 1, "c": 3})

    def test_select_leaves_out_missing_bins(self):
        key = self.stored({"a": 1})
        self.assertEqual(self.client.select(key, ["a", "none"])[2], {"a": 1})
        self.assertEqual(self.client.select(key, ["none"])[2], {})

    def test_exists(self):
        key = self.stored({"a": 1})
        self.assertEqual(self.meta(key)["gen"], 1)
        self.assertIsNone(self.meta(fresh_key()))

    def test_missing_record(self):
        with self.refused(2):
            self.client.get(fresh_key())
        with self.refused(2):
            self.client.select(fresh_key(), ["a"])

    def test_unknown_namespace(self):
        with self.refused(20):
            self.client.put(("nowhere", "s", 1), {"a": 1})

    def test_two_namespaces_are_apart(self):
        key = fresh_key()
        other = fresh_key(namespace="bar")
        other = ("bar", key[1], key[2])
        self.client.put(key, {"v": "test"})
        with self.refused(2):
            self.client.get(other)
        self.client.put(other, {"v": "bar"})
        self.assertEqual(self.bins(key), {"v": "test"})
        self.assertEqual(self.bins(other), {"v": "bar"})

    def test_sets_are_apart(self):
        one, two = fresh_key("one"), None
        two = (one[0], "two", one[2])
        self.client.put(one, {"v": 1})
        self.assertIsNone(self.meta(two))

    def test_read_modes(self):
        key = self.stored({"a": 1})
        for replica in (aerospike.POLICY_REPLICA_MASTER, aerospike.POLICY_REPLICA_ANY, aerospike.POLICY_REPLICA_SEQUENCE,
                        aerospike.POLICY_REPLICA_PREFER_RACK, aerospike.POLICY_REPLICA_RANDOM):
            policy = {"replica": replica, "read_mode_ap": aerospike.POLICY_READ_MODE_AP_ALL}
            self.assertEqual(self.bins(key, policy), {"a": 1})

    def test_one_connection_serves_on_after_errors(self):
        client = aerospike.client({"hosts": [("127.0.0.1", PORT)], "max_conns_per_node": 1}).connect()
        key = self.stored({"a": "text"})
        for _ in range(20):
            with self.refused(2):
                client.get(fresh_key())
            with self.refused(12):
                client.increment(key, "a", 1)
            with self.refused(5):
                client.put(key, {"a": 1}, policy={"exists": aerospike.POLICY_EXISTS_CREATE})
            self.assertEqual(client.get(key)[2], {"a": "text"})
        client.close()

    def test_compressed_requests_and_replies(self):
        """The client compresses what it sends above 128 bytes, and asks for compressed replies."""
        client = connect(read={"compress": True}, write={"compress": True}, batch={"compress": True},
                         operate={"compress": True}, scan={"compress": True}, query={"compress": True})
        bins = {"s": "compress me " * 5000, "l": list(range(1000))}
        keys = [fresh_key("packed") for _ in range(20)]
        for key in keys:
            client.put(key, bins)
            self.assertEqual(client.get(key)[2], bins)
            self.assertEqual(self.bins(key), bins)
        rows = client.batch_read(keys).batch_records
        self.assertEqual([row.record[2] for row in rows], [bins] * len(keys))
        found = client.query("test", "packed").results({"compress": True})
        self.assertEqual(len(found), len(keys))
        self.assertTrue(all(record[2] == bins for record in found))
        client.close()
