// What the frames of a connection ask for: single records, batches, queries and background jobs.
#include "common/wire/compress.h"
#include "common/wire/encode.h"
#include "node/query/background.h"
#include "node/server/connection.h"

namespace cairn::server {
namespace {

using wire::FieldType;
using wire::FrameType;

constexpr size_t kStepBytes = 128u << 10;    // of a long request, between two turns of the loop
constexpr size_t kInflatedKept = 64u << 10;  // a larger buffer goes back when its frame is done

/// The one answer to the security protocol while there are no users: 16 bytes, the second one the code.
void append_security_reply(Buffer& out) {
    constexpr size_t kSize = 16;
    uint8_t* at = out.append(wire::kProtoHeaderSize + kSize);
    std::memset(at, 0, wire::kProtoHeaderSize + kSize);
    wire::store_proto_header(at, FrameType::security, kSize);
    at[wire::kProtoHeaderSize + 1] = uint8_t(ResultCode::security_not_supported);
}

/// Compresses each frame of `frames` on its own, as replies of several frames must be.
void append_compressed(const Buffer& frames, Buffer& out) {
    Bytes rest = frames.bytes();
    while (!rest.empty()) {
        const size_t size = wire::kProtoHeaderSize + wire::ProtoHeader::load(rest.data()).body_size;
        const size_t start = out.size();
        out.append(rest.first(size));
        wire::deflate_frame(out, start);
        rest = rest.subspan(size);
    }
}

/// The answer to a query that has no records here: which partitions another node is to be asked for.
void append_nothing_of(const std::vector<PartitionId>& elsewhere, Buffer& out) {
    wire::FrameWriter frame(out, FrameType::message);
    for (const PartitionId partition : elsewhere) query::append_refused(out, partition);
    wire::UnitWriter last(out);
    last.finish({.info3 = wire::info3::last});
    frame.finish();
}

/// Short queries have no abort: they are not listed.
void count_query(txn::NamespaceCounters& counters, bool by_index, bool is_short, query::JobEnd end) {
    const auto add = [&](txn::Counter& of_primary, txn::Counter& of_secondary) {
        (by_index ? of_secondary : of_primary).add();
    };
    auto& c = counters;
    switch (end) {
        case query::JobEnd::ok:
            if (is_short) return add(c.pi_query_short_basic_complete, c.si_query_short_basic_complete);
            return add(c.pi_query_long_basic_complete, c.si_query_long_basic_complete);
        case query::JobEnd::aborted: return add(c.pi_query_long_basic_abort, c.si_query_long_basic_abort);
        case query::JobEnd::timed_out: return add(c.pi_query_short_basic_timeout, c.si_query_short_basic_timeout);
        default:
            if (is_short) return add(c.pi_query_short_basic_error, c.si_query_short_basic_error);
            return add(c.pi_query_long_basic_error, c.si_query_long_basic_error);
    }
}

/// The index that a message's query is over.
/// @error parameter, sindex_not_found, sindex_not_readable
std::expected<std::pair<sindex::Query, partition::SecondaryIndexes::Named>, ResultCode> find_index(
    const partition::Namespace& ns, const wire::Fields& fields) {
    auto query = sindex::Query::parse(fields);
    if (!query) return std::unexpected(query.error());
    auto named = ns.indexes.find(*query, fields.text(FieldType::set));
    if (!named.index) return std::unexpected(ResultCode::sindex_not_found);
    if (!named.index->answers()) return std::unexpected(ResultCode::sindex_not_readable);
    return std::pair(*std::move(query), std::move(named));
}

}  // namespace

Connection::Next Connection::serve_frame() {
    if (in_.size() < wire::kProtoHeaderSize) return Next::wait;
    const auto header = wire::ProtoHeader::load(in_.data());
    if (!header.valid()) return Next::close;
    const size_t size = wire::kProtoHeaderSize + header.body_size;
    if (in_.size() < size) return Next::wait;
    const Bytes body = in_.bytes().subspan(wire::kProtoHeaderSize, header.body_size);
    Buffer& out = worker_.out();
    compress_replies_ = false;
    later_ = false;
    switch (FrameType(header.type)) {
        case FrameType::info:
            if (!answer_info(body, worker_.info(), session_, out)) break;
            worker_.counters().info_complete.add();
            worker_.timed(worker_.counters().info_latency);
            break;
        case FrameType::security: append_security_reply(out); break;
        case FrameType::message: serve_message(body, out); break;
        case FrameType::compressed: serve_compressed(body, out); break;
        case FrameType::xdr: break;  // between servers; the protocol has no answer to it
    }
    if (!std::holds_alternative<std::monostate>(job_)) {
        job_frame_size_ = size;
        return Next::job;
    }
    // The frame is served again when they are there, or in a moment.
    if (passing_ != 0) {
        passed_frame_ = size;
        return Next::passed;
    }
    if (later_) return Next::later;
    if (reads_.wanting()) return Next::reads;
    in_.consume(size);
    return Next::frame;
}

void Connection::serve_compressed(Bytes body, Buffer& out) {
    Buffer& inner = worker_.inflated();
    if (!wire::inflate_frame(body, inner)) {
        worker_.counters().demarshal_error.add();
        return wire::append_status(out, {.result = ResultCode::parameter});
    }
    serve_message(inner.bytes().subspan(wire::kProtoHeaderSize), out);
    // Views of a long request point into the inflated frame.
    if (!std::holds_alternative<std::monostate>(job_)) job_frame_ = std::move(inner);
    if (inner.capacity() > kInflatedKept) inner.release();
}

void Connection::serve_message(Bytes body, Buffer& out) {
    wire::Message& message = worker_.message();
    if (!message.parse(body)) {
        worker_.counters().demarshal_error.add();
        // A batch client reads until the last unit, whatever went wrong.
        const bool batch = body.size() >= wire::kMessageHeaderSize && (body[1] & wire::info1::batch) != 0;
        return wire::append_status(out,
                                   {.info3 = batch ? wire::info3::last : uint8_t{0}, .result = ResultCode::parameter});
    }
    compress_replies_ = (message.header.info1 & wire::info1::compress_response) != 0;
    if (worker_.state().loading.active()) [[unlikely]] {
        const bool is_row = message.fields.has(FieldType::digest) && (message.header.info1 & wire::info1::batch) == 0;
        return wire::append_status(
            out, {.info3 = is_row ? uint8_t{0} : wire::info3::last, .result = ResultCode::unavailable});
    }
    if ((message.header.info1 & wire::info1::batch) != 0) return start_batch(message, out);
    if (message.fields.has(FieldType::digest)) return serve_single(message, body, out);
    start_query(message, out);
}

void Connection::serve_single(const wire::Message& message, Bytes body, Buffer& out) {
    partition::Namespace* ns = worker_.state().find_namespace(message.fields.text(FieldType::ns));
    const Bytes digest = message.fields[FieldType::digest];
    if (ns == nullptr || digest.size() != Digest::kSize) {
        worker_.counters().early_tsvc_client_error.add();
        return wire::append_status(out,
                                   {.result = ns == nullptr ? ResultCode::namespace_not_found : ResultCode::parameter});
    }
    const size_t start = out.size();
    wire::FrameWriter frame(out, FrameType::message);
    const ResultCode code = txn::execute(*ns, worker_.commands(),
                                         {.header = message.header,
                                          .fields = message.fields,
                                          .ops = message.ops,
                                          .digest = Digest::from(digest.data()),
                                          .origin = passed_on_ ? txn::Origin::from_proxy : txn::Origin::client},
                                         out);
    const bool not_now = code == ResultCode::waiting && std::exchange(worker_.commands().again, false);
    if (code == ResultCode::waiting && !not_now) return out.truncate(start);
    if (code == ResultCode::unavailable || not_now) [[unlikely]] {
        out.truncate(start);
        return serve_elsewhere(message, body, *ns, Digest::from(digest.data()), out);
    }
    trying_since_.reset();
    if (!reads_.empty()) reads_.clear();
    frame.finish();
    if (compress_replies_) {
        wire::deflate_frame(out, start);
        worker_.lose_replies(start);
    }
    if (passed_on_) return;  // timed where its client waits
    auto& counters = worker_.commands().counters[ns->index];
    const bool writes = (message.header.info2 & wire::info2::write) != 0;
    const bool calls = writes && message.fields.has(FieldType::udf_package);
    worker_.timed(calls ? counters.udf_latency : writes ? counters.write_latency : counters.read_latency);
}

/// Clients hear of a partition's new master a second later: until then the old one passes requests on. While nobody is
/// master the request is tried again, for as long as its client waits.
void Connection::serve_elsewhere(const wire::Message& message, Bytes body, const partition::Namespace& ns,
                                 const Digest& digest, Buffer& out) {
    const uint32_t timeout_ms =
        message.header.timeout_ms != 0 ? message.header.timeout_ms : worker_.config().transaction_max_ms;
    const Instant now = worker_.clock().now();
    if (!trying_since_) trying_since_ = now;
    const Duration left = *trying_since_ + std::chrono::milliseconds(timeout_ms) - now;
    passed_counters_ = &worker_.commands().counters[ns.index].client_proxy;
    if (left <= Duration::zero()) {
        trying_since_.reset();
        if (!passed_on_) passed_counters_->error.add();
        return wire::append_status(out, {.result = ResultCode::unavailable});
    }
    const uint64_t master = ns.replicator.load(std::memory_order_acquire)->master(digest.partition());
    later_ = passed_on_ || master == 0;
    if (later_) return;
    std::vector<uint8_t> frame(wire::kProtoHeaderSize + body.size());
    wire::store_proto_header(frame.data(), FrameType::message, body.size());
    std::ranges::copy(body, frame.begin() + wire::kProtoHeaderSize);
    passing_ = worker_.pass_on(master, id_, std::move(frame));
    if (!patience_) patience_ = worker_.loop().make_timer();
    patience_->arm(left, [this] { worker_.passed(passing_, Bytes()); });  // too late: it is in doubt
}

void Connection::start_batch(const wire::Message& message, Buffer& out) {
    auto batch = std::make_unique<txn::Batch>();
    if (passed_on_) batch->serve_other_node();
    else worker_.counters().batch_index_initiate.add();
    batch->keep_away(!passed_on_);
    const uint32_t requests_max = passed_on_ ? 0 : worker_.config().batch_max_requests;
    const ResultCode code = batch->begin(message, worker_.find_namespace(), requests_max);
    if (code != ResultCode::ok) {
        if (!passed_on_) worker_.counters().batch_index_error.add();
        return wire::append_status(out, {.info3 = wire::info3::last, .result = code});
    }
    const Instant began = worker_.clock().now();
    bool done = false;
    if (compress_replies_) {
        Buffer plain;
        done = step_batch(*batch, plain);
        append_compressed(plain, out);
    } else {
        done = step_batch(*batch, out);
    }
    if (done) {
        if (!passed_on_) worker_.timed(worker_.counters().batch_index_latency);
        return;
    }
    job_ = std::move(batch);
    job_began_ = began;
    job_compresses_ = compress_replies_;
}

bool Connection::step_batch(txn::Batch& batch, Buffer& out) {
    sends_batch_ = true;
    const size_t before = worker_.commands().unreplicated.size();
    const bool done = batch.step(worker_.commands(), out, kStepBytes);
    worker_.commands().again = false;
    auto& unreplicated = worker_.commands().unreplicated;
    for (size_t i = before; i < unreplicated.size(); ++i) {
        unreplicated[i].row = true;
        if (&out != &worker_.out()) unreplicated[i].reply_at = txn::Worker::Unreplicated::kNowhere;  // to be compressed
    }
    if (batch.waits_for_others()) pass_rows_on(batch);
    if (passed_on_) return done;
    // Rows are not timed one by one: a look at the clock costs as much as a row.
    for (const auto& [ns, reads, writes] : batch.ran()) {
        auto& counters = worker_.commands().counters[ns->index];
        if (reads != 0) worker_.timed(counters.batch_sub_read_latency, reads);
        if (writes != 0) worker_.timed(counters.batch_sub_write_latency, writes);
    }
    if (done) {
        auto& counters = worker_.counters();
        (batch.status() == ResultCode::ok ? counters.batch_index_complete : counters.batch_index_error).add();
    }
    return done;
}

/// As single records: one request to each node that answers for some of the rows; those that nobody answers for are tried
/// again here, for as long as the client waits.
void Connection::pass_rows_on(txn::Batch& batch) {
    const uint32_t timeout_ms = batch.timeout_ms() != 0 ? batch.timeout_ms() : worker_.config().transaction_max_ms;
    const Instant now = worker_.clock().now();
    if (!trying_since_) trying_since_ = now;
    const Duration left = *trying_since_ + std::chrono::milliseconds(timeout_ms) - now;
    if (!passed_rows_) passed_rows_ = std::make_unique<PassedRows>(worker_, id_, batch);
    if (left <= Duration::zero()) return passed_rows_->refuse();
    const auto left_ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    passed_rows_->send(static_cast<uint32_t>(left_ms));
    rows_wait_ = true;
    if (!patience_) patience_ = worker_.loop().make_timer();
    if (!passed_rows_->waiting()) return on_rows_passed();
    patience_->arm(left, [this] {
        passed_rows_->give_up();
        go_on_with_rows();
    });
}

void Connection::start_query(const wire::Message& message, Buffer& out) {
    const auto refuse = [&](ResultCode code, uint8_t info3 = 0) {
        wire::append_status(out, {.info3 = info3, .result = code});
    };
    State& state = worker_.state();
    partition::Namespace* ns = state.find_namespace(message.fields.text(FieldType::ns));
    if (ns == nullptr) {
        worker_.counters().early_tsvc_client_error.add();
        return refuse(ResultCode::namespace_not_found);
    }
    constexpr uint8_t kBackgroundCall = 2;
    const Bytes call = message.fields[FieldType::udf_op];
    const bool calls = message.fields.has(FieldType::udf_package) && call.size() == 1 && call[0] == kBackgroundCall;
    if (calls || (message.header.info2 & wire::info2::write) != 0) return start_background(message, *ns, out);
    auto& counters = worker_.commands().counters[ns->index];
    const bool is_short = (message.header.info1 & wire::info1::short_query) != 0;
    const bool by_index = message.fields.has(FieldType::index_range);
    const auto fail_with = [&](ResultCode code) {
        count_query(counters, by_index, is_short, query::JobEnd::failed);
        refuse(code);
    };
    if (message.fields.has(FieldType::udf_package)) return fail_with(ResultCode::unsupported_feature);
    auto request = query::parse_request(message);
    if (!request) return fail_with(request.error());
    partition::SecondaryIndexes::Named index;
    std::optional<sindex::Query> asked;
    if (by_index) {
        auto found = find_index(*ns, message.fields);
        if (!found) return fail_with(found.error());
        asked.emplace(std::move(found->first));
        index = std::move(found->second);
    }

    const auto set_name = message.fields.text(FieldType::set);
    partition::SetId set = ns->sets.find(set_name);
    if (!set_name.empty() && set == partition::kNoSet) {
        // Other nodes may know the set. It is looked for once more after the roles: a copy that has become readable
        // meanwhile has brought its sets with it.
        const auto elsewhere = query::partitions_elsewhere(*ns, *request);
        set = ns->sets.find(set_name);
        if (set == partition::kNoSet) {
            count_query(counters, by_index, is_short, query::JobEnd::ok);
            return append_nothing_of(elsewhere, out);
        }
    }
    auto job = std::make_shared<query::Job>();
    job->id = request->id != 0 ? request->id : worker_.loop().random().next();
    job->ns = ns->name;
    job->set = set_name;
    job->index = index.name;
    job->from = session_.peer;
    job->positions_requested = static_cast<uint32_t>(message.fields[FieldType::digest_array].size() / Digest::kSize);
    job->partitions_requested = static_cast<uint32_t>(request->starts.size()) - job->positions_requested;
    job->partitions_total.store(static_cast<uint32_t>(request->starts.size()), std::memory_order_relaxed);
    job->records_per_second = request->records_per_second;
    job->socket_timeout_ms = request->socket_timeout_ms;
    job->started = worker_.clock().now();
    if (is_short && request->timeout_ms == 0) request->timeout_ms = worker_.config().transaction_max_ms;
    if (!is_short) {
        const ResultCode listed = state.queries.add(job, worker_.config().query_threads_limit);
        if (listed != ResultCode::ok) return fail_with(listed);
        query_ = job;
    }
    job_began_ = worker_.clock().now();
    job_compresses_ = compress_replies_;
    auto walk =
        asked ? std::make_unique<query::IndexWalk>(*ns, std::move(index.index), *std::move(asked), request->starts)
              : nullptr;
    job_ = std::make_unique<query::Scan>(*ns, worker_.commands(), message, *std::move(request), set, std::move(job),
                                         std::move(walk));
}

void Connection::start_background(const wire::Message& message, partition::Namespace& ns, Buffer& out) {
    const bool calls = message.fields.has(FieldType::udf_package);
    const bool by_index = message.fields.has(FieldType::index_range);
    const auto refuse = [&](ResultCode code) {
        auto& counters = worker_.commands().counters[ns.index];
        (by_index ? (calls ? counters.si_query_udf_bg : counters.si_query_ops_bg)
                  : (calls ? counters.pi_query_udf_bg : counters.pi_query_ops_bg))
            .error.add();
        wire::append_status(out, {.result = code});
    };
    State& state = worker_.state();
    if (const ResultCode code = query::check_background(message); code != ResultCode::ok) return refuse(code);
    partition::SecondaryIndexes::Named index;
    std::unique_ptr<query::IndexWalk> walk;
    if (by_index) {
        auto found = find_index(ns, message.fields);
        if (!found) return refuse(found.error());
        index = std::move(found->second);
        walk = std::make_unique<query::IndexWalk>(ns, index.index, std::move(found->first));
    }
    const auto set_name = message.fields.text(FieldType::set);
    const partition::SetId set = ns.sets.find(set_name);
    if (!set_name.empty() && set == partition::kNoSet) return refuse(ResultCode::not_found);

    const auto number32 = [&](FieldType type) {
        return message.fields[type].size() == 4 ? load_be<uint32_t>(message.fields[type].data()) : 0u;
    };
    const uint32_t rate_max = state.config()->namespaces[ns.index].background_query_max_rps;
    const uint32_t rate = number32(FieldType::records_per_second);
    if (rate > rate_max) return refuse(ResultCode::parameter);
    auto job = std::make_shared<query::Job>();
    const Bytes id = message.fields[FieldType::query_id];
    job->id = id.size() == 8 ? load_be<uint64_t>(id.data()) : 0;
    if (job->id == 0) job->id = worker_.loop().random().next();
    job->kind = calls ? query::JobKind::background_udf : query::JobKind::background_ops;
    job->ns = ns.name;
    job->set = set_name;
    job->index = index.name;
    job->from = session_.peer;
    job->records_per_second = rate == 0 ? rate_max : rate;
    job->started = worker_.clock().now();
    const ResultCode listed = state.queries.add(job, worker_.config().query_threads_limit);
    if (listed != ResultCode::ok) return refuse(listed);

    // The job outlives this request: it gets a frame of its own.
    Buffer frame;
    wire::UnitWriter unit(frame);
    for (const FieldType type : {FieldType::ns, FieldType::set, FieldType::filter, FieldType::udf_package,
                                 FieldType::udf_function, FieldType::udf_arglist}) {
        if (message.fields.has(type)) unit.field(type, message.fields[type]);
    }
    for (const wire::Op op : message.ops) unit.op(op.code, op.type, op.name, op.value);
    unit.finish(message.header);
    auto own = std::make_unique<wire::Message>();
    CAIRN_CHECK(own->parse(frame.bytes()));
    auto task = query::run_background(worker_.tasks(), ns, worker_.commands(), std::move(frame), std::move(own), set,
                                      job, state.queries, std::move(walk));
    worker_.tasks().spawn(std::move(task));
    wire::append_status(out, {.info3 = wire::info3::last});
}

bool Connection::run_job() {
    if (rows_wait_) return true;
    const Instant began = worker_.clock().now();
    turn_began_ = began;
    worker_.commands().reads = &reads_;
    Buffer& out = worker_.out();
    Buffer plain;
    Buffer& to = job_compresses_ ? plain : out;
    query::StepResult result;
    if (auto* batch = std::get_if<std::unique_ptr<txn::Batch>>(&job_)) {
        result.done = step_batch(**batch, to);
    } else {
        result = std::get<std::unique_ptr<query::Scan>>(job_)->step(to, kStepBytes);
    }
    if (job_compresses_) append_compressed(plain, out);
    if (result.done) end_job();
    if (!send(out)) return false;
    worker_.end_turn(began);
    if (undurable_ != 0) return true;
    if (!unsent_.empty()) {
        socket_->wait_writable(*this);
    } else if (result.done) {
        return serve(worker_.clock().now());
    } else if (reads_.wanting()) {
        wait_for_reads();
    } else if (result.wait > Duration::zero()) {
        if (!throttle_) throttle_ = worker_.loop().make_timer();
        throttle_->arm(result.wait, [this] { resume(); });
    } else {
        post_resume();
    }
    return true;
}

void Connection::end_job() {
    if (std::holds_alternative<std::unique_ptr<txn::Batch>>(job_)) {
        if (!passed_on_) worker_.timed_since(worker_.counters().batch_index_latency, job_began_);
    } else {
        const auto& scan = *std::get<std::unique_ptr<query::Scan>>(job_);
        auto& counters = worker_.commands().counters[worker_.state().find_namespace(scan.job().ns)->index];
        count_query(counters, scan.by_index(), scan.is_short(), scan.ended());
        auto& latency = scan.by_index() ? counters.si_query_latency : counters.pi_query_latency;
        latency.record(worker_.clock().now() - job_began_);
        if (query_) worker_.state().queries.finish(query_, scan.ended(), worker_.clock().now());
    }
    query_.reset();
    passed_rows_.reset();
    trying_since_.reset();
    job_ = std::monostate{};
    reads_.clear();
    job_frame_.release();
    in_.consume(job_frame_size_);
    shrink_input();
}

/// The connection ends before its long request did.
void Connection::abandon_job() {
    if (std::holds_alternative<std::unique_ptr<txn::Batch>>(job_)) {
        if (passed_on_) return;
        auto& counters = worker_.counters();
        (gave_up_ ? counters.batch_index_timeout : counters.batch_index_error).add();
    } else if (const auto* scan = std::get_if<std::unique_ptr<query::Scan>>(&job_)) {
        auto& counters = worker_.commands().counters[worker_.state().find_namespace((*scan)->job().ns)->index];
        count_query(counters, (*scan)->by_index(), (*scan)->is_short(), query::JobEnd::abandoned);
    }
}

}  // namespace cairn::server
