import com.aerospike.client.AerospikeClient;

/** Runs the Java client's tests against the server at port CAIRN_PORT. Argument: a part of the case names to run. */
public class Main {
    public static void main(String[] arguments) {
        String word = arguments.length > 0 ? arguments[0] : "";
        int failed;
        try (AerospikeClient client = Harness.connect(policy -> {})) {
            failed = new Records(client).run(word) + new Many(client).run(word);
        }
        System.exit(failed == 0 ? 0 : 1);
    }
}
