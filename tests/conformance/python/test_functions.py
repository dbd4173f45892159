"""Functions in Lua: registered, called on records and over sets."""
import pathlib
import tempfile

import aerospike
from aerospike_helpers.batch import records as batch
from harness import NAMESPACE, PORT, Case, fresh_key, fresh_set, wait_until

SCRIPT = """
function add(rec, name, by)
    rec[name] = (rec[name] or 0) + by
    if aerospike:exists(rec) then aerospike:update(rec) else aerospike:create(rec) end
    return rec[name]
end
function echo(rec, value) return value end
function remove(rec) return aerospike:remove(rec) end
function spoil(rec) rec.v = 0 aerospike:update(rec) error("no") end
function forever() while true do end end
"""


class Functions(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.folder = tempfile.TemporaryDirectory()
        cls.registers = aerospike.client({"hosts": [("127.0.0.1", PORT)], "lua": {"user_path": cls.folder.name}}).connect()
        cls.register("conformance.lua", SCRIPT)

    @classmethod
    def tearDownClass(cls):
        cls.registers.udf_remove("conformance.lua")
        cls.registers.close()
        cls.folder.cleanup()
        super().tearDownClass()

    @classmethod
    def register(cls, name, source):
        path = pathlib.Path(cls.folder.name) / "sent" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
        cls.registers.udf_put(str(path))

    def names(self):
        return [module["name"] for module in self.client.udf_list()]

    def test_are_listed_and_given_back(self):
        self.assertIn("conformance.lua", self.names())
        self.assertEqual(self.client.udf_get("conformance.lua").strip(), SCRIPT.strip())

    def test_removed_are_gone(self):
        self.register("short.lua", "function f() return 1 end")
        self.assertIn("short.lua", self.names())
        self.client.udf_remove("short.lua")
        self.assertNotIn("short.lua", self.names())
        with self.refused(100):
            self.client.apply(fresh_key(), "short", "f", [])

    def test_a_new_version_is_called(self):
        for answer in (1, 2):
            self.register("versions.lua", f"function f() return {answer} end")
            self.assertEqual(self.client.apply(fresh_key(), "versions", "f", []), answer)

    def test_what_does_not_compile_is_refused(self):
        with self.assertRaises(aerospike.exception.AerospikeError):
            self.register("broken.lua", "function (")
        self.assertNotIn("broken.lua", self.names())

    def test_create_and_update_records(self):
        key = fresh_key()
        self.assertEqual(self.client.apply(key, "conformance", "add", ["v", 2]), 2)
        self.assertEqual(self.client.apply(key, "conformance", "add", ["v", 3]), 5)
        self.assertEqual(self.bins(key), {"v": 5})
        self.assertEqual(self.meta(key)["gen"], 2)

    def test_remove_records(self):
        key = self.stored({"v": 1})
        self.client.apply(key, "conformance", "remove", [])
        with self.refused(2):
            self.client.get(key)

    def test_values_come_back(self):
        key = self.stored({"v": 1})
        for value in (7, -1, "text", [1, [2, "x"]], {"a": 1, "b": [1]}, 1.5, True):
            with self.subTest(value):
                self.assertEqual(self.client.apply(key, "conformance", "echo", [value]), value)

    def test_an_error_changes_nothing(self):
        key = self.stored({"v": 1})
        with self.refused(100):
            self.client.apply(key, "conformance", "spoil", [])
        self.assertEqual(self.bins(key), {"v": 1})

    def test_a_function_that_does_not_end_is_ended(self):
        with self.refused(100):
            self.client.apply(self.stored({"v": 1}), "conformance", "forever", [], {"total_timeout": 20000, "socket_timeout": 20000})

    def test_rows_of_a_batch(self):
        keys = [self.stored({"v": i}) for i in range(5)]
        answers = self.client.batch_apply(keys, "conformance", "add", ["v", 10])
        self.assertEqual([row.record[2] for row in answers.batch_records], [{"SUCCESS": i + 10} for i in range(5)])
        mixed = batch.BatchRecords([batch.Apply(keys[0], "conformance", "add", ["v", 1]), batch.Read(keys[0], None, True)])
        self.client.batch_write(mixed)
        self.assertEqual(mixed.batch_records[1].record[2], {"v": 11})

    def test_over_a_set(self):
        name = fresh_set()
        for i in range(100):
            self.client.put((NAMESPACE, name, i), {"v": i})
        job = self.client.scan_apply(NAMESPACE, name, "conformance", "add", ["v", 1000])
        wait_until(lambda: self.client.job_info(job, aerospike.JOB_SCAN)["status"] == aerospike.JOB_STATUS_COMPLETED, "the job ends")
        found = sorted(bins["v"] for _, _, bins in self.client.query(NAMESPACE, name).results())
        self.assertEqual(found, list(range(1000, 1100)))
