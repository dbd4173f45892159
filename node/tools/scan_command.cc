#include <CLI/CLI.hpp>

#include "common/client/request.h"
#include "node/tools/await.h"
#include "node/tools/command_line.h"
#include "node/tools/record_name.h"
#include "node/tools/scan_stream.h"
#include "node/tools/text_parts.h"
#include "node/tools/value_json.h"

namespace cairn::ctl {
namespace {

struct Options {
    std::string place;
    std::vector<std::string> bins;
    uint64_t limit = 0;
    uint32_t per_second = 0;
    bool no_bins = false;
};
using Opened = Result<std::unique_ptr<runtime::Socket>>;

Json record_json(const client::Record& record, bool no_bins) {
    Json line = Json::object();
    if (!record.set.empty()) line["set"] = record.set;
    if (record.key) line["key"] = to_json(*record.key);
    line["digest"] = to_hex(record.digest.bytes);
    line["generation"] = record.generation;
    if (record.void_time != 0) line["expires"] = date_text(kEpochUnixSeconds + record.void_time);
    if (!no_bins) line["bins"] = bins_json(record);
    return line;
}

/// The partitions of which `node` is master.
std::vector<PartitionId> partitions_of(const Session::Node& node, const std::string& ns) {
    const auto& master = node.view.namespaces.find(ns)->second.columns[0];
    std::vector<PartitionId> ids;
    for (uint32_t id = 0; id < kPartitionCount; ++id) {
        if (master[id]) ids.push_back(PartitionId(id));
    }
    return ids;
}

runtime::Task<Result<int>> scan(Session& session, Options options) {
    const auto place = parse_place(options.place);
    if (!place) co_return misuse("NS[.SET] " + place.error().detail);
    const auto nodes = co_await session.holders(place->ns);
    if (!nodes) co_return std::unexpected(nodes.error());
    const std::vector<std::string_view> bins(options.bins.begin(), options.bins.end());

    uint64_t printed = 0;
    for (const Session::Node* node : *nodes) {
        if (options.limit != 0 && printed >= options.limit) break;
        const auto partitions = partitions_of(*node, place->ns);
        client::Scan request;
        request.ns = place->ns;
        request.set = place->set;
        request.partitions = partitions;
        request.bins = bins;
        request.no_bins = options.no_bins;
        request.records_max = options.limit == 0 ? 0 : options.limit - printed;
        request.records_per_second = options.per_second;
        Buffer frame;
        client::append_scan(frame, request);

        const auto connect = [&](auto done) { session.loop().connect(node->at, std::move(done)); };
        Opened socket = co_await until_done<Opened>(connect);
        if (!socket) co_return fail("node " + node->at.text() + ": " + socket.error().detail);
        const auto take = [&](const client::Record& record) {
            session.print(json_line(record_json(record, options.no_bins)));
            ++printed;
        };
        std::unique_ptr<ScanStream> stream;
        const auto start = [&](auto done) {
            stream = std::make_unique<ScanStream>(session.loop(), std::move(*socket), frame.bytes(), session.timeout(),
                                                  take, std::move(done));
        };
        const auto done = co_await until_done<Result<void>>(start);
        if (!done) co_return fail("scan " + options.place + ": " + done.error().detail);
    }
    co_return 0;
}

}  // namespace

void add_scan_command(CLI::App& app, Action& chosen) {
    const auto options = std::make_shared<Options>();
    auto* scan_app = app.add_subcommand("scan", "Print the records of a namespace or a set, a line of JSON each");
    scan_app->add_option("NS[.SET]", options->place, "Namespace, and set after a point")->required();
    scan_app->add_option("--limit", options->limit, "At most so many records")->option_text("N");
    scan_app->add_option("--rate", options->per_second, "At most so many records a second from a node")
        ->option_text("N");
    auto* no_bins = scan_app->add_flag("--no-bins", options->no_bins, "Digest and generation only");
    scan_app->add_option("--bin", options->bins, "Only these bins")->option_text("BIN...")->excludes(no_bins);
    scan_app->footer(
        "EXAMPLES\n  cairnctl scan test.people --limit 10\n  cairnctl scan test --no-bins | wc -l\n"
        "  cairnctl scan test.people | jq .bins.name\n");
    scan_app->callback([&chosen, options] { chosen = [options](Session& s) { return scan(s, *options); }; });
}

}  // namespace cairn::ctl
