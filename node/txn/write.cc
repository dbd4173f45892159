#include "node/txn/write.h"

#include <algorithm>
#include <vector>

#include "node/record/bins.h"
#include "node/txn/checks.h"
#include "node/txn/operations.h"
#include "node/txn/replicate.h"
#include "node/txn/reply.h"
#include "node/txn/ttl.h"
#include "node/txn/update_time.h"
#include "node/udf/runner.h"

namespace cairn::txn {
namespace {

using partition::Partition;
using partition::SetId;
using wire::FieldType;
using wire::OpCode;

/// What the record-size limit counts besides the body: as the original counts it, so that the largest records of the
/// one are the largest of the other.
constexpr size_t kCountedHead = 43;

bool passes_generation(const wire::MessageHeader& header, uint32_t current) {
    if ((header.info2 & wire::info2::generation) != 0) return header.generation == current;
    if ((header.info2 & wire::info2::generation_gt) != 0) return header.generation > current;
    return true;
}

ResultCode check_sender(const partition::Namespace& ns, const wire::MessageHeader& header,
                        NamespaceCounters& counters) {
    const bool from_xdr = (header.info1 & wire::info1::xdr) != 0;
    const auto& refused = from_xdr ? ns.reject_xdr_writes : ns.reject_non_xdr_writes;
    if (!refused.load(std::memory_order_relaxed)) return ResultCode::ok;
    counters.fail_xdr_forbidden.add();
    return ResultCode::forbidden;
}

/// Whether a record may end as this command asks.
ResultCode check_durability(const partition::Namespace& ns, const wire::MessageHeader& header) {
    if ((header.info2 & wire::info2::durable_delete) != 0) {
        // Without a device nothing is durable: the promise would not be kept.
        return ns.store ? ResultCode::ok : ResultCode::enterprise_only;
    }
    return ns.disallow_expunge.load(std::memory_order_relaxed) ? ResultCode::forbidden : ResultCode::ok;
}

/// The reply to what this step has written is sent when it is durable, where that is promised.
void note_owed(const partition::Namespace& ns, Worker& worker, const Partition& partition) {
    if (ns.store->commits()) worker.owe(*ns.store, partition.ticket());
}

/// A version that is about to end, for secondary indexes to find its entries. One that cannot be read ends all the same:
/// an entry that is left over does no harm.
/// @return  ok or waiting.
ResultCode load_for_indexes(Partition& partition, Worker& worker, record::Head*& old) {
    if (!partition.indexed() || old == nullptr) return ResultCode::ok;
    return partition.load(old, *worker.reads) == ResultCode::waiting ? ResultCode::waiting : ResultCode::ok;
}

/// Ends a record as the command asks: leaving nothing, or a tombstone that no older version outlives.
ResultCode end(partition::Namespace& ns, Worker& worker, Partition& partition, const wire::MessageHeader& header,
               record::Head& old) {
    if ((header.info2 & wire::info2::durable_delete) == 0) {
        if (ns.store && ns.store->failed()) return ResultCode::server_error;  // as publish() would answer
        const Digest digest = old.digest;
        partition.erase(&old);
        replicate(ns, worker, header, partition, digest, nullptr);
        return ResultCode::ok;
    }
    record::Head* const grave = partition.place(sizeof(record::Head) / record::kUnit);
    if (grave == nullptr) return ResultCode::out_of_space;
    grave->kind = uint32_t(record::Kind::tombstone);
    grave->generation = old.generation == 0xFFFF ? uint16_t(1) : uint16_t(old.generation + 1);
    grave->set_id = old.set_id;
    grave->digest = old.digest;
    grave->set_last_update_ms(update_time(worker.clock, old.last_update_ms()));
    if (const ResultCode code = partition.publish(grave, &old); code != ResultCode::ok) return code;
    replicate(ns, worker, header, partition, grave->digest, grave);
    return ResultCode::ok;
}

/// A record as a function gets it: a copy, so that the function need not run inside the door.
struct CalledRecord {
    udf::RecordFacts facts;
    std::vector<uint8_t> key;  // type byte and value; empty: none
    Buffer version;  // head and body, when it exists
};

/// The record of one write command, from before its first check to its new version.
class Write {
public:
    /// @param plan  of the operations; null: a function is called instead.
    Write(partition::Namespace& ns, Worker& worker, const Command& command, const OperationPlan* plan,
          const Filter* filter, Partition& partition, Reply& reply)
        : ns_(ns),
          worker_(worker),
          command_(command),
          header_(command.header),
          plan_(plan),
          filter_(filter),
          partition_(partition),
          reply_(reply) {}

    /// Runs the operations and keeps what they made.
    ResultCode run() {
        if (const ResultCode code = prepare(); code != ResultCode::ok) return code;
        return operate();
    }

    /// All that is checked before the record changes; afterwards its old version is whole where it counts.
    ResultCode prepare() {
        if (const ResultCode code = admit_write(ns_, worker_, partition_.id()); code != ResultCode::ok) return code;
        old_ = partition_.find(command_.digest);
        exists_ = old_ != nullptr && !is_gone(ns_, *old_, worker_.clock);
        if (old_ != nullptr) reply_.shows(*old_);  // an expired one too: errors carry what was found
        if (const ResultCode code = check_policies(); code != ResultCode::ok) return code;
        if (const ResultCode code = check_set(); code != ResultCode::ok) return code;
        const bool whole = !partition_.in_store();
        const auto filtered =
            exists_ ? check_metadata(filter_, ns_, worker_, *old_, whole) : std::optional(ResultCode::ok);
        if (filtered && *filtered != ResultCode::ok) return *filtered;
        if (const ResultCode code = load_old(!filtered); code != ResultCode::ok) return code;
        if (!filtered) {
            if (const ResultCode code = check_filter(filter_, ns_, worker_, *old_); code != ResultCode::ok) return code;
        }
        return choose_key();
    }

    /// The record as it is now, for a function; prepare() has passed.
    CalledRecord called() const {
        CalledRecord called;
        called.facts.digest = command_.digest.bytes;
        if (!exists_) return called;
        const uint32_t now = worker_.clock.epoch_s();
        called.facts.exists = true;
        called.facts.set = ns_.sets.name(set_);
        called.facts.generation = old_->generation;
        called.facts.ttl_s = old_->void_time > now ? old_->void_time - now : 0;
        called.facts.last_update_ms = old_->last_update_ms();
        called.facts.size = old_->size();
        if (!key_.empty()) called.key.assign(key_.begin(), key_.end());
        called.version.append(Bytes(reinterpret_cast<const uint8_t*>(old_), old_->size()));
        return called;
    }
    /// Whether the record is still as `called` has it, byte for byte.
    bool is(const CalledRecord& called) const {
        if (!exists_ || !called.facts.exists) return exists_ == called.facts.exists;
        return std::ranges::equal(Bytes(reinterpret_cast<const uint8_t*>(old_), old_->size()), called.version.bytes());
    }
    /// Keeps what a function made of the record in the draft.
    ResultCode keep(const udf::RecordChange& change) {
        if (worker_.draft.bin_count() > record::kBinsMax) return ResultCode::parameter;
        if (change.removed || worker_.draft.empty()) {
            if (!exists_) return ResultCode::ok;
            const uint32_t generation = old_->generation + 1u;
            // Durable or not as the reference has it: a function knows no tombstones.
            const ResultCode code = end(ns_, worker_, partition_, {.timeout_ms = header_.timeout_ms}, *old_);
            if (code != ResultCode::ok) return code;
            reply_.shows(generation, 0);
            partition_.tidy();
            return ResultCode::ok;
        }
        const uint32_t ttl_s = change.ttl_s.value_or(header_.record_ttl);
        if (const ResultCode code = choose_void_time(ttl_s); code != ResultCode::ok) return code;
        if (change.drops_key) key_ = {};
        return store();
    }

    Partition& partition() { return partition_; }

private:
    ResultCode operate() {
        if (const ResultCode code = choose_void_time(header_.record_ttl); code != ResultCode::ok) return code;
        worker_.draft.begin(exists_ && !replaces(header_) ? old_ : nullptr);
        const expr::Subject subject{.digest = command_.digest,
                                    .set = ns_.sets.name(set_),
                                    .now_ms = worker_.clock.epoch_ms(),
                                    .head = exists_ ? old_ : nullptr,
                                    .draft = &worker_.draft};
        const ResultCode code =
            run_operations(command_.ops, *plan_, subject, worker_.program, worker_.draft, worker_.scratch, reply_.unit);
        if (code != ResultCode::ok) return code;
        if (worker_.draft.bin_count() > record::kBinsMax) return ResultCode::parameter;
        return worker_.draft.empty() ? end_record() : store();
    }

    ResultCode check_policies() const {
        const bool must_exist = (plan_ != nullptr && plan_->must_exist) ||
                                (header_.info3 & (wire::info3::update_only | wire::info3::replace_only)) != 0;
        if (!exists_ && must_exist) return ResultCode::not_found;
        if (exists_ && (header_.info2 & wire::info2::create_only) != 0) return ResultCode::record_exists;
        if (!passes_generation(header_, exists_ ? old_->generation : 0u)) return ResultCode::generation;
        return ResultCode::ok;
    }

    ResultCode check_set() {
        const auto name = command_.fields.text(FieldType::set);
        if (exists_) {
            if (!same_name(ns_.sets.name(old_->set_id), name)) return ResultCode::parameter;
            set_ = old_->set_id;
        } else if (name.contains('\0')) {
            return ResultCode::parameter;
        } else if (!name.empty()) {
            set_ = ns_.sets.find_or_add(name);
            if (set_ == partition::kNoSet) return ResultCode::parameter;  // name too long, or too many sets
        }
        if (set_ == partition::kNoSet) return ResultCode::ok;
        const partition::Set& set = ns_.sets[set_];
        const uint64_t count_max = set.stop_writes_count.load(std::memory_order_relaxed);
        const uint64_t size_max = set.stop_writes_size.load(std::memory_order_relaxed);
        if (!exists_ && count_max != 0 && set.objects.load(std::memory_order_relaxed) >= count_max) {
            return ResultCode::forbidden;
        }
        if (size_max != 0 && set.used_bytes.load(std::memory_order_relaxed) >= size_max) return ResultCode::forbidden;
        return ResultCode::ok;
    }

    /// The old version's key and bins, when they count.
    ResultCode load_old(bool for_filter) {
        const bool counts = exists_ && !(replaces(header_) && !old_->has_key && !for_filter);
        if (!counts) return load_for_indexes(partition_, worker_, old_);
        return partition_.load(old_, *worker_.reads);
    }

    ResultCode choose_key() {
        if (exists_) key_ = record::stored_key(*old_);
        if (!command_.fields.has(FieldType::key)) return ResultCode::ok;
        const Bytes sent = command_.fields[FieldType::key];
        if (exists_) {
            if (const ResultCode code = check_key(*old_, sent); code != ResultCode::ok) return code;
        } else if (!valid_key(sent)) {
            return ResultCode::unsupported_feature;
        }
        key_ = sent;
        return ResultCode::ok;
    }

    ResultCode choose_void_time(uint32_t ttl) {
        const auto old_void_time = exists_ ? std::optional<uint32_t>(old_->void_time) : std::nullopt;
        const auto void_time = void_time_for(ns_, set_, ttl, old_void_time, worker_.clock.epoch_s());
        if (!void_time) return void_time.error();
        void_time_ = *void_time;
        note_reduction();
        return ResultCode::ok;
    }

    void note_reduction() {
        if (!exists_ || void_time_ == 0 || (old_->void_time != 0 && void_time_ >= old_->void_time)) return;
        auto& counters = worker_.counters[ns_.index];
        if (ns_.apply_ttl_reductions.load(std::memory_order_relaxed)) return counters.ttl_reductions_applied.add();
        void_time_ = old_->void_time;
        counters.ttl_reductions_ignored.add();
    }

    /// No bin is left.
    ResultCode end_record() {
        if (!exists_) return ResultCode::not_found;
        if (const ResultCode code = check_durability(ns_, header_); code != ResultCode::ok) return code;
        if (const ResultCode code = end(ns_, worker_, partition_, header_, *old_); code != ResultCode::ok) return code;
        reply_.shows(0, 0);
        worker_.counters[ns_.index].deleted_last_bin.add();
        partition_.tidy();
        return ResultCode::ok;
    }

    ResultCode store() {
        const size_t body = record::stored_key_size(key_.size()) + worker_.draft.stored_size();
        if (body + kCountedHead > ns_.max_record_size_bytes.load(std::memory_order_relaxed)) {
            return ResultCode::record_too_big;
        }
        const uint32_t units = record::units_for(sizeof(record::Head) + body);
        record::Head* fresh = partition_.place(units);
        if (fresh == nullptr) return ResultCode::out_of_space;
        const uint16_t generation =
            exists_ && old_->generation != 0xFFFF ? uint16_t(old_->generation + 1) : uint16_t(1);
        *fresh = {};
        fresh->units = units;
        fresh->has_key = !key_.empty();
        fresh->generation = generation;
        fresh->set_id = set_ & 0xFFF;
        fresh->pad = (units * record::kUnit - sizeof(record::Head) - body) & 15;
        fresh->void_time = void_time_;
        fresh->digest = command_.digest;
        // A new record is never behind the truncation it follows, which may be dated a little ahead.
        fresh->set_last_update_ms(update_time(worker_.clock, exists_ ? old_->last_update_ms() : last_truncation()));
        worker_.draft.store(record::store_key(fresh->body(), key_));
        if (const ResultCode code = partition_.publish(fresh, old_); code != ResultCode::ok) return code;
        replicate(ns_, worker_, header_, partition_, command_.digest, fresh);
        reply_.shows(generation, void_time_);
        partition_.tidy();
        return ResultCode::ok;
    }

    uint64_t last_truncation() const {
        const uint64_t of_namespace = ns_.truncate_lut.load(std::memory_order_relaxed);
        if (set_ == partition::kNoSet) return of_namespace;
        return std::max(of_namespace, ns_.sets[set_].truncate_lut.load(std::memory_order_relaxed));
    }

    partition::Namespace& ns_;
    Worker& worker_;
    const Command& command_;
    const wire::MessageHeader& header_;
    const OperationPlan* const plan_;
    const Filter* const filter_;
    Partition& partition_;
    Reply& reply_;

    record::Head* old_ = nullptr;  // in the index, perhaps expired or truncated
    bool exists_ = false;  // as clients see it
    SetId set_ = partition::kNoSet;
    Bytes key_;
    uint32_t void_time_ = 0;
};

}  // namespace

ResultCode write(partition::Namespace& ns, Worker& worker, const Command& command, Buffer& out) {
    Reply reply(out, command);
    NamespaceCounters& counters = worker.counters[ns.index];
    if (const ResultCode code = check_sender(ns, command.header, counters); code != ResultCode::ok) {
        return reply.finish(code);
    }
    if (ns.stop_writes()) return reply.finish(ResultCode::out_of_space);
    if (ns.disallow_null_setname.load(std::memory_order_relaxed) && command.fields.text(FieldType::set).empty()) {
        return reply.finish(ResultCode::parameter);
    }
    const auto plan = plan_operations(command.header, command.ops);
    if (!plan) return reply.finish(plan.error());
    const Filter* filter = filter_of(command, worker);
    const ResultCode code = ns.partitions.with(command.digest.partition(), [&](Partition& partition) {
        const ResultCode result = Write(ns, worker, command, &*plan, filter, partition, reply).run();
        if (result == ResultCode::ok && partition.in_store()) note_owed(ns, worker, partition);
        return result;
    });
    worker.draft.trim();
    return reply.finish(code);
}

namespace {

/// One call of a function. It takes too long for a step: the function runs on a copy of the record, outside the door,
/// and is run again when the record has changed meanwhile; the last time inside, so that it comes to an end.
class Call {
public:
    Call(partition::Namespace& ns, Worker& worker, const Command& command, Reply& reply)
        : ns_(ns), worker_(worker), command_(command), filter_(filter_of(command, worker)), reply_(reply) {}

    ResultCode run() {
        constexpr int kRunsOutside = 3;
        for (int i = 0; i < kRunsOutside; ++i) {
            if (const ResultCode code = with_record([&](Write& write) { return take(write); });
                code != ResultCode::ok) {
                return code;
            }
            call();
            if (outcome_.failed || !changes()) return answer();
            bool same = false;
            const ResultCode code = with_record([&](Write& write) {
                same = write.is(record_);
                return same ? keep(write) : ResultCode::ok;
            });
            if (code != ResultCode::ok) return code;
            if (same) return answer();
        }
        const ResultCode code = with_record([&](Write& write) {
            take(write);
            call();
            return outcome_.failed || !changes() ? ResultCode::ok : keep(write);
        });
        return code == ResultCode::ok ? answer() : code;
    }

private:
    template <class Step>
    ResultCode with_record(Step step) {
        return ns_.partitions.with(command_.digest.partition(), [&](Partition& partition) {
            Write write(ns_, worker_, command_, nullptr, filter_, partition, reply_);
            const ResultCode code = write.prepare();
            return code == ResultCode::ok ? step(write) : code;
        });
    }
    ResultCode take(Write& write) {
        record_ = write.called();
        return ResultCode::ok;
    }
    void call() {
        const bool exists = record_.facts.exists;
        if (!record_.key.empty()) {
            record_.facts.key = {wire::Particle(record_.key[0]), Bytes(record_.key).subspan(1)};
        }
        worker_.draft.begin(exists ? reinterpret_cast<const record::Head*>(record_.version.data()) : nullptr);
        udf::RecordCall record(record_.facts, worker_.draft, worker_.scratch);
        outcome_ = worker_.functions->call(command_.fields.text(FieldType::udf_package),
                                           command_.fields.text(FieldType::udf_function),
                                           command_.fields[FieldType::udf_arglist], record, worker_.draft.memory());
        change_ = record.change();
    }
    bool changes() const { return change_.written || change_.removed; }
    ResultCode keep(Write& write) {
        const ResultCode code = write.keep(change_);
        if (code == ResultCode::ok && write.partition().in_store()) note_owed(ns_, worker_, write.partition());
        return code;
    }
    ResultCode answer() {
        if (outcome_.failed) {
            reply_.unit.op(OpCode::read, wire::Particle::string, "FAILURE", as_bytes(outcome_.error));
            return ResultCode::udf_execution;
        }
        reply_.unit.op(OpCode::read, outcome_.value.type, "SUCCESS", outcome_.value.bytes);
        return ResultCode::ok;
    }

    partition::Namespace& ns_;
    Worker& worker_;
    const Command& command_;
    const Filter* const filter_;
    Reply& reply_;

    CalledRecord record_;
    udf::Outcome outcome_;
    udf::RecordChange change_;
};

}  // namespace

ResultCode call(partition::Namespace& ns, Worker& worker, const Command& command, Buffer& out) {
    Reply reply(out, command);
    if (!valid_call(command.header, command.fields)) return reply.finish(ResultCode::parameter);
    if (worker.functions == nullptr) return reply.finish(ResultCode::forbidden);
    if (const ResultCode code = check_sender(ns, command.header, worker.counters[ns.index]); code != ResultCode::ok) {
        return reply.finish(code);
    }
    if (ns.stop_writes()) return reply.finish(ResultCode::out_of_space);
    const ResultCode code = Call(ns, worker, command, reply).run();
    worker.draft.trim();
    return reply.finish(code);
}

namespace {

ResultCode remove_step(partition::Namespace& ns, Worker& worker, const Command& command, const Filter* filter,
                       Partition& partition) {
    if (const ResultCode code = admit_write(ns, worker, partition.id()); code != ResultCode::ok) return code;
    record::Head* record = partition.find(command.digest);
    if (record == nullptr) return ResultCode::not_found;
    const auto set = command.fields.text(FieldType::set);
    if (!set.empty() && !same_name(ns.sets.name(record->set_id), set)) return ResultCode::parameter;
    if (!passes_generation(command.header, record->generation)) return ResultCode::generation;
    const auto filtered = check_metadata(filter, ns, worker, *record, /*whole=*/!partition.in_store());
    if (filtered && *filtered != ResultCode::ok) return *filtered;
    if (!filtered || command.fields.has(FieldType::key)) {
        if (const ResultCode code = partition.load(record, *worker.reads); code != ResultCode::ok) return code;
    }
    if (!filtered) {
        if (const ResultCode code = check_filter(filter, ns, worker, *record); code != ResultCode::ok) return code;
    }
    if (command.fields.has(FieldType::key)) {
        const ResultCode code = check_key(*record, command.fields[FieldType::key]);
        if (code != ResultCode::ok) return code;
    }
    if (load_for_indexes(partition, worker, record) == ResultCode::waiting) return ResultCode::waiting;
    if (const ResultCode code = end(ns, worker, partition, command.header, *record); code != ResultCode::ok) {
        return code;
    }
    if (partition.in_store()) note_owed(ns, worker, partition);
    partition.tidy();
    return ResultCode::ok;
}

}  // namespace

ResultCode remove(partition::Namespace& ns, Worker& worker, const Command& command, Buffer& out) {
    Reply reply(out, command);
    NamespaceCounters& counters = worker.counters[ns.index];
    if (const ResultCode code = check_sender(ns, command.header, counters); code != ResultCode::ok) {
        return reply.finish(code);
    }
    if (const ResultCode code = check_durability(ns, command.header); code != ResultCode::ok) return reply.finish(code);
    const Filter* filter = filter_of(command, worker);
    const ResultCode code = ns.partitions.with(command.digest.partition(), [&](Partition& partition) {
        return remove_step(ns, worker, command, filter, partition);
    });
    return reply.finish(code);
}

}  // namespace cairn::txn
