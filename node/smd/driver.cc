#include "node/smd/driver.h"

#include <algorithm>
#include <vector>

#include "node/smd/codec.h"

namespace cairn::smd {
namespace {

constexpr Duration kTick = 100ms;
constexpr Duration kApplyAgain = 1s;
constexpr uint64_t kRemovedKeptMs = 30ull * 24 * 3600 * 1000;

}  // namespace

Driver::Driver(runtime::Machine& machine, DriverSettings settings, log::Logger& logger, Callbacks callbacks)
    : machine_(machine),
      loop_(machine.loop(0)),
      settings_(std::move(settings)),
      log_(logger),
      callbacks_(std::move(callbacks)),
      file_(machine.disk(), loop_, settings_.path, [this](const Result<void>& outcome) { written(outcome); }),
      timer_(loop_.make_timer()) {}

Driver::~Driver() = default;

Result<void> Driver::start(fabric::Fabric& fabric, const std::function<void(Map&)>& add_local) {
    Map map;
    const auto stored = machine_.disk().read_file(settings_.path);
    if (!stored && stored.error().code != ResultCode::not_found) return std::unexpected(stored.error());
    if (stored) {
        auto decoded = decode_map(as_bytes(*stored));
        if (!decoded) {
            return fail("'" + settings_.path + "': " + decoded.error().detail +
                        "; without the file the node takes what the other nodes have");
        }
        map = *std::move(decoded);
    }
    const uint64_t now_ms = loop_.clock().epoch_ms();
    map.forget_removed(now_ms - std::min(now_ms, kRemovedKeptMs));
    add_local(map);
    std::vector<Key> keys;
    for (const auto& [key, entry] : map.entries()) keys.push_back(key);
    if (auto applied = callbacks_.apply(map, keys); !applied) return applied;
    smd_.emplace(settings_.self, std::move(map), MachineSettings{}, settings_.mutants);
    publish();
    fabric_ = &fabric;
    tick();
    return {};
}

void Driver::stop() {
    stopped_ = true;
    for (const auto& [ticket, done] : std::exchange(asked_, {})) done(Outcome::in_doubt);
}

void Driver::tick() {
    timer_->arm(kTick, [this] { tick(); });
    if (!unapplied_.empty() && loop_.clock().now() - applied_at_ >= kApplyAgain) apply();
    step(Machine::Tick{});
}

void Driver::accepted(const cluster::Formed& formed) {
    Machine::ViewAccepted accepted{formed.view.ballot, {}};
    for (const auto& member : formed.view.members) accepted.members.push_back(member.id);
    step(accepted);
}

void Driver::changed(const std::shared_ptr<const fabric::Standing>& standing) {
    const auto& formed = standing->formed;
    const bool had_view = told_ != nullptr || waiting_ != nullptr;
    waiting_.reset();
    if (!formed && had_view) step(Machine::ViewLost{});
    const bool serves = !formed || formed == told_ || (smd_->ready() && smd_->view() == formed->view.ballot);
    if (!serves) {
        waiting_ = standing;
        return;
    }
    told_ = formed;
    callbacks_.changed(standing);
}

void Driver::on(const Machine::Ready& ready) {
    if (!waiting_ || waiting_->formed->view.ballot != ready.view) return;
    const auto standing = std::exchange(waiting_, nullptr);
    told_ = standing->formed;
    callbacks_.changed(standing);
}

bool Driver::packet(cluster::NodeId from, const cluster::FrameHeader& header, Bytes body) {
    auto message = decode(header, body, settings_.cluster_name);
    if (!message) return false;
    step(Machine::Arrived{from, *std::move(message)});
    return true;
}

void Driver::change(Change change, std::function<void(Outcome)> done) {
    if (stopped_ || !smd_) return done(Outcome::in_doubt);
    asked_[++tickets_] = std::move(done);
    step(Machine::Wanted{tickets_, std::move(change)});
}

void Driver::step(const Machine::Event& event) {
    if (stopped_ || !smd_) return;
    for (const auto& effect : smd_->step(event, loop_.clock().now())) {
        std::visit([this](const auto& known) { on(known); }, effect);
    }
}

void Driver::on(const Machine::Send& send) {
    fabric_->send_packet(send.to,
                         std::make_shared<const std::vector<uint8_t>>(encode(send.message, settings_.cluster_name)));
}

void Driver::on(const Machine::Changed& changed) {
    unapplied_.insert(changed.keys.begin(), changed.keys.end());
    if (!unapplied_.empty()) {
        publish();
        apply();
    }
    keeping_.push_back({changed.number, false});
    file_.store(std::string(as_text(encode(smd_->map()))), [this, number = changed.number] {
        const auto kept = std::ranges::find(keeping_, number, &Keeping::number);
        if (kept != keeping_.end()) kept->durable = true;
        tell_kept();
    });
}

/// What is in force is what the map has now, which may be later than what was to be put in force.
void Driver::apply() {
    applied_at_ = loop_.clock().now();
    const std::vector<Key> keys(unapplied_.begin(), unapplied_.end());
    const auto applied = callbacks_.apply(smd_->map(), keys);
    if (!applied && !apply_failed_) {
        log_.warning(log::Module::smd, "system metadata cannot be put in force; it is tried again",
                     {{"reason", applied.error().detail}});
    }
    apply_failed_ = !applied;
    if (!applied) return;
    unapplied_.clear();
    loop_.post([this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) tell_kept();
    });
}

void Driver::tell_kept() {
    while (unapplied_.empty() && !keeping_.empty() && keeping_.front().durable) {
        const uint64_t number = keeping_.front().number;
        keeping_.pop_front();
        step(Machine::Kept{number});
    }
}

void Driver::written(const Result<void>& outcome) {
    if (!outcome && !write_failed_) {
        log_.warning(log::Module::smd, "system metadata cannot be stored: changes wait until it can",
                     {{"reason", outcome.error().detail}});
    }
    write_failed_ = !outcome;
}

void Driver::on(const Machine::Answer& answer) {
    const auto asked = asked_.extract(answer.ticket);
    if (asked) asked.mapped()(answer.outcome);
}

void Driver::publish() {
    auto map = std::make_shared<const Map>(smd_->map());
    const std::lock_guard lock(mutex_);
    published_ = std::move(map);
}

std::shared_ptr<const Map> Driver::map() const {
    const std::lock_guard lock(mutex_);
    return published_;
}

}  // namespace cairn::smd
