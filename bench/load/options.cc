#include "bench/load/options.h"

#include <CLI/CLI.hpp>

#include "common/base/number.h"
#include "common/client/endpoint.h"

namespace cairn::bench {
namespace {

constexpr const char* kDescription =
    R"(Loads a server of the protocol and measures it: throughput, latency, and the server's CPU time per request.

Keys are the integers from --start-key on. A first run inserts them, later runs use them:
  cairn-bench --workload I --keys 1000000
  cairn-bench --workload RU,80 --keys 1000000 --duration 10 --server-pid $(pidof cairnd)
  cairn-bench --workload RU,100 --batch 100 --duration 10
  cairn-bench --workload S --no-bins
  cairn-bench --workload RU,100 --rate 50000 --duration 30 --json result.json

Closed loop (default): each connection keeps --pipeline requests in flight. Open loop (--rate): requests have set
times, and latency counts from the set time, also for those that had to wait for a free slot: a stall of the server
shows as what its users would have seen. Values in parentheses below are the defaults.)";

constexpr const char* kFooter =
    R"(OUTPUT
  A line each second on standard error; at the end a summary on standard output, or JSON with --json.
  'missing' counts reads that found no record; errors are counted by result code and make the exit code 2.

EXIT CODE
  0 done, no errors; 2 done, the server answered some requests with errors; 1 not done, the reason is on standard error.)";

/// Makes one of the setters below a check of CLI11: an empty string, or what is wrong.
auto with(Options& options, Result<void> (*set)(const std::string&, Options&)) {
    return [&options, set](std::string& text) {
        const auto done = set(text, options);
        return done ? std::string() : done.error().detail;
    };
}

void add_target(CLI::App& app, Options& o, std::string& host) {
    app.add_option("-H,--host", host,
                   "Address of any node: host, host:port or [IPv6]:port; the others are found through it")
        ->transform(CLI::Validator(with(o, set_host), "HOST[:PORT]"))
        ->option_text("HOST[:PORT] (127.0.0.1:3000)");
    app.add_option("-n,--namespace", o.ns, "Namespace")->option_text("NAME (test)");
    app.add_option("-s,--set", o.set, "Set; empty for none")->option_text("NAME (bench)");
    app.add_flag("--raw", o.raw, "Send requests without asking the node anything first (for bench-echo)");
}

void add_work(CLI::App& app, Options& o, std::string& workload, std::string& size) {
    static const std::map<std::string, BinType> kTypes = {
        {"string", BinType::text}, {"blob", BinType::blob}, {"integer", BinType::integer}};
    app.add_option("-w,--workload", workload,
                   "I: insert every key once. RU,P: P percent reads, the rest updates, of random keys. S: scan the set")
        ->transform(CLI::Validator(with(o, set_workload), "I|RU,P|S"))
        ->option_text("I|RU,P|S (RU,80)");
    app.add_option("-k,--keys", o.keys, "Number of keys; 20 bytes of memory each")
        ->check(CLI::Range(uint64_t{1}, uint64_t{400'000'000}))
        ->option_text("N (1000000)");
    app.add_option("--start-key", o.first_key, "First key")->option_text("N (0)");
    app.add_flag("--random-order", o.random_order, "Insert the keys in random order instead of ascending");
    app.add_option("-b,--bins", o.bins, "Bins of a record, named b, or b1 to bN")
        ->check(CLI::Range(1u, 1000u))
        ->option_text("N (1)");
    app.add_option("-t,--bin-type", o.type, "Type of each bin: string, blob, integer")
        ->transform(CLI::CheckedTransformer(kTypes, CLI::ignore_case))
        ->option_text("string|blob|integer (string)");
    app.add_option("-z,--bin-size", size, "Bytes of each bin, or a range MIN-MAX to choose from for each write")
        ->transform(CLI::Validator(with(o, set_size), "N|MIN-MAX"))
        ->option_text("N|MIN-MAX (100)");
    app.add_option("--ttl", o.ttl, "Time to live of written records in seconds; 0: the namespace's default")
        ->option_text("SECONDS (0)");
    app.add_option("--batch", o.batch, "Keys of one read request; above 1 reads are batches")
        ->check(CLI::Range(1u, 100'000u))
        ->option_text("N (1)");
    app.add_flag("--no-bins", o.no_bins, "Read metadata only");
    app.add_flag("--replace", o.replace,
                 "Writes replace records instead of merging bins: the old ones need not be read");
}

void add_load(CLI::App& app, Options& o) {
    app.add_option("-c,--connections", o.connections, "Connections, dealt to the nodes in turn")
        ->check(CLI::Range(1u, 10'000u))
        ->option_text("N (64)");
    app.add_option("-p,--pipeline", o.pipeline, "Requests in flight on each connection")
        ->check(CLI::Range(1u, 10'000u))
        ->option_text("N (1)");
    app.add_option("-T,--threads", o.threads, "Threads of this program")
        ->check(CLI::Range(1u, 256u))
        ->option_text("N (1)");
    app.add_option("-r,--rate", o.rate, "Requests a second in all (open loop); 0: as fast as replies come")
        ->check(CLI::Range(0.0, 1e9))
        ->option_text("PER_SECOND (0)");
    app.add_option("-d,--duration", o.duration_s, "Seconds to measure; without --count, RU runs 10")
        ->check(CLI::Range(0.0, 1e7))
        ->option_text("SECONDS");
    app.add_option("--count", o.count, "Requests (scans with S) after which the run ends; S alone runs one")
        ->option_text("N");
    app.add_option("--warmup", o.warmup_s, "Seconds of load before measuring starts")
        ->check(CLI::Range(0.0, 1e5))
        ->option_text("SECONDS");
    app.add_option("--seed", o.random_seed, "Seed of all random choices")->option_text("N (1)");
}

void add_output(CLI::App& app, Options& o) {
    app.add_option("--server-pid", o.server_pid,
                   "Process id of a server on this machine: its CPU time and context switches per request are reported")
        ->check(CLI::PositiveNumber)
        ->option_text("PID");
    app.add_option("--json", o.json, "Write the result as JSON to this file; - is standard output")
        ->option_text("FILE");
    app.add_flag("-q,--quiet", o.quiet, "No progress lines");
}

/// What a single option's check cannot see. @return an empty string, or what is wrong.
std::string contradiction(const Options& o) {
    if (o.threads > o.connections) return "--threads must not exceed --connections: each thread needs one";
    if (o.mode == Mode::scan && o.batch > 1) return "--batch does not go with --workload S";
    if (o.mode == Mode::scan && o.rate > 0) return "--rate does not go with --workload S";
    if (o.mode == Mode::scan && o.raw) return "--raw does not go with --workload S";
    if (o.mode == Mode::insert && o.warmup_s > 0) return "--warmup does not go with --workload I: it would use up keys";
    if (o.mode == Mode::insert && o.batch > 1) return "--batch does not go with --workload I: only reads are batched";
    return "";
}

}  // namespace

Result<void> set_workload(const std::string& text, Options& options) {
    if (text == "I") {
        options.mode = Mode::insert;
    } else if (text == "S") {
        options.mode = Mode::scan;
    } else if (text.starts_with("RU,") && parse_number(std::string_view(text).substr(3), options.read_percent) &&
               options.read_percent <= 100) {
        options.mode = Mode::read_update;
    } else {
        return fail("must be I, S or RU,<percent of reads 0 to 100>, got '" + text + "'");
    }
    return {};
}

Result<void> set_size(const std::string& text, Options& options) {
    const size_t dash = text.find('-');
    const std::string_view view(text);
    const auto max_text = dash == view.npos ? view : view.substr(dash + 1);
    const bool ok = parse_number(view.substr(0, dash), options.size_min) && parse_number(max_text, options.size_max);
    if (!ok || options.size_min > options.size_max || options.size_max > 8u << 20) {
        return fail("must be a number of bytes or a range MIN-MAX, at most 8388608, got '" + text + "'");
    }
    return {};
}

Result<void> set_host(const std::string& text, Options& options) {
    auto endpoint = client::parse_endpoint(text);
    if (!endpoint) return fail("must be host, host:port or [IPv6]:port, got '" + text + "'");
    options.seed_node = *std::move(endpoint);
    return {};
}

std::variant<Options, int> parse_options(int argc, char** argv) {
    Options options;
    std::string host, workload, size;
    CLI::App app(kDescription, "cairn-bench");
    app.footer(kFooter);
    app.get_formatter()->column_width(28);
    add_target(app, options, host);
    add_work(app, options, workload, size);
    add_load(app, options);
    add_output(app, options);
    app.set_version_flag("--version", std::string("cairn-bench ") + CAIRN_VERSION);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error) == 0 ? 0 : 1;
    }
    if (const auto wrong = contradiction(options); !wrong.empty()) {
        std::cerr << wrong << "\nRun with --help for more information.\n";
        return 1;
    }
    if (options.mode == Mode::read_update && options.duration_s == 0 && options.count == 0) options.duration_s = 10;
    if (options.mode == Mode::scan && options.duration_s == 0 && options.count == 0) options.count = 1;
    if (options.type == BinType::integer) options.size_min = options.size_max = 8;
    return options;
}

}  // namespace cairn::bench
