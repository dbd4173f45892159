import com.aerospike.client.AerospikeClient;
import com.aerospike.client.Bin;
import com.aerospike.client.Key;
import com.aerospike.client.Operation;
import com.aerospike.client.Record;
import com.aerospike.client.ResultCode;
import com.aerospike.client.Value;
import com.aerospike.client.policy.GenerationPolicy;
import com.aerospike.client.policy.Policy;
import com.aerospike.client.policy.RecordExistsAction;
import com.aerospike.client.policy.WritePolicy;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Single records. */
class Records extends Harness {
    private static final int NEVER = -1;
    private static final int INVALID_GEOJSON = 160;  // the client has no name for it

    Records(AerospikeClient client) {
        super(client);
        test("scalars come back as written", () -> {
            for (Object value : new Object[] {0L, 1L, -1L, Long.MAX_VALUE, Long.MIN_VALUE, 1.5, 5e-324, Double.POSITIVE_INFINITY, "",
                    "plain", "žluťoučký 日本 🐎", "x".repeat(100_000), true, false}) kept(value);
        });
        test("bytes", () -> {
            byte[] value = {0, 1, -1, 0};
            equal(client.get(null, stored(new Bin("v", value))).getValue("v"), value);
        });
        test("lists and maps", () -> {
            Map<Object, Object> map = new HashMap<>();
            map.put("a", 1L);
            map.put(2L, Arrays.asList(1L, "two", 2.5, null, true, List.of(List.of())));
            map.put("deep", Map.of("x", Map.of("y", List.of("z"))));
            for (Object value : new Object[] {List.of(), Arrays.asList(1L, null, "x"), map, Map.of()}) kept(value);
            kept(new TreeMap<>(Map.of("b", 2L, "a", 1L)));
        });
        test("GeoJSON", () -> {
            String point = "{\"type\":\"Point\",\"coordinates\":[-122.0,37.5]}";
            equal(client.get(null, stored(Bin.asGeoJSON("v", point))).getGeoJSONString("v"), point);
            refused(INVALID_GEOJSON, () -> stored(Bin.asGeoJSON("v", "not JSON")));
        });
        test("HLL bytes", () -> {
            byte[] sketch = new byte[23];
            sketch[1] = 4;
            Record record = client.get(null, stored(new Bin("v", new Value.HLLValue(sketch))));
            equal(record.getHLLValue("v").getBytes(), sketch);
        });
        test("null removes a bin, the last one the record", () -> {
            Key key = stored(new Bin("a", 1), new Bin("b", 2));
            client.put(null, key, Bin.asNull("a"));
            equal(client.get(null, key).bins, Map.of("b", 2L));
            client.put(null, key, Bin.asNull("b"));
            equal(client.exists(null, key), false);
        });
        test("selected bins, header, existence", () -> {
            Key key = stored(new Bin("a", 1), new Bin("b", 2), new Bin("c", 3));
            equal(client.get(null, key, "a", "c", "none").bins, Map.of("a", 1L, "c", 3L));
            equal(client.getHeader(null, key).generation, 1);
            equal(client.exists(null, key), true);
            equal(client.exists(null, freshKey()), false);
            equal(client.get(null, freshKey()), null);
        });
        test("an unknown namespace", () ->
            refused(ResultCode.INVALID_NAMESPACE, () -> client.put(null, new Key("nowhere", "s", 1), new Bin("a", 1))));
        test("existence policies", () -> {
            Key key = freshKey();
            refused(ResultCode.KEY_NOT_FOUND_ERROR, () -> client.put(action(RecordExistsAction.UPDATE_ONLY), key, new Bin("a", 1)));
            refused(ResultCode.KEY_NOT_FOUND_ERROR, () -> client.put(action(RecordExistsAction.REPLACE_ONLY), key, new Bin("a", 1)));
            client.put(action(RecordExistsAction.CREATE_ONLY), key, new Bin("a", 1), new Bin("b", 2));
            refused(ResultCode.KEY_EXISTS_ERROR, () -> client.put(action(RecordExistsAction.CREATE_ONLY), key, new Bin("a", 2)));
            client.put(action(RecordExistsAction.UPDATE_ONLY), key, new Bin("c", 3));
            equal(client.get(null, key).bins.size(), 3);
            client.put(action(RecordExistsAction.REPLACE), key, new Bin("d", 4));
            client.put(action(RecordExistsAction.REPLACE_ONLY), key, new Bin("e", 5));
            equal(client.get(null, key).bins, Map.of("e", 5L));
        });
        test("generation policies", () -> {
            Key key = stored(new Bin("a", 1));
            refused(ResultCode.GENERATION_ERROR, () -> client.put(generation(GenerationPolicy.EXPECT_GEN_EQUAL, 7), key, new Bin("a", 2)));
            client.put(generation(GenerationPolicy.EXPECT_GEN_EQUAL, 1), key, new Bin("a", 2));
            refused(ResultCode.GENERATION_ERROR, () -> client.put(generation(GenerationPolicy.EXPECT_GEN_GT, 2), key, new Bin("a", 3)));
            client.put(generation(GenerationPolicy.EXPECT_GEN_GT, 3), key, new Bin("a", 3));
            refused(ResultCode.GENERATION_ERROR, () -> client.delete(generation(GenerationPolicy.EXPECT_GEN_EQUAL, 1), key));
            equal(client.get(null, key).generation, 3);
        });
        test("another key of the same digest is refused", () -> {
            WritePolicy send = writing(policy -> policy.sendKey = true);
            Key key = freshKey();
            client.put(send, key, new Bin("a", 1));
            Key other = new Key(NAMESPACE, key.digest, key.setName, Value.get("another"));
            refused(ResultCode.KEY_MISMATCH, () -> client.put(send, other, new Bin("a", 2)));
            equal(client.get(null, key).getLong("a"), 1L);
        });
        test("life times", () -> {
            Key key = stored(new Bin("a", 1));
            equal(client.get(null, key).getTimeToLive(), NEVER);
            client.put(ttl(1000), key, new Bin("a", 2));
            near(client.get(null, key).getTimeToLive(), 1000);
            client.put(ttl(-2), key, new Bin("a", 2));
            near(client.get(null, key).getTimeToLive(), 1000);
            client.touch(ttl(5000), key);
            near(client.get(null, key).getTimeToLive(), 5000);
            client.put(ttl(-1), key, new Bin("a", 2));
            equal(client.get(null, key).getTimeToLive(), NEVER);
            refused(ResultCode.PARAMETER_ERROR, () -> client.put(ttl(11 * 365 * 86400), key, new Bin("a", 2)));
            refused(ResultCode.KEY_NOT_FOUND_ERROR, () -> client.touch(null, freshKey()));
            refused(ResultCode.FAIL_FORBIDDEN, () -> client.put(ttl(10), new Key("bar", "java", 1), new Bin("a", 1)));
        });
        test("an expired record is not served", () -> {
            Key key = freshKey();
            client.put(ttl(1), key, new Bin("a", 1));
            waitUntil("a record of one second expires", () -> !client.exists(null, key));
            equal(client.get(null, key), null);
        });
        test("deletes", () -> {
            Key key = stored(new Bin("a", 1));
            WritePolicy durable = writing(policy -> policy.durableDelete = true);
            if (onDevice) {
                equal(client.delete(durable, key), true);
                client.put(null, key, new Bin("a", 1));
            } else {
                refused(ResultCode.ENTERPRISE_ONLY, () -> client.delete(durable, key));
            }
            equal(client.delete(null, key), true);
            equal(client.delete(null, key), false);
        });
        test("a record too big", () ->
            refused(ResultCode.RECORD_TOO_BIG, () -> stored(new Bin("a", new byte[1 << 20]))));
        test("arithmetic and strings", () -> {
            Key key = stored(new Bin("i", 1), new Bin("f", 1.5), new Bin("s", "b"));
            client.add(null, key, new Bin("i", 41), new Bin("f", 2.25));
            client.append(null, key, new Bin("s", "c"));
            client.prepend(null, key, new Bin("s", "a"));
            equal(client.get(null, key).bins, Map.of("i", 42L, "f", 3.75, "s", "abc"));
            refused(ResultCode.BIN_TYPE_ERROR, () -> client.add(null, key, new Bin("s", 1)));
            refused(ResultCode.BIN_TYPE_ERROR, () -> client.append(null, key, new Bin("i", "x")));
        });
        test("operations in order", () -> {
            Key key = stored(new Bin("n", 1), new Bin("s", "b"));
            Record record = client.operate(null, key, Operation.add(new Bin("n", 4)), Operation.get("n"), Operation.append(new Bin("s", "c")),
                Operation.prepend(new Bin("s", "a")), Operation.get("s"), Operation.put(new Bin("w", 9)), Operation.get("w"));
            equal(record.bins, Map.of("n", 5L, "s", "abc", "w", 9L));
            equal(record.generation, 2);
            equal(client.operate(null, key, Operation.touch(), Operation.getHeader()).generation, 3);
            equal(client.operate(null, key, Operation.delete(), Operation.put(new Bin("only", 1)), Operation.get()).bins,
                Map.of("only", 1L));
            refused(ResultCode.BIN_TYPE_ERROR,
                () -> client.operate(null, key, Operation.put(new Bin("only", 2)), Operation.append(new Bin("only", "x"))));
            equal(client.get(null, key).getLong("only"), 1L);
        });
        test("an answer for every operation", () -> {
            Key key = stored(new Bin("n", 1));
            Record record = client.operate(writing(policy -> policy.respondAllOps = true), key, Operation.add(new Bin("n", 4)),
                Operation.get("n"));
            equal(record.getList("n"), Arrays.asList(null, 5L));
        });
        test("compressed requests and answers", () -> {
            Policy packed = new Policy();
            packed.compress = true;
            Key key = freshKey();
            String value = "compress me ".repeat(5000);
            client.put(new WritePolicy(packed), key, new Bin("s", value));
            equal(client.get(packed, key).getString("s"), value);
            equal(client.get(null, key).getString("s"), value);
        });
        test("a client with one connection serves on after errors", () -> {
            Key key = stored(new Bin("s", "text"));
            try (AerospikeClient one = connect(policy -> policy.maxConnsPerNode = 1)) {
                for (int i = 0; i < 20; ++i) {
                    refused(ResultCode.BIN_TYPE_ERROR, () -> one.add(null, key, new Bin("s", 1)));
                    equal(one.get(null, freshKey()), null);
                    equal(one.get(null, key).getString("s"), "text");
                }
            }
        });
    }

    private void kept(Object value) { equal(client.get(null, stored(new Bin("v", Value.get(value)))).getValue("v"), value); }

    private static WritePolicy action(RecordExistsAction action) { return writing(policy -> policy.recordExistsAction = action); }

    private static WritePolicy ttl(int seconds) { return writing(policy -> policy.expiration = seconds); }

    private static WritePolicy generation(GenerationPolicy kind, int generation) {
        return writing(policy -> {
            policy.generationPolicy = kind;
            policy.generation = generation;
        });
    }
}
