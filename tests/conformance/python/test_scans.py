"""Scans: whole sets, bins, limits, partitions, pages, rates, background writes."""
import aerospike
from aerospike_helpers.operations import operations as op
from harness import NAMESPACE, NODES, Case, fresh_set, wait_until

COUNT = 3000


class Scans(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set = fresh_set()
        for i in range(COUNT):
            cls.client.put((NAMESPACE, cls.set, i), {"i": i, "s": f"text {i}"}, policy={"key": aerospike.POLICY_KEY_SEND})

    def query(self, *bins):
        query = self.client.query(NAMESPACE, self.set)
        if bins:
            query.select(*bins)
        return query

    def ids(self, records):
        return sorted(record[0][2] for record in records)

    def test_whole_set(self):
        records = self.query().results()
        self.assertEqual(self.ids(records), list(range(COUNT)))
        self.assertTrue(all(bins == {"i": key[2], "s": f"text {key[2]}"} for key, _, bins in records))

    def test_scan_class(self):
        records = self.client.scan(NAMESPACE, self.set).results()
        self.assertEqual(self.ids(records), list(range(COUNT)))

    def test_bins(self):
        self.assertEqual(sorted(bins["i"] for _, _, bins in self.query("i").results()), list(range(COUNT)))
        self.assertTrue(all(set(bins) == {"s"} for _, _, bins in self.query("s").results()))

    def test_no_bins(self):
        records = self.query().results(options={"nobins": True})
        self.assertEqual(self.ids(records), list(range(COUNT)))
        self.assertEqual([bins for _, _, bins in records if bins], [])

    def test_meta(self):
        self.assertEqual({meta["gen"] for _, meta, _ in self.query().results()}, {1})

    def test_unknown_set(self):
        self.assertEqual(self.client.query(NAMESPACE, "no-such-set").results(), [])

    def test_whole_namespace(self):
        found = [key for key, _, bins in self.client.query(NAMESPACE, None).results() if key[1] == self.set]
        self.assertEqual(len(found), COUNT)

    def test_unknown_namespace(self):
        with self.assertRaises(aerospike.exception.AerospikeError):
            self.client.query("nowhere", "x").results()

    def test_max_records(self):
        for limit in (1, 10, 1000):
            query = self.query()
            query.max_records = limit
            self.assertEqual(len(query.results()), limit)

    def test_partitions_cover_all_once(self):
        found = []
        for begin in range(0, 4096, 512):
            found += self.query().results({"partition_filter": {"begin": begin, "count": 512}})
        self.assertEqual(self.ids(found), list(range(COUNT)))

    def test_one_partition(self):
        for i in range(5):
            key = (NAMESPACE, self.set, i)
            partition = self.client.get_key_partition_id(*key)
            found = self.query().results({"partition_filter": {"begin": partition, "count": 1}})
            self.assertIn(i, self.ids(found))
            self.assertEqual({self.client.get_key_partition_id(NAMESPACE, self.set, n) for n in self.ids(found)},
                             {partition})

    def test_pages_hold_every_record_once(self):
        query = self.query()
        query.paginate()
        query.max_records = 137
        found, pages = [], 0
        while not query.is_done():
            page = query.results()
            self.assertLessEqual(len(page), 137)
            found += page
            pages += 1
            self.assertLess(pages, 100)
        self.assertEqual(self.ids(found), list(range(COUNT)))

    def test_resumes_from_a_saved_state(self):
        first = self.query()
        first.paginate()
        first.max_records = 1000
        found = first.results()
        state = first.get_partitions_status()
        second = self.query()
        found += second.results({"partition_filter": {"begin": 0, "count": 4096, "partition_status": state}})
        self.assertEqual(self.ids(found), list(range(COUNT)))

    def test_pages_while_records_are_written_and_removed(self):
        name = fresh_set()
        for i in range(1000):
            self.client.put((NAMESPACE, name, i), {"i": i}, policy={"key": aerospike.POLICY_KEY_SEND})
        query = self.client.query(NAMESPACE, name)
        query.paginate()
        query.max_records = 50
        found, step = [], 0
        while not query.is_done():
            found += self.ids(query.results())
            step += 1
            self.client.put((NAMESPACE, name, 5000 + step), {"i": 0}, policy={"key": aerospike.POLICY_KEY_SEND})
            if step <= 5:
                self.client.remove((NAMESPACE, name, found[step]))
        self.assertEqual(len(found), len(set(found)))
        self.assertLessEqual(set(range(1000)), set(found))

    def test_records_per_second(self):
        query = self.query("i")
        query.records_per_second = 20_000
        self.assertEqual(len(query.results()), COUNT)

    def test_leaving_a_scan_early(self):
        seen = []

        def stop(record):
            seen.append(record)
            return len(seen) < 10

        self.query().foreach(stop)
        # Nodes are asked side by side: some of the others' records may come before they hear of it.
        self.assertIn(len(seen), [10] if NODES == 1 else range(10, COUNT))
        self.assertEqual(len(self.query().results()), COUNT)


class Background(Case):
    def filled(self, count=500):
        name = fresh_set()
        for i in range(count):
            self.client.put((NAMESPACE, name, i), {"i": i}, {"ttl": 1000})
        return name

    def run_job(self, name, operations, policy=None):
        query = self.client.query(NAMESPACE, name)
        query.add_ops(operations)
        job = query.execute_background(policy) if policy else query.execute_background()
        wait_until(lambda: self.client.job_info(job, aerospike.JOB_QUERY)["status"] == aerospike.JOB_STATUS_COMPLETED,
                   "the background job ends")

    def test_write(self):
        name = self.filled()
        self.run_job(name, [op.write("done", True), op.increment("i", 1000)])
        records = self.client.query(NAMESPACE, name).results()
        self.assertEqual(sorted(bins["i"] for _, _, bins in records), list(range(1000, 1500)))
        self.assertTrue(all(bins["done"] is True and meta["gen"] == 2 for _, meta, bins in records))

    def test_touch(self):
        name = self.filled(50)
        query = self.client.query(NAMESPACE, name)
        query.add_ops([op.touch()])
        query.ttl = 9000
        query.execute_background()
        wait_until(lambda: all(meta["ttl"] > 8000 for _, meta, _ in self.client.query(NAMESPACE, name).results()),
                   "every record is touched")

    def test_delete(self):
        name = self.filled()
        self.run_job(name, [op.delete()])
        self.assertEqual(self.client.query(NAMESPACE, name).results(), [])

    def test_unknown_set(self):
        """The server answers 'not found', which this client takes for a job with nothing to do."""
        query = self.client.query(NAMESPACE, "no-such-set")
        query.add_ops([op.write("a", 1)])
        query.execute_background()
        self.assertEqual(self.client.query(NAMESPACE, "no-such-set").results(), [])

    def test_a_read_operation_is_refused(self):
        query = self.client.query(NAMESPACE, self.filled(1))
        query.add_ops([op.read("a")])
        with self.assertRaises(aerospike.exception.AerospikeError):
            query.execute_background()
