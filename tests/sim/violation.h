#pragma once
#include <algorithm>
#include <optional>
#include <string>

#include "common/log/memory_sink.h"
#include "tests/sim/world.h"

namespace cairn::sim {

/// The first thing that must not have happened in a history, with its time and the log lines before it.
class Violation {
public:
    /// Both outlive this.
    Violation(const World& world, const log::MemorySink& log) : world_(world), log_(log) {}

    /// The first one stays; later ones are its consequences.
    void note(const std::string& what) {
        if (text_) return;
        text_ = what + " at " + std::to_string(world_.now().count()) + " ns";
        const auto lines = log_.lines();
        for (size_t i = lines.size() - std::min(lines.size(), kLines); i < lines.size(); ++i) {
            *text_ += "\n    " + lines[i];
        }
    }
    const std::optional<std::string>& text() const { return text_; }
    explicit operator bool() const { return text_.has_value(); }

private:
    static constexpr size_t kLines = 8;

    const World& world_;
    const log::MemorySink& log_;
    std::optional<std::string> text_;
};

}  // namespace cairn::sim
