#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/client/cluster_view.h"
#include "common/client/connection.h"
#include "common/runtime/loop.h"

namespace cairn::ctl {

/// The options every command has.
struct Settings {
    runtime::Endpoint host{"127.0.0.1", 3000};
    std::optional<Duration> timeout = {};  // nothing: the command's own, mostly kTimeout
    bool json = false;
};
constexpr Duration kTimeout = 5s;

/// How a command speaks with whoever called it.
struct Terminal {
    /// Writes to standard output. @return  false when nobody reads any more.
    std::function<bool(std::string_view)> print;
    /// Asks a question that is answered with y or n. Blocks. @error  there is nobody to ask.
    std::function<Result<bool>(const std::string& question)> confirm;
};

/// A node, and the nodes it knows: connections are opened when a command first needs them. Used on one loop.
class Session {
public:
    struct Node {
        runtime::Endpoint at;
        std::unique_ptr<client::Connection> connection;  // none: there is trouble
        client::ClusterView view;                        // of a node in trouble only its name
        std::string trouble{};                           // why it cannot be asked; empty: it can
    };

    Session(runtime::Loop& loop, Settings settings, Terminal terminal);

    runtime::Loop& loop() { return loop_; }
    const Settings& settings() const { return settings_; }
    Duration timeout() const { return settings_.timeout.value_or(kTimeout); }
    bool json() const { return settings_.json; }
    bool print(std::string_view text) { return terminal_.print(text); }
    Result<bool> confirm(const std::string& question) { return terminal_.confirm(question); }

    /// Whether the node can be reached. Tries again after a failure.
    runtime::Task<Result<void>> reach();
    /// The values of info commands, in the order asked. Values that report a failure are among them.
    runtime::Task<Result<std::vector<std::string>>> info(std::vector<std::string> commands);
    /// One value. @error  also when it reports a failure; the sentence names the command.
    runtime::Task<Result<std::string>> info(std::string command);

    /// Who the node is, what it holds and whom it knows, asked now.
    runtime::Task<Result<client::ClusterView>> view();
    /// The node and all that it knows, also those that cannot be reached; asked once. The node itself is the first.
    runtime::Task<Result<std::vector<Node*>>> all_nodes();
    /// The values of info commands of one of them, as info().
    runtime::Task<Result<std::vector<std::string>>> info_of(Node& node, std::vector<std::string> commands);
    /// The nodes that hold master partitions of `ns`; asked once.
    /// @error  no node has that namespace; a node cannot be reached.
    runtime::Task<Result<std::vector<Node*>>> holders(std::string ns);
    /// Sends a request for one record to the node that is master of its partition.
    runtime::Task<Result<client::Record>> ask(std::string ns, PartitionId partition, Buffer frame);
    runtime::Task<void> sleep(Duration duration);

private:
    runtime::Task<Result<void>> look_around();

    runtime::Loop& loop_;  // outlives the session
    const Settings settings_;
    const Terminal terminal_;
    std::unique_ptr<client::Connection> connection_;
    std::vector<std::unique_ptr<Node>> nodes_;  // empty until a command needs them
};

/// A mistake in the command line that only the command could see: the exit status is that of a wrong command line.
std::unexpected<Error> misuse(std::string sentence);
/// What a refused info command says, without its code: "ERROR:4:bad id" is "bad id (error 4)".
std::string refusal(std::string_view value);
/// A result code in words: "namespace not found (error 20)".
std::string describe(ResultCode code);

}  // namespace cairn::ctl
