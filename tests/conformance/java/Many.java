import com.aerospike.client.AerospikeClient;
import com.aerospike.client.AerospikeException;
import com.aerospike.client.BatchDelete;
import com.aerospike.client.BatchRead;
import com.aerospike.client.BatchRecord;
import com.aerospike.client.BatchWrite;
import com.aerospike.client.Bin;
import com.aerospike.client.Info;
import com.aerospike.client.Key;
import com.aerospike.client.Operation;
import com.aerospike.client.Record;
import com.aerospike.client.ResultCode;
import com.aerospike.client.cdt.ListOperation;
import com.aerospike.client.cdt.MapOperation;
import com.aerospike.client.exp.Exp;
import com.aerospike.client.exp.ExpOperation;
import com.aerospike.client.exp.ExpReadFlags;
import com.aerospike.client.operation.BitOperation;
import com.aerospike.client.operation.HLLOperation;
import com.aerospike.client.policy.BatchPolicy;
import com.aerospike.client.policy.BatchWritePolicy;
import com.aerospike.client.policy.Policy;
import com.aerospike.client.policy.RecordExistsAction;
import com.aerospike.client.policy.ScanPolicy;
import com.aerospike.client.query.KeyRecord;
import com.aerospike.client.query.PartitionFilter;
import com.aerospike.client.query.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Batches, scans, jobs, info. */
class Many extends Harness {
    private static final int COUNT = 2000;
    private final String set = filled(COUNT);

    Many(AerospikeClient client) {
        super(client);
        test("batch reads", () -> {
            Key[] keys = {key(set, 1), key(set, 2), freshKey()};
            Record[] records = client.get((BatchPolicy) null, keys);
            equal(records[1].getLong("i"), 2L);
            equal(records[2], null);
            equal(client.exists((BatchPolicy) null, keys), new boolean[] {true, true, false});
            equal(client.get((BatchPolicy) null, keys, "s")[0].bins, Map.of("s", "text"));
            equal(client.getHeader((BatchPolicy) null, keys)[0].generation, 1);
            equal(client.get((BatchPolicy) null, keys, Operation.get("i"))[0].bins, Map.of("i", 1L));
        });
        test("a batch of mixed rows", () -> {
            Key read = stored(new Bin("a", 1)), written = freshKey(), removed = stored(new Bin("a", 1)), text = stored(new Bin("a", "text"));
            BatchWritePolicy create = new BatchWritePolicy();
            create.recordExistsAction = RecordExistsAction.CREATE_ONLY;
            List<BatchRecord> rows = List.of(new BatchRead(read, true),
                new BatchWrite(written, Operation.array(Operation.put(new Bin("b", 2)), Operation.get("b"))), new BatchDelete(removed),
                new BatchWrite(text, Operation.array(Operation.add(new Bin("a", 1)))), new BatchDelete(freshKey()),
                new BatchWrite(create, read, Operation.array(Operation.put(new Bin("a", 2)))));
            client.operate(null, rows);
            equal(rows.stream().map(row -> row.resultCode).toList(), List.of(ResultCode.OK, ResultCode.OK, ResultCode.OK,
                ResultCode.BIN_TYPE_ERROR, ResultCode.KEY_NOT_FOUND_ERROR, ResultCode.KEY_EXISTS_ERROR));
            equal(rows.get(0).record.getLong("a"), 1L);
            equal(client.exists(null, removed), false);
        });
        test("a batch of a thousand keys", () -> {
            Key[] keys = new Key[1000];
            for (int i = 0; i < keys.length; ++i) keys[i] = freshKey();
            client.operate(null, null, keys, Operation.put(new Bin("v", "x".repeat(100))));
            BatchPolicy packed = new BatchPolicy();
            packed.compress = true;
            for (BatchPolicy policy : new BatchPolicy[] {null, packed}) {
                for (Record record : client.get(policy, keys)) equal(record.getString("v").length(), 100);
            }
            equal(client.delete(null, null, keys).status, true);
            equal(client.exists(null, keys[500]), false);
        });
        test("a batch refused as a whole ends", () -> {
            BatchPolicy filtered = new BatchPolicy();
            filtered.filterExp = Exp.build(Exp.eq(Exp.intBin("i"), Exp.val(1)));
            filtered.maxRetries = 0;
            try {
                client.get(filtered, new Key[] {key(set, 1), key(set, 2)});
            } catch (AerospikeException.Timeout error) {
                throw error;
            } catch (AerospikeException error) {
                // refused, and said so
            }
        });
        test("a whole set", () -> {
            Map<Long, Record> found = scan(new ScanPolicy(), PartitionFilter.all(), set);
            equal(found.size(), COUNT);
            equal(found.get(7L).bins, Map.of("i", 7L, "s", "text"));
            equal(scan(new ScanPolicy(), PartitionFilter.all(), "no-such-set").size(), 0);
        });
        test("a query without a filter", () -> {
            Statement statement = new Statement();
            statement.setNamespace(NAMESPACE);
            statement.setSetName(set);
            int count = 0;
            for (KeyRecord one : client.query(null, statement)) count += one.record.bins.size() == 2 ? 1 : 0;
            equal(count, COUNT);
        });
        test("a scan of some bins, and of none", () -> {
            equal(scan(new ScanPolicy(), PartitionFilter.all(), set, "s").get(7L).bins, Map.of("s", "text"));
            ScanPolicy none = new ScanPolicy();
            none.includeBinData = false;
            Map<Long, Record> found = scan(none, PartitionFilter.all(), set);
            equal(found.size(), COUNT);
            equal(found.get(7L).bins == null || found.get(7L).bins.isEmpty(), true);
        });
        test("a scan with a limit, at a rate, compressed", () -> {
            ScanPolicy limited = new ScanPolicy();
            limited.maxRecords = 100;
            equal(scan(limited, PartitionFilter.all(), set).size(), 100);
            ScanPolicy slow = new ScanPolicy();
            slow.recordsPerSecond = 10_000;
            slow.compress = true;
            equal(scan(slow, PartitionFilter.all(), set).size(), COUNT);
        });
        test("a scan in parts", () -> {
            int sum = 0;
            for (int begin = 0; begin < 4096; begin += 1024) {
                sum += scan(new ScanPolicy(), PartitionFilter.range(begin, 1024), set).size();
            }
            equal(sum, COUNT);
        });
        test("a scan in pages", () -> {
            ScanPolicy page = new ScanPolicy();
            page.maxRecords = 133;
            PartitionFilter filter = PartitionFilter.all();
            Map<Long, Record> all = new TreeMap<>();
            int records = 0;
            for (int pages = 0; pages < 100 && !filter.isDone(); ++pages) {
                Map<Long, Record> found = scan(page, filter, set);
                records += found.size();
                all.putAll(found);
            }
            equal(records, COUNT);
            equal(all.size(), COUNT);
        });
        test("a background write", () -> {
            String name = filled(500);
            Statement statement = new Statement();
            statement.setNamespace(NAMESPACE);
            statement.setSetName(name);
            client.execute(null, statement, Operation.add(new Bin("i", 1000))).waitTillComplete(20, 20_000);
            scan(new ScanPolicy(), PartitionFilter.all(), name).forEach((id, record) -> equal(record.getLong("i"), id + 1000));
        });
        test("truncation", () -> {
            String name = filled(50), other = filled(50);
            client.truncate(null, NAMESPACE, name, null);
            waitUntil("the set is empty", () -> scan(new ScanPolicy(), PartitionFilter.all(), name).isEmpty());
            equal(scan(new ScanPolicy(), PartitionFilter.all(), other).size(), 50);
        });
        test("nodes and info", () -> {
            equal(client.getNodes().length, nodeCount);
            equal(client.getClusterStats().nodes.length, nodeCount);
            Map<String, String> told = Info.request(null, client.getNodes()[0], "build", "status", "namespaces", "no-such-command");
            equal(told.get("status"), "ok");
            equal(told.get("no-such-command").startsWith("ERROR"), true);
        });
        test("operations inside values work, filters hide, unknown functions fail", () -> {
            Key key = stored(new Bin("l", List.of(1)), new Bin("m", Map.of("a", 1)), new Bin("b", new byte[] {1}));
            for (Operation operation : new Operation[] {ListOperation.size("l"), MapOperation.size("m"), BitOperation.get("b", 0, 8),
                    ExpOperation.read("x", Exp.build(Exp.val(1)), ExpReadFlags.DEFAULT)}) {
                client.operate(null, key, operation);
            }
            Policy filtered = new Policy();
            filtered.filterExp = Exp.build(Exp.eq(Exp.intBin("i"), Exp.val(1)));
            filtered.failOnFilteredOut = true;
            refused(ResultCode.FILTERED_OUT, () -> client.get(filtered, key));
            refused(ResultCode.UDF_BAD_RESPONSE, () -> client.execute(null, key, "no-module", "function"));
        });
    }

    private static Key key(String set, int i) { return new Key(NAMESPACE, set, i); }

    /** A set of records {i: 0..count-1}, keyed by i. */
    private String filled(int count) {
        String name = unique("set");
        for (int i = 0; i < count; ++i) {
            client.put(writing(policy -> policy.sendKey = true), key(name, i), new Bin("i", i), new Bin("s", "text"));
        }
        return name;
    }

    /** The records by key; fails when one comes twice. */
    private Map<Long, Record> scan(ScanPolicy policy, PartitionFilter filter, String name, String... bins) {
        List<Long> twice = new ArrayList<>();
        Map<Long, Record> found = new TreeMap<>();
        client.scanPartitions(policy, filter, NAMESPACE, name, (key, record) -> {
            synchronized (found) {
                if (found.put(key.userKey.toLong(), record) != null) twice.add(key.userKey.toLong());
            }
        }, bins);
        equal(twice, List.of());
        return found;
    }
}
