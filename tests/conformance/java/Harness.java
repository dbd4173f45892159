import com.aerospike.client.AerospikeClient;
import com.aerospike.client.AerospikeException;
import com.aerospike.client.Bin;
import com.aerospike.client.Key;
import com.aerospike.client.ResultCode;
import com.aerospike.client.policy.ClientPolicy;
import com.aerospike.client.policy.WritePolicy;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** What the Java client's tests share: the client, fresh keys, result codes, and the lines of a result. */
abstract class Harness {
    interface Body { void run() throws Exception; }

    private record Case(String name, Body body) {}

    static final String NAMESPACE = "test";
    static final boolean onDevice = "device".equals(System.getenv("CAIRN_STORAGE"));
    static final int nodeCount = Integer.parseInt(System.getenv().getOrDefault("CAIRN_SIZE", "1"));
    private static int counter;
    final AerospikeClient client;
    private final List<Case> cases = new ArrayList<>();

    Harness(AerospikeClient client) { this.client = client; }

    static AerospikeClient connect(Consumer<ClientPolicy> change) {
        ClientPolicy policy = new ClientPolicy();
        change.accept(policy);
        return new AerospikeClient(policy, "127.0.0.1", Integer.parseInt(System.getenv("CAIRN_PORT")));
    }

    void test(String name, Body body) { cases.add(new Case(name, body)); }

    /** Runs the cases whose names hold the word; returns how many failed. */
    int run(String word) {
        int failed = 0;
        for (Case one : cases) {
            if (!one.name.contains(word)) continue;
            try {
                one.body.run();
                System.out.println("PASS " + one.name);
            } catch (Throwable thrown) {
                ++failed;
                System.out.println("FAIL " + one.name);
                StringWriter text = new StringWriter();
                thrown.printStackTrace(new PrintWriter(text));
                text.toString().lines().limit(12).forEach(line -> System.out.println("    " + line));
            }
        }
        return failed;
    }

    static String unique(String kind) { return kind + "-" + ProcessHandle.current().pid() + "-" + ++counter; }

    static Key freshKey() { return new Key(NAMESPACE, "java", unique("key")); }

    Key stored(Bin... bins) {
        Key key = freshKey();
        client.put(null, key, bins);
        return key;
    }

    static WritePolicy writing(Consumer<WritePolicy> change) {
        WritePolicy policy = new WritePolicy();
        change.accept(policy);
        return policy;
    }

    static void equal(Object got, Object want) {
        if (!Objects.deepEquals(got, want)) throw new AssertionError("got " + got + ", expected " + want);
    }

    static void near(int got, int want) {
        if (got > want || got < want - 30) throw new AssertionError("got " + got + ", expected about " + want);
    }

    static void refused(int code, Body body) throws Exception {
        try {
            body.run();
        } catch (AerospikeException error) {
            if (error.getResultCode() != code) throw error;
            return;
        }
        throw new AssertionError("not refused; expected " + ResultCode.getResultString(code));
    }

    /** Asks again until the condition holds. */
    static void waitUntil(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + 20_000_000_000L;
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() > deadline) throw new AssertionError("not within 20 s: " + what);
            Thread.sleep(20);
        }
    }
}
