"""Every value type comes back as it was written."""
import struct

import aerospike
from harness import Case, fresh_key

NESTED = {"numbers": [1, -1, 2**40, [1.5, None, True]], "empty": {}, 7: {"deep": [{"x": b"\x00\xff"}]}}


class Values(Case):
    def assert_kept(self, value):
        key = self.stored({"v": value})
        back = self.bins(key)["v"]
        self.assertEqual(back, value)
        self.assertIs(type(back), type(value))

    def test_integers(self):
        for value in (0, 1, -1, 127, 128, 2**31, 2**63 - 1, -2**63):
            self.assert_kept(value)

    def test_floats(self):
        for value in (0.0, 1.5, -2.25, 5e-324, 1.7976931348623157e308, float("inf")):
            self.assert_kept(value)

    def test_strings(self):
        for value in ("", "plain", "žluťoučký kůň 日本 🐎", "x" * 100_000):
            self.assert_kept(value)

    def test_bytes(self):
        for value in (b"", b"\x00\x01\xff", bytes(range(256)) * 100):
            self.assert_kept(value)

    def test_bools(self):
        for value in (True, False):
            self.assert_kept(value)

    def test_lists(self):
        for value in ([], [1, "two", b"three", 4.5, None, True], [[[[[]]]]], list(range(10_000))):
            self.assert_kept(value)

    def test_maps(self):
        for value in ({}, {"a": 1, 2: "b", b"k": [1]}, NESTED, {i: str(i) for i in range(3000)}):
            self.assert_kept(value)

    def test_key_ordered_map(self):
        key = self.stored({"v": aerospike.KeyOrderedDict({"b": 2, "a": 1, 3: None})})
        self.assertEqual(dict(self.bins(key)["v"]), {"b": 2, "a": 1, 3: None})

    def test_geojson(self):
        point = aerospike.GeoJSON({"type": "Point", "coordinates": [-122.0, 37.5]})
        back = self.bins(self.stored({"v": point}))["v"]
        self.assertIsInstance(back, aerospike.GeoJSON)
        self.assertEqual(back.unwrap(), point.unwrap())

    def test_geojson_in_a_list(self):
        point = aerospike.GeoJSON({"type": "Point", "coordinates": [1.0, 2.0]})
        back = self.bins(self.stored({"v": [point]}))["v"]
        self.assertEqual(back[0].unwrap(), point.unwrap())

    def test_hll_bytes(self):
        import aerospike_helpers
        sketch = aerospike_helpers.HyperLogLog(struct.pack(">BBB", 0, 4, 0) + b"\x00" * (8 + 12))
        try:
            key = self.stored({"v": sketch})
        except aerospike.exception.AerospikeError as error:
            self.fail(f"{error.code} {error.msg}")
        back = self.bins(key)["v"]
        self.assertEqual(bytes(back), bytes(sketch))
        self.assertIsInstance(back, aerospike_helpers.HyperLogLog)

    def test_none_removes_a_bin(self):
        key = self.stored({"a": 1, "b": 2})
        self.client.put(key, {"a": aerospike.null()})
        self.assertEqual(self.bins(key), {"b": 2})

    def test_removing_the_last_bin_removes_the_record(self):
        key = self.stored({"a": 1})
        self.client.remove_bin(key, ["a"])
        self.assertIsNone(self.meta(key))

    def test_all_types_in_one_record(self):
        bins = {"i": -5, "f": 2.5, "s": "text", "b": b"\x01", "t": True, "l": [1, [2]], "m": {"k": {"n": 1}}}
        self.assertEqual(self.bins(self.stored(bins)), bins)

    def test_a_value_may_change_its_type(self):
        key = self.stored({"v": 1})
        for value in ("text", 1.5, b"x", [1], {"a": 1}, True, 7):
            self.client.put(key, {"v": value})
            self.assertEqual(self.bins(key), {"v": value})

    def test_many_bins(self):
        bins = {f"bin{i}": i for i in range(1000)}
        self.assertEqual(self.bins(self.stored(bins)), bins)

    def test_fifteen_byte_bin_names(self):
        bins = {"123456789012345": 1}
        self.assertEqual(self.bins(self.stored(bins)), bins)

    def test_keys_of_every_type(self):
        for user_key in (1, -1, 2**63 - 1, "text", "", "ů", bytearray(b"\x00\x01")):
            for set_name in ("python", "python2"):
                key = ("test", set_name, user_key)
                self.client.put(key, {"v": repr(user_key) + set_name})
        for user_key in (1, -1, 2**63 - 1, "text", "", "ů", bytearray(b"\x00\x01")):
            for set_name in ("python", "python2"):
                self.assertEqual(self.bins(("test", set_name, user_key)), {"v": repr(user_key) + set_name})

    def test_a_record_without_a_set(self):
        key = fresh_key(None)
        self.client.put(key, {"v": 1})
        self.assertEqual(self.bins(key), {"v": 1})

    def test_a_record_by_its_digest(self):
        key = self.stored({"v": 1})
        digest = aerospike.calc_digest(*key)
        self.assertEqual(self.bins((key[0], key[1], None, digest)), {"v": 1})
