#include "node/server/info/info.h"

#include "node/server/info/identity.h"

namespace cairn::server {

InfoCommand::InfoCommand(std::string_view line) {
    const size_t end = std::min(line.find_first_of("/:;"), line.size());
    name = line.substr(0, end);
    if (end == line.size()) return;
    (line[end] == '/' ? argument : tail) = line.substr(end + 1);
}

std::optional<std::string_view> InfoCommand::parameter(std::initializer_list<std::string_view> keys) const {
    for (std::string_view rest = tail; !rest.empty();) {
        const size_t end = std::min(rest.find(';'), rest.size());
        const std::string_view pair = rest.substr(0, end);
        rest.remove_prefix(std::min(end + 1, rest.size()));
        const size_t equals = pair.find('=');
        if (equals == std::string_view::npos) continue;
        for (const std::string_view key : keys) {
            if (pair.substr(0, equals) == key) return pair.substr(equals + 1);
        }
    }
    return std::nullopt;
}

Info::Info(State& state) : state_(state) { add_identity_commands(*this, state_); }

void Info::answer(std::string_view line, InfoSession& session, std::string& value) {
    const InfoCommand command(line);
    const auto found = commands_.find(command.name);
    if (found == commands_.end()) {
        value = "ERROR:4:unrecognized command";
        return;
    }
    found->second(command, session, value);
}

}  // namespace cairn::server
