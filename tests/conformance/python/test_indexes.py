"""Secondary indexes, and queries over them."""
import aerospike
from aerospike import predicates
from aerospike_helpers import cdt_ctx
from aerospike_helpers import expressions as exp
from aerospike_helpers.operations import operations
from harness import NAMESPACE, Case, fresh_set, wait_until


def place(longitude, latitude):
    return aerospike.GeoJSON({"type": "Point", "coordinates": [longitude, latitude]})


class Indexes(Case):
    def setUp(self):
        self.set = fresh_set()
        self.made = []

    def tearDown(self):
        for name in self.made:
            self.client.index_remove(NAMESPACE, name)

    def index(self, create, *arguments):
        """An index that is ready to be asked."""
        name = f"{self.set}-{len(self.made)}"
        getattr(self.client, create)(NAMESPACE, self.set, *arguments, name)
        self.made.append(name)
        self.wait_for(name)
        return name

    def wait_for(self, name):
        wait_until(lambda: "load_pct=100;" in self.info(f"sindex-stat:namespace={NAMESPACE};indexname={name}"), "the index is built")

    def info(self, command):
        return self.client.info_random_node(command).split("\t", 1)[-1].strip()

    def fill(self, count=100):
        for i in range(count):
            self.client.put((NAMESPACE, self.set, i), {
                "i": i, "s": f"s{i % 10}", "b": bytes([i % 5]), "l": [i, i + 1000], "m": {f"k{i}": i, "all": -1},
                "n": {"in": i}, "g": place(i / 10, 0.0)})

    def ask(self, predicate, policy=None, context=None):
        query = self.client.query(NAMESPACE, self.set)
        query.select("i")
        query.where(*((predicate,) if context is None else (predicate, context)))
        return sorted(bins["i"] for _, _, bins in query.results(policy or {}))

    def test_numbers(self):
        self.fill()
        self.index("index_integer_create", "i")
        self.assertEqual(self.ask(predicates.equals("i", 7)), [7])
        self.assertEqual(self.ask(predicates.between("i", 10, 19)), list(range(10, 20)))
        self.assertEqual(self.ask(predicates.between("i", 1000, 1001)), [])

    def test_strings_and_blobs(self):
        self.fill()
        self.index("index_string_create", "s")
        self.index("index_blob_create", "b")
        self.assertEqual(self.ask(predicates.equals("s", "s3")), list(range(3, 100, 10)))
        self.assertEqual(self.ask(predicates.equals("b", b"\x02")), list(range(2, 100, 5)))

    def test_lists_and_maps(self):
        self.fill()
        self.index("index_list_create", "l", aerospike.INDEX_NUMERIC)
        self.index("index_map_keys_create", "m", aerospike.INDEX_STRING)
        self.index("index_map_values_create", "m", aerospike.INDEX_NUMERIC)
        self.assertEqual(self.ask(predicates.range("l", aerospike.INDEX_TYPE_LIST, 1000, 1004)), list(range(5)))
        self.assertEqual(self.ask(predicates.contains("m", aerospike.INDEX_TYPE_MAPKEYS, "k42")), [42])
        self.assertEqual(self.ask(predicates.contains("m", aerospike.INDEX_TYPE_MAPVALUES, -1)), list(range(100)))

    def test_places(self):
        self.fill()
        self.index("index_geo2dsphere_create", "g")
        square = {"type": "Polygon", "coordinates": [[[0.95, -1], [2.05, -1], [2.05, 1], [0.95, 1], [0.95, -1]]]}
        self.assertEqual(self.ask(predicates.geo_within_geojson_region("g", str(aerospike.GeoJSON(square).dumps()))), list(range(10, 21)))

    def test_with_a_filter(self):
        self.fill()
        self.index("index_integer_create", "i")
        policy = {"expressions": exp.Eq(exp.StrBin("s"), exp.Val("s3")).compile()}
        self.assertEqual(self.ask(predicates.between("i", 0, 49), policy), [3, 13, 23, 33, 43])

    def test_inside_values(self):
        self.fill()
        context = [cdt_ctx.cdt_ctx_map_key("in")]
        name = f"{self.set}-context"
        self.client.index_cdt_create(NAMESPACE, self.set, "n", aerospike.INDEX_TYPE_DEFAULT, aerospike.INDEX_NUMERIC, name, context)
        self.made.append(name)
        self.wait_for(name)
        self.assertEqual(self.ask(predicates.between("n", 5, 8), context=context), [5, 6, 7, 8])

    def test_follow_their_records(self):
        self.fill(10)
        self.index("index_integer_create", "i")
        self.client.put((NAMESPACE, self.set, 1), {"i": 50})
        self.client.remove((NAMESPACE, self.set, 2))
        self.client.remove_bin((NAMESPACE, self.set, 3), ["i"])
        self.assertEqual(self.ask(predicates.between("i", 0, 49)), [0] + list(range(4, 10)))
        self.assertEqual(self.ask(predicates.equals("i", 50)), [50])
        self.client.put((NAMESPACE, self.set, 4), {"i": 4}, {"ttl": 1})
        wait_until(lambda: self.ask(predicates.equals("i", 4)) == [], "the record expires")
        name = self.made[0]
        wait_until(lambda: "entries=7;" in self.info(f"sindex-stat:namespace={NAMESPACE};indexname={name}"), "its entry goes")

    def test_pages(self):
        self.fill()
        self.index("index_integer_create", "i")
        query = self.client.query(NAMESPACE, self.set)
        query.where(predicates.between("i", 0, 89))
        query.max_records = 7
        query.paginate()
        found = []
        while not query.is_done():
            found += [bins["i"] for _, _, bins in query.results()]
        self.assertEqual(sorted(found), list(range(90)))

    def test_background_operations(self):
        self.fill()
        self.index("index_integer_create", "i")
        query = self.client.query(NAMESPACE, self.set)
        query.where(predicates.between("i", 0, 49))
        query.add_ops([operations.increment("i", 10)])  # some come into the range, or stay in it: once each all the same
        job = query.execute_background()
        wait_until(lambda: self.client.job_info(job, aerospike.JOB_QUERY)["status"] == aerospike.JOB_STATUS_COMPLETED, "the job ends")
        found = sorted(bins["i"] for _, _, bins in self.client.query(NAMESPACE, self.set).results())
        self.assertEqual(found, sorted([i + 10 for i in range(50)] + list(range(50, 100))))

    def test_without_an_index(self):
        self.fill(1)
        with self.refused(201):
            self.ask(predicates.equals("i", 1))

    def test_defined_twice(self):
        name = self.index("index_integer_create", "i")
        self.client.index_integer_create(NAMESPACE, self.set, "i", name)
        with self.refused(200):
            self.client.index_string_create(NAMESPACE, self.set, "i", name)
        self.assertIn(f"indexname={name}:", self.info("sindex-list"))
        self.client.index_remove(NAMESPACE, name)
        self.assertNotIn(f"indexname={name}:", self.info("sindex-list"))
