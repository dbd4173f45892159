#include "node/server/migration_pace.h"

#include <cmath>

namespace cairn::server {
namespace {

/// A step of a third: after some seconds little is left of what was.
void smooth(double& value, double now) { value += (now - value) / 3; }

}  // namespace

void MigrationPace::look(const std::vector<const copies::Copies*>& copies, Instant now) {
    const std::lock_guard lock(mutex_);
    const double seconds = std::chrono::duration<double>(now - std::exchange(looked_at_, now)).count();
    const bool first = namespaces_.empty();
    namespaces_.resize(copies.size());
    for (size_t i = 0; i < copies.size(); ++i) {
        Namespace& known = namespaces_[i];
        const auto& done = copies[i]->transfers();
        const uint64_t bytes =
            done.bytes_sent.load(std::memory_order_relaxed) + done.bytes_received.load(std::memory_order_relaxed);
        const size_t unfinished = copies[i]->unfinished();
        if (!first && seconds > 0) {
            smooth(known.bytes_per_second, double(bytes - known.bytes) / seconds);
            // A new view has more to do: that is no pace.
            if (unfinished > known.unfinished) known.partitions_per_second = 0;
            else smooth(known.partitions_per_second, double(known.unfinished - unfinished) / seconds);
        }
        known.bytes = bytes;
        known.unfinished = unfinished;
    }
}

MigrationPace::Pace MigrationPace::of(size_t ns) const {
    const std::lock_guard lock(mutex_);
    if (ns >= namespaces_.size()) return {};
    const Namespace& known = namespaces_[ns];
    Pace pace{.bytes_per_second = static_cast<uint64_t>(known.bytes_per_second)};
    constexpr double kSlowest = 1.0 / 3600;  // partitions a second
    if (known.unfinished != 0 && known.partitions_per_second > kSlowest) {
        pace.eta_s = static_cast<uint64_t>(std::ceil(double(known.unfinished) / known.partitions_per_second));
    }
    return pace;
}

}  // namespace cairn::server
