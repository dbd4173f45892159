"""Write policies and their result codes: existence, generation, keys, life times, limits, deletes."""
import aerospike
from harness import ON_DEVICE, Case, connect, fresh_key, wait_until

CREATE = {"exists": aerospike.POLICY_EXISTS_CREATE}
UPDATE = {"exists": aerospike.POLICY_EXISTS_UPDATE}
REPLACE = {"exists": aerospike.POLICY_EXISTS_REPLACE}
CREATE_OR_REPLACE = {"exists": aerospike.POLICY_EXISTS_CREATE_OR_REPLACE}
SEND_KEY = {"key": aerospike.POLICY_KEY_SEND}
NEVER = 0xFFFFFFFF


class Existence(Case):
    def test_create_only(self):
        key = fresh_key()
        self.client.put(key, {"a": 1}, policy=CREATE)
        with self.refused(5):
            self.client.put(key, {"a": 2}, policy=CREATE)
        self.assertEqual(self.bins(key), {"a": 1})

    def test_update_only(self):
        key = fresh_key()
        with self.refused(2):
            self.client.put(key, {"a": 1}, policy=UPDATE)
        self.client.put(key, {"a": 1})
        self.client.put(key, {"b": 2}, policy=UPDATE)
        self.assertEqual(self.bins(key), {"a": 1, "b": 2})

    def test_replace(self):
        key = fresh_key()
        self.client.put(key, {"a": 1, "b": 2}, policy=CREATE_OR_REPLACE)
        self.client.put(key, {"c": 3}, policy=CREATE_OR_REPLACE)
        self.assertEqual(self.bins(key), {"c": 3})

    def test_replace_only(self):
        key = fresh_key()
        with self.refused(2):
            self.client.put(key, {"a": 1}, policy=REPLACE)
        self.client.put(key, {"a": 1, "b": 2})
        self.client.put(key, {"c": 3}, policy=REPLACE)
        self.assertEqual(self.bins(key), {"c": 3})

    def test_default_updates(self):
        key = self.stored({"a": 1})
        self.client.put(key, {"b": 2})
        self.assertEqual(self.bins(key), {"a": 1, "b": 2})


class Generations(Case):
    def test_each_write_adds_one(self):
        key = fresh_key()
        for generation in range(1, 6):
            self.client.put(key, {"a": generation})
            self.assertEqual(self.meta(key)["gen"], generation)

    def test_equal(self):
        key = self.stored({"a": 1})
        self.client.put(key, {"a": 2}, {"gen": 1}, {"gen": aerospike.POLICY_GEN_EQ})
        with self.refused(3):
            self.client.put(key, {"a": 3}, {"gen": 1}, {"gen": aerospike.POLICY_GEN_EQ})
        self.assertEqual(self.bins(key), {"a": 2})

    def test_greater(self):
        key = self.stored({"a": 1})
        with self.refused(3):
            self.client.put(key, {"a": 2}, {"gen": 1}, {"gen": aerospike.POLICY_GEN_GT})
        self.client.put(key, {"a": 3}, {"gen": 2}, {"gen": aerospike.POLICY_GEN_GT})
        self.assertEqual(self.bins(key), {"a": 3})

    def test_remove_with_a_generation(self):
        key = self.stored({"a": 1})
        with self.refused(3):
            self.client.remove(key, {"gen": 7}, {"gen": aerospike.POLICY_GEN_EQ})
        self.client.remove(key, {"gen": 1}, {"gen": aerospike.POLICY_GEN_EQ})
        self.assertIsNone(self.meta(key))

    def test_starts_again_after_a_delete(self):
        key = self.stored({"a": 1})
        self.client.put(key, {"a": 2})
        self.client.remove(key)
        self.client.put(key, {"a": 3})
        self.assertEqual(self.meta(key)["gen"], 1)

    def test_a_failed_write_changes_nothing(self):
        key = self.stored({"a": "text"})
        with self.refused(12):
            self.client.increment(key, "a", 1)
        self.assertEqual((self.meta(key)["gen"], self.bins(key)), (1, {"a": "text"}))


class StoredKeys(Case):
    def test_scan_returns_a_sent_key_only(self):
        sent, unsent = fresh_key("keys"), fresh_key("keys")
        self.client.put(sent, {"a": 1}, policy=SEND_KEY)
        self.client.put(unsent, {"a": 2})
        found = {record[2]["a"]: record[0][2] for record in self.client.query("test", "keys").results()}
        self.assertEqual(found, {1: sent[2], 2: None})

    def test_a_key_may_come_with_a_later_write(self):
        key = fresh_key("late")
        self.client.put(key, {"a": 1})
        self.client.put(key, {"a": 2}, policy=SEND_KEY)
        self.assertEqual([record[0][2] for record in self.client.query("test", "late").results()], [key[2]])


class LifeTimes(Case):
    def ttl(self, key):
        return self.meta(key)["ttl"]

    def test_default_is_the_namespace_s(self):
        self.assertEqual(self.ttl(self.stored({"a": 1})), NEVER)

    def test_explicit(self):
        self.assertAlmostEqual(self.ttl(self.stored({"a": 1}, {"ttl": 1000})), 1000, delta=30)

    def test_never(self):
        key = self.stored({"a": 1}, {"ttl": 1000})
        self.client.put(key, {"a": 2}, {"ttl": aerospike.TTL_NEVER_EXPIRE})
        self.assertEqual(self.ttl(key), NEVER)

    def test_dont_update(self):
        key = self.stored({"a": 1}, {"ttl": 1000})
        self.client.put(key, {"a": 2}, {"ttl": aerospike.TTL_DONT_UPDATE})
        self.assertAlmostEqual(self.ttl(key), 1000, delta=30)

    def test_touch(self):
        key = self.stored({"a": 1}, {"ttl": 100})
        self.client.touch(key, 5000)
        self.assertAlmostEqual(self.ttl(key), 5000, delta=30)
        self.assertEqual((self.meta(key)["gen"], self.bins(key)), (2, {"a": 1}))

    def test_touch_of_a_missing_record(self):
        with self.refused(2):
            self.client.touch(fresh_key(), 100)

    def test_an_expired_record_is_not_served(self):
        key = self.stored({"a": 1}, {"ttl": 1})
        kept = self.stored({"a": 1}, {"ttl": 1000})
        wait_until(lambda: self.meta(key) is None, "a record of one second expires")
        with self.refused(2):
            self.client.get(key)
        with self.refused(2):
            self.client.put(key, {"a": 2}, policy=UPDATE)
        self.assertEqual(self.client.batch_read([key, kept]).batch_records[0].result, 2)
        self.client.put(key, {"b": 3}, policy=CREATE)
        self.assertEqual((self.meta(key)["gen"], self.bins(key)), (1, {"b": 3}))

    def test_an_expired_record_is_not_scanned(self):
        key = self.stored({"a": 1}, {"ttl": 1}, key=fresh_key("expired"))
        wait_until(lambda: self.meta(key) is None, "a record of one second expires")
        self.assertEqual(self.client.query("test", "expired").results(), [])

    def test_eleven_years_are_refused(self):
        with self.refused(4):
            self.client.put(fresh_key(), {"a": 1}, {"ttl": 11 * 365 * 86400})

    def test_forbidden_where_nothing_expires(self):
        with self.refused(22):
            self.client.put(fresh_key(namespace="bar"), {"a": 1}, {"ttl": 10})

    def test_read_touch(self):
        key = self.stored({"a": 1}, {"ttl": 1000})
        self.client.get(key, {"read_touch_ttl_percent": 100})
        self.client.get(key, {"read_touch_ttl_percent": -1})
        self.assertAlmostEqual(self.ttl(key), 1000, delta=30)


class Limits(Case):
    def test_record_too_big(self):
        key = self.stored({"a": 1})
        with self.refused(13):
            self.client.put(key, {"b": "x" * (1024 * 1024)})
        self.assertEqual(self.bins(key), {"a": 1})

    def test_just_below_the_limit(self):
        value = b"x" * (1024 * 1024 - 1024)
        self.assertEqual(self.bins(self.stored({"b": value}))["b"], value)

    def test_far_above_the_limit(self):
        with self.refused(13):
            self.client.put(fresh_key(), {"b": b"x" * (20 * 1024 * 1024)})

    def test_sixty_three_byte_set_name(self):
        key = fresh_key("s" * 63)
        self.client.put(key, {"a": 1})
        self.assertEqual(self.bins(key), {"a": 1})

    def test_invalid_geojson(self):
        with self.refused(160):
            self.client.put(fresh_key(), {"a": aerospike.GeoJSON({"type": "Point", "coordinates": [1000.0, 1000.0]})})


class Deletes(Case):
    def test_remove(self):
        key = self.stored({"a": 1})
        self.client.remove(key)
        with self.refused(2):
            self.client.get(key)
        with self.refused(2):
            self.client.remove(key)

    def test_durable_delete_needs_a_device(self):
        key = self.stored({"a": 1})
        if ON_DEVICE:
            self.client.remove(key, policy={"durable_delete": True})
            with self.refused(2):
                self.client.get(key)
            return
        with self.refused(25):
            self.client.remove(key, policy={"durable_delete": True})
        self.assertEqual(self.bins(key), {"a": 1})

    def test_durable_write_that_leaves_bins(self):
        key = self.stored({"a": 1})
        self.client.put(key, {"a": 2}, policy={"durable_delete": True})
        self.assertEqual(self.bins(key), {"a": 2})

    def test_commit_level_master(self):
        client = connect(write={"commit_level": aerospike.POLICY_COMMIT_LEVEL_MASTER})
        key = fresh_key()
        client.put(key, {"a": 1})
        self.assertEqual(self.bins(key), {"a": 1})
        client.close()
