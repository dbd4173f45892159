#include "node/server/info/changes.h"

namespace cairn::server {

smd::Set set_of(smd::Module module, std::string key, std::string value) {
    return {{module, std::move(key)}, std::make_shared<const std::string>(std::move(value))};
}

smd::Set removal_of(smd::Module module, std::string key) { return {{module, std::move(key)}}; }

std::string key_of(std::string_view ns, std::string_view rest) {
    return std::string(ns) + (rest.empty() ? "" : "|") + std::string(rest);
}

std::string change_cluster(const State& state, InfoSession& session, std::vector<smd::Set> sets,
                           std::function<std::string(smd::Outcome)> text) {
    if (!session.later) return info_error(int(ResultCode::forbidden), "nobody can wait here for the other nodes");
    smd::Change change{std::move(sets), session.clock.epoch_ms()};
    state.change_metadata(std::move(change), [tell = session.later(), text = std::move(text)](smd::Outcome outcome) {
        tell(text(outcome));
    });
    return "";
}

std::string outcome_text(smd::Outcome outcome) {
    switch (outcome) {
        case smd::Outcome::ok: return "ok";
        case smd::Outcome::too_much:
            return info_error(int(ResultCode::forbidden), "the cluster has as much system metadata as it may have");
        default: return info_error(int(ResultCode::timeout), "timeout");
    }
}

}  // namespace cairn::server
