#include "node/copies/driver.h"

#include <array>

#include "node/partition/prefetch.h"

namespace cairn::copies {
namespace {

constexpr Duration kTick = 50ms;
constexpr size_t kPacketBytes = 1 << 20;  // of content; then the packet goes out
constexpr Duration kViewWantedEvery = 5s;

}  // namespace

Driver::Driver(runtime::Machine& machine, std::span<const std::unique_ptr<partition::Namespace>> namespaces,
               const DriverSettings& settings, log::Logger& logger, Answers answers)
    : loop_(machine.loop(0)),
      settings_(settings),
      log_(logger),
      answers_(std::move(answers)),
      slots_(TransferLimits{}.at_once),
      outbox_(loop_, [this](Outbox::Gathered gathered) { perform(std::move(gathered)); }),
      timer_(loop_.make_timer()) {
    for (const auto& ns : namespaces) {
        replication::ReplicationSettings of_partitions;
        of_partitions.policy = settings_.policies[ns->index];
        of_partitions.open_max = settings_.trial.open_max;
        of_partitions.waits_for_grant = true;
        of_partitions.transfer.records_max = 256;
        of_partitions.transfer.bytes_max = 256 << 10;
        copies_.push_back(std::make_unique<Copies>(*ns, settings_.self, of_partitions, slots_, outbox_,
                                                   settings_.trial.mutants, settings_.trial.partitions));
        ns->replicator.store(copies_.back().get(), std::memory_order_release);
    }
}

Driver::~Driver() {
    for (const auto& of : copies_) of->ns().replicator.store(nullptr, std::memory_order_release);
}

void Driver::use(fabric::Fabric& fabric) {
    fabric_ = &fabric;
    refilled_at_ = now();
    tick();
}

void Driver::accepted(const cluster::Formed& formed) {
    for (const auto& of : copies_) {
        const std::string& name = of->ns().name;
        const auto plans = formed.table.namespaces.find(name);
        if (plans == formed.table.namespaces.end()) continue;
        size_t wished = 1;
        for (const auto& plan : plans->second) wished = std::max(wished, plan.targets.size());
        of->set_column_count(wished);
        std::vector<cluster::Copy> holders;
        for (const auto& [node, report] : formed.reports) {
            const auto said = report->namespaces.find(name);
            if (said != report->namespaces.end()) holders.push_back({node, said->second.data});
        }
        for (size_t p = 0; p < plans->second.size(); ++p) {
            const auto partition = static_cast<PartitionId>(p);
            of->step(
                partition,
                Machine::ViewAccepted{formed.view.ballot, plans->second[p], fabric_->own_cfg(name, partition), holders},
                now());
        }
    }
}

void Driver::changed(const fabric::Standing& standing) {
    if (standing.formed == serving_) return;
    serving_ = standing.formed;
    for (const auto& of : copies_) {
        for (size_t p = 0; p < of->partition_count(); ++p) {
            const auto partition = static_cast<PartitionId>(p);
            if (serving_) of->step(partition, Machine::ViewActive{serving_->view.ballot}, now());
            else of->step(partition, Machine::ViewLost{}, now());
        }
        of->begin_count();
    }
}

/// Letters to one partition that follow each other go in together.
bool Driver::packet(cluster::NodeId from, const cluster::FrameHeader& header, Bytes body) {
    auto packet = replication::decode(header, body, settings_.cluster_name);
    if (!packet) return false;
    if (!arrived_at_) arrived_at_ = now();
    const Duration held = std::chrono::microseconds(packet->held_us);
    std::vector<Machine::Event> events;
    size_t expected_to = 0;
    for (size_t i = 0; i < packet->letters.size();) {
        if (i >= expected_to) expected_to = expect(std::span(packet->letters).subspan(i)) + i;
        const auto& first = packet->letters[i];
        const std::string_view name = first.name;
        const PartitionId partition = first.partition;
        events.clear();
        for (;
             i < packet->letters.size() && packet->letters[i].partition == partition && packet->letters[i].name == name;
             ++i) {
            events.push_back(Machine::Arrived{from, packet->view, std::move(packet->letters[i].message), held});
        }
        Copies* const of = find(name);
        if (of != nullptr && partition < of->partition_count()) of->step(partition, events, now());
    }
    return true;
}

Copies* Driver::find(std::string_view name) const {
    const auto of =
        std::ranges::find(copies_, name, [](const auto& known) -> std::string_view { return known->ns().name; });
    return of == copies_.end() ? nullptr : of->get();
}

size_t Driver::expect(std::span<const replication::Letter> letters) const {
    std::array<partition::Expected, partition::kPrefetchGroup> records;
    size_t known = 0;
    letters = letters.first(std::min(letters.size(), records.size()));
    for (const auto& letter : letters) {
        Copies* const of = find(letter.name);
        if (of == nullptr) continue;
        of->prefetch(letter.partition);
        const auto* const replica = std::get_if<replication::Replica>(&letter.message);
        if (replica != nullptr) records[known++] = {.ns = &of->ns(), .digest = replica->digest};
    }
    if (known > 1) partition::prefetch(std::span(records).first(known));
    return letters.size();
}

void Driver::set_limits(const TransferLimits& limits) {
    const bool tried = settings_.trial.transfers_max != 0 && limits.at_once != 0;
    slots_.set_max(tried ? settings_.trial.transfers_max : limits.at_once);
    slots_.set_rates(limits.bytes_per_second, limits.records_per_second);
    for (size_t i = 0; i < copies_.size() && i < limits.namespaces.size(); ++i) {
        auto& transfers = copies_[i]->transfers();
        transfers.order.store(limits.namespaces[i].order, std::memory_order_relaxed);
        transfers.fill_delay_ns.store(limits.namespaces[i].fill_delay.count(), std::memory_order_relaxed);
    }
}

void Driver::tick() {
    timer_->arm(kTick, [this] { tick(); });
    slots_.refill(now() - std::exchange(refilled_at_, now()));
    for (const auto& of : copies_) of->tick(now());
    grant();
}

void Driver::grant() {
    const int free = slots_.free();
    const auto waits = [](const auto& of) { return of->any_waiting(); };
    if (free <= 0 || std::ranges::none_of(copies_, waits)) return;
    std::vector<Copies::Waiting> waiting;
    for (const auto& of : copies_) of->append_waiting(waiting);
    const size_t count = std::min(waiting.size(), static_cast<size_t>(free));
    std::ranges::partial_sort(waiting, waiting.begin() + static_cast<ptrdiff_t>(count), {}, &Copies::Waiting::rank);
    for (const auto& next : std::span(waiting).first(count)) {
        copies_[next.ns]->step(next.partition, Machine::Tick{.granted = true}, now());
    }
}

void Driver::perform(Outbox::Gathered gathered) {
    const Duration held = arrived_at_ ? now() - *std::exchange(arrived_at_, std::nullopt) : Duration{};
    for (Outbox::Item& item : gathered.items) {
        std::visit([&](auto& known) { on(item, known); }, item.what);
    }
    for (const Outbox::Outgoing& outgoing : gathered.packets) post(outgoing, held);
    std::map<size_t, std::vector<Answered>> by_worker;
    for (const auto& [ns, answer] : gathered.answers) {
        if (answer.outcome == Machine::Outcome::ok && answer.since != Instant{}) {
            copies_[ns]->sync_times().network.record(now() - answer.since - answer.held);
        }
        by_worker[answer.ticket >> 48].push_back({answer.ticket, answer.outcome != Machine::Outcome::ok});
    }
    for (auto& [worker, answers] : by_worker) answers_(worker, std::move(answers));
    grant();
}

/// As one packet, or as several when it is large.
/// @param held  since what it acknowledges arrived.
void Driver::post(const Outbox::Outgoing& outgoing, Duration held) {
    const auto held_us = static_cast<uint32_t>(held / 1us);
    const std::span letters(outgoing.packet.letters);
    for (size_t begin = 0, end = 0, bytes = 0; begin < letters.size(); begin = end, bytes = 0) {
        while (end < letters.size() && bytes < kPacketBytes && end - begin < replication::kPacketMessagesMax) {
            const replication::Letter& letter = letters[end++];
            bytes += replication::content_size(letter.message);
            if (!std::holds_alternative<replication::ReplicaAck>(letter.message)) continue;
            find(letter.name)->sync_times().replica.record(held);
        }
        fabric_->send_packet(outgoing.to, std::make_shared<const std::vector<uint8_t>>(replication::encode(
                                              outgoing.packet.view, held_us, letters.subspan(begin, end - begin),
                                              settings_.cluster_name)));
    }
}

void Driver::on(const Outbox::Item& item, Machine::StoreCfg& wanted) {
    Copies& of = *copies_[item.ns];
    const uint64_t number = wanted.number;
    const auto stored = [this, &of, partition = item.partition, number] {
        of.step(partition, Machine::CfgStored{number}, now());
    };
    if (!fabric_->store_cfg(of.ns().name, item.partition, std::move(wanted.cfg), stored)) {
        of.step(item.partition, Machine::CfgRefused{number}, now());
    }
}

void Driver::on(const Outbox::Item& item, const Machine::Erased&) {
    log_.debug(log::Module::migrate, "the copy of a partition is not needed any more",
               {{"namespace", copies_[item.ns]->ns().name}, {"partition", uint64_t{item.partition}}});
}

void Driver::on(const Outbox::Item&, const Machine::WantView&) {
    if (now() - view_wanted_at_ < kViewWantedEvery) return;
    view_wanted_at_ = now();
    fabric_->recluster();
}

void Driver::on(const Outbox::Item& item, const Outbox::WantsReads&) {
    copies_[item.ns]->read_wanted(item.partition, loop_);
}

void Driver::on(const Outbox::Item& item, const Outbox::HasData& has) {
    fabric_->set_has_data(copies_[item.ns]->ns().name, item.partition, has.has_data);
}

}  // namespace cairn::copies
