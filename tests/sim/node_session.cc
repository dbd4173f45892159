#include "tests/sim/node_session.h"

namespace cairn::sim {

NodeSession::NodeSession(World& world, runtime::Loop& loop, Plan plan, std::unique_ptr<Work> work)
    : world_(world), loop_(loop), plan_(std::move(plan)), work_(std::move(work)) {
    loop_.post([this] { open(); });
}

void NodeSession::open() {
    if (!timer_) timer_ = loop_.make_timer();
    loop_.connect(plan_.node, [this](Result<std::unique_ptr<runtime::Socket>> socket) {
        if (!socket) return open_later();
        ++connections_made_;
        socket_ = socket->get();
        connection_ = std::make_unique<client::Connection>(loop_, *std::move(socket), plan_.patience);
        greet();
    });
}

// As official clients do: who are you, and do you serve?
void NodeSession::greet() {
    static constexpr std::string_view kAsked[] = {"node", "partition-generation", "features"};
    ++running_;
    greeted_ = false;
    connection_->info(kAsked, [this](Result<client::InfoMap> info) {
        greeted_ = info.has_value() && info->size() == 3 && !info->find("node")->second.empty();
        ended(greeted_);
    });
}

void NodeSession::ended(bool answered) {
    --running_;
    lost_ |= !answered;
    if (!lost_) return fill();
    if (running_ != 0) return;  // they will all be told
    lost_ = false;
    connection_.reset();
    if (!work_->finished()) open_later();
}

void NodeSession::fill() {
    while (greeted_ && running_ < plan_.depth) {
        ++running_;  // before: work that looks at finished() counts itself
        if (work_->begin(*this)) continue;
        --running_;
        return;
    }
}

void NodeSession::open_later() {
    timer_->arm(1ms + world_.dice().up_to(5ms), [this] { open(); });
}

}  // namespace cairn::sim
