#include "node/tools/session.h"

#include <array>

#include "node/tools/await.h"

namespace cairn::ctl {
namespace {

using client::Connection;
using runtime::Task;
using Opened = Result<std::unique_ptr<Connection>>;

Task<Opened> open(runtime::Loop& loop, runtime::Endpoint to, Duration timeout) {
    const auto start = [&](auto done) { client::connect(loop, to, timeout, std::move(done)); };
    co_return co_await until_done<Opened>(start);
}

Task<Result<client::ClusterView>> fetch(Connection& connection) {
    const auto start = [&](auto done) { client::fetch_view(connection, std::move(done)); };
    co_return co_await until_done<Result<client::ClusterView>>(start);
}

Task<Result<std::vector<std::string>>> values_of(Connection& connection, std::vector<std::string> commands) {
    const std::vector<std::string_view> names(commands.begin(), commands.end());
    const auto start = [&](auto done) { connection.info(names, std::move(done)); };
    auto map = co_await until_done<Result<client::InfoMap>>(start);
    if (!map) co_return std::unexpected(map.error());
    std::vector<std::string> values;
    for (const auto& command : commands) {
        const auto found = map->find(command);
        if (found == map->end()) co_return fail("info '" + command + "' was not answered");
        values.push_back(found->second);
    }
    co_return values;
}

struct Meaning {
    ResultCode code;
    std::string_view text;
};
constexpr std::array kMeanings = {
    Meaning{ResultCode::server_error, "the server could not do it"},
    Meaning{ResultCode::not_found, "record not found"},
    Meaning{ResultCode::generation, "the record has another generation"},
    Meaning{ResultCode::parameter, "the request makes no sense to the server"},
    Meaning{ResultCode::record_exists, "the record exists already"},
    Meaning{ResultCode::out_of_space, "the namespace takes no writes: its memory is full (stop-writes)"},
    Meaning{ResultCode::timeout, "the server ran out of time"},
    Meaning{ResultCode::always_forbidden, "not permitted"},
    Meaning{ResultCode::unavailable, "the partition is not available"},
    Meaning{ResultCode::incompatible_type, "the bin's type does not fit"},
    Meaning{ResultCode::record_too_big, "the record is too big (max-record-size)"},
    Meaning{ResultCode::key_busy, "too many requests for this record"},
    Meaning{ResultCode::query_abort, "the query was aborted"},
    Meaning{ResultCode::unsupported_feature, "not supported by the server"},
    Meaning{ResultCode::device_overload, "the storage is overloaded"},
    Meaning{ResultCode::key_mismatch, "another key is stored with this digest"},
    Meaning{ResultCode::namespace_not_found, "namespace not found"},
    Meaning{ResultCode::bin_name, "a bin's name is longer than 15 bytes"},
    Meaning{ResultCode::forbidden, "forbidden by the namespace's configuration"},
    Meaning{ResultCode::enterprise_only, "not supported by this edition"},
    Meaning{ResultCode::not_authenticated, "the server wants a user"},
    Meaning{ResultCode::role_violation, "the user may not do this"},
    Meaning{ResultCode::geo_invalid_geojson, "not valid GeoJSON"},
};

}  // namespace

std::string describe(ResultCode code) {
    const auto number = "error " + std::to_string(int(code));
    for (const auto& [known, text] : kMeanings) {
        if (known == code) return std::string(text) + " (" + number + ")";
    }
    return number;
}

std::unexpected<Error> misuse(std::string sentence) { return fail(ResultCode::parameter, std::move(sentence)); }

std::string refusal(std::string_view value) {
    const size_t first = value.find(':');
    if (first == value.npos) return std::string(value);
    const size_t second = value.find(':', first + 1);
    if (second == value.npos) return std::string(value.substr(first + 1));
    return std::string(value.substr(second + 1)) + " (error " +
           std::string(value.substr(first + 1, second - first - 1)) + ")";
}

Session::Session(runtime::Loop& loop, Settings settings, Terminal terminal)
    : loop_(loop), settings_(std::move(settings)), terminal_(std::move(terminal)) {}

Task<Result<void>> Session::reach() {
    if (connection_ != nullptr && !connection_->broken()) co_return Result<void>();
    auto opened = co_await open(loop_, settings_.host, timeout());
    if (!opened) co_return fail("--host " + settings_.host.text() + ": " + opened.error().detail);
    connection_ = std::move(*opened);
    co_return Result<void>();
}

Task<Result<std::vector<std::string>>> Session::info(std::vector<std::string> commands) {
    if (const auto reached = co_await reach(); !reached) co_return std::unexpected(reached.error());
    auto values = co_await values_of(*connection_, std::move(commands));
    if (!values) co_return fail("--host " + settings_.host.text() + ": " + values.error().detail);
    co_return values;
}

Task<Result<std::vector<std::string>>> Session::info_of(Node& node, std::vector<std::string> commands) {
    co_return co_await values_of(*node.connection, std::move(commands));
}

Task<Result<std::string>> Session::info(std::string command) {
    std::vector<std::string> commands(1, command);
    auto values = co_await info(std::move(commands));
    if (!values) co_return std::unexpected(values.error());
    if (client::is_info_error(values->front()))
        co_return fail("'" + command + "' was refused: " + refusal(values->front()));
    co_return std::move(values->front());
}

Task<Result<client::ClusterView>> Session::view() {
    if (const auto reached = co_await reach(); !reached) co_return std::unexpected(reached.error());
    auto view = co_await fetch(*connection_);
    if (!view) co_return fail("--host " + settings_.host.text() + ": " + view.error().detail);
    co_return view;
}

Task<Result<void>> Session::look_around() {
    if (!nodes_.empty()) co_return Result<void>();
    auto view = co_await this->view();
    if (!view) co_return std::unexpected(view.error());
    const auto peers = view->peers.peers;
    auto seed = std::make_unique<Node>();
    seed->at = settings_.host;
    seed->connection = std::move(connection_);
    seed->view = std::move(*view);
    nodes_.push_back(std::move(seed));
    for (const auto& peer : peers) {
        if (peer.addresses.empty()) continue;
        Node& node = *nodes_.emplace_back(std::make_unique<Node>());
        node.at = peer.addresses.front();
        node.view.node = peer.node;
        auto opened = co_await open(loop_, node.at, timeout());
        if (!opened) {
            node.trouble = opened.error().detail;
            continue;
        }
        auto its_view = co_await fetch(**opened);
        if (!its_view) {
            node.trouble = its_view.error().detail;
            continue;
        }
        node.connection = std::move(*opened);
        node.view = std::move(*its_view);
    }
    co_return Result<void>();
}

Task<Result<std::vector<Session::Node*>>> Session::all_nodes() {
    if (const auto looked = co_await look_around(); !looked) co_return std::unexpected(looked.error());
    std::vector<Node*> all;
    for (const auto& node : nodes_) all.push_back(node.get());
    co_return all;
}

Task<Result<std::vector<Session::Node*>>> Session::holders(std::string ns) {
    if (const auto looked = co_await look_around(); !looked) co_return std::unexpected(looked.error());
    std::vector<Node*> found;
    bool known = false;
    for (const auto& node : nodes_) {
        if (!node->trouble.empty()) co_return fail("node " + node->view.node + ": " + node->trouble);
        const auto replicas = node->view.namespaces.find(ns);
        if (replicas == node->view.namespaces.end()) continue;
        known = true;
        if (!replicas->second.columns.empty() && replicas->second.columns[0].any()) found.push_back(node.get());
    }
    if (!known) co_return fail("namespace '" + ns + "' is not known to " + settings_.host.text());
    if (found.empty()) co_return fail("namespace '" + ns + "' has no partitions yet: the node is not ready");
    co_return found;
}

Task<Result<client::Record>> Session::ask(std::string ns, PartitionId partition, Buffer frame) {
    auto nodes = co_await holders(ns);
    if (!nodes) co_return std::unexpected(nodes.error());
    for (Node* node : *nodes) {
        if (!node->view.namespaces.find(ns)->second.columns[0][partition]) continue;
        const auto start = [&](auto done) { node->connection->send(frame.bytes(), std::move(done)); };
        auto record = co_await until_done<Result<client::Record>>(start);
        if (!record) co_return fail("node " + node->at.text() + ": " + record.error().detail);
        co_return record;
    }
    co_return fail("partition " + std::to_string(partition) + " of namespace '" + ns + "' has no master now");
}

Task<void> Session::sleep(Duration duration) {
    const auto timer = loop_.make_timer();
    const auto start = [&](auto done) { timer->arm(duration, [done = std::move(done)]() mutable { done(true); }); };
    (void)co_await until_done<bool>(start);
}

}  // namespace cairn::ctl
