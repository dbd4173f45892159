#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "node/server/info/command.h"
#include "node/server/info_handler.h"
#include "node/server/state.h"

namespace cairn::server {

/// The info commands of this node. Called by all workers at once: it has no state of its own.
class Info final : public InfoHandler {
public:
    /// @return  the value: all that follows the tab.
    using Answer = std::function<std::string(const InfoCommand& command, InfoSession& session)>;

    /// @param state  outlives this.
    explicit Info(State& state);

    /// While the node loads most names are refused, so that clients take it for a seed that is not up yet.
    void answer(std::string_view line, InfoSession& session, std::string& value) override;
    /// The same as a value, for ourselves.
    std::string ask(std::string_view line, InfoSession& session);

    /// Adds a command; used while the node is built.
    void add(std::string_view name, Answer answer) { commands_.insert_or_assign(std::string(name), std::move(answer)); }
    /// In alphabetical order.
    std::vector<std::string_view> names() const;

private:
    State& state_;
    std::map<std::string, Answer, std::less<>> commands_;
};

}  // namespace cairn::server
