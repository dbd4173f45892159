#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "node/server/info_handler.h"
#include "node/server/state.h"

namespace cairn::server {

/// One info command, taken apart: `name`, `name/arg0/arg1`, or `name:key=value;key=value`. Views into the line.
class InfoCommand {
public:
    explicit InfoCommand(std::string_view line);

    std::string_view name;
    std::string_view argument;  // all after the '/' of `name/argument`
    std::string_view tail;      // all after the ':' of `name:tail`

    /// The value of the first of `keys` that is given; nothing when none is.
    std::optional<std::string_view> parameter(std::initializer_list<std::string_view> keys) const;
};

/// The info commands of this node. Called by all workers at once: it has no state of its own.
class Info final : public InfoHandler {
public:
    using Answer = std::function<void(const InfoCommand& command, InfoSession& session, std::string& value)>;

    /// @param state  outlives this.
    explicit Info(State& state);

    void answer(std::string_view line, InfoSession& session, std::string& value) override;

    /// Adds a command; used while the node is built.
    void add(std::string_view name, Answer answer) { commands_.insert_or_assign(std::string(name), std::move(answer)); }

private:
    State& state_;
    std::map<std::string, Answer, std::less<>> commands_;
};

}  // namespace cairn::server
