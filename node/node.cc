#include "node/node.h"

#include <algorithm>
#include <charconv>

#include "node/cluster_join.h"
#include "node/copies/requests.h"
#include "node/fabric/names.h"
#include "node/server/distribution.h"
#include "node/server/eviction.h"
#include "node/server/passed_on.h"
#include "node/server/ticker.h"
#include "node/server/tomb_raids.h"
#include "node/stores.h"
#include "node/txn/sweep.h"

namespace cairn {
namespace {

std::string hex_of(uint64_t value) {
    char text[17];
    const auto end = std::to_chars(text, text + sizeof(text), value, 16).ptr;
    std::string hex(text, end);
    for (char& c : hex) c = c >= 'a' ? char(c - 'a' + 'A') : c;
    return hex;
}

uint64_t parse_hex(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.remove_suffix(1);
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
    return error == std::errc{} && end == text.data() + text.size() ? value : 0;
}

server::Identity identity_of(uint64_t node_id) { return {node_id, hex_of(node_id), kProtocolBuild, kCairnVersion}; }

}  // namespace

uint64_t Node::choose_node_id(runtime::Machine& machine, const NodeConfig& config, log::Logger& logger) {
    if (!config.service.node_id.empty()) return parse_hex(config.service.node_id);
    const std::string path = config.service.work_directory + "/node-id";
    if (const auto kept = machine.disk().read_file(path)) {
        if (const uint64_t id = parse_hex(*kept); id != 0) return id;
        logger.warning(log::Module::config, "node id file is not hexadecimal, choosing another id", {{"path", path}});
    }
    // Fits the 16 digits clients allow, and its first digits tell it from ids given by hand.
    const uint64_t made = (machine.loop(0).random().next() & 0xFFFF'FFFF'FFFF) | uint64_t{0xCA} << 48;
    if (const auto written = machine.disk().write_file(path, hex_of(made) + "\n"); !written) {
        logger.warning(
            log::Module::config, "node id will change with the next start",
            {{"reason", written.error().detail}, {"remedy", "set service.node-id or service.work-directory"}});
    }
    return made;
}

std::unique_ptr<udf::Modules> Node::load_modules(runtime::Machine& machine, const NodeConfig& config,
                                                 log::Logger& logger) {
    auto modules = std::make_unique<udf::Modules>(machine.disk(), config.service.work_directory + "/functions");
    if (const auto loaded = modules->load(); !loaded) {
        logger.critical(log::Module::config, "no functions: the registered scripts cannot be read",
                        {{"reason", loaded.error().detail}});
        return nullptr;
    }
    return modules;
}

Node::Node(runtime::Machine& machine, std::shared_ptr<const NodeConfig> config, log::Logger& logger,
           const copies::Trial& trial)
    : machine_(machine), trial_(trial) {
    const size_t count = machine.loop_count();
    const uint64_t node_id = choose_node_id(machine, *config, logger);
    auto opened = open_stores(machine, *config, node_id, logger);
    if (!opened) opened_ = std::unexpected(opened.error());
    Stores stores = opened ? *std::move(opened) : Stores{};
    state_ = std::make_unique<server::State>(identity_of(node_id), config, count, logger, machine.loop(0).clock().now(),
                                             std::move(stores.stores));
    for (size_t i = 0; i < stores.sets.size(); ++i) *stores.sets[i] = &state_->namespaces[i]->sets;
    truncations_ =
        std::make_unique<Truncations>(machine.disk(), config->service.work_directory + "/truncations", *state_);
    state_->keep_truncation = [this](std::atomic<uint64_t>& lut, uint64_t time) {
        return truncations_->change(lut, time);
    };
    state_->keep_evictions = [this] { return truncations_->keep(); };
    state_->tell_workers = [this] {
        machine_.loop(0).post([this] {
            if (fabric_) apply_to_fabric(*state_, *fabric_);
            if (copies_) copies_->set_limits(transfer_limits(*state_->config()));
        });
        for (const auto& worker : workers_) {
            worker->loop().post([worker = worker.get()] { worker->reload(); });
        }
    };
    state_->vitals.update(machine.process_stats(), machine.loop(0).clock().now(), machine.loop(0).clock().epoch_ms());
    state_->modules = load_modules(machine, *config, logger);
    if (auto loaded = load_indexes(); !loaded && opened_) opened_ = loaded;
    state_->build_index = [this](partition::Namespace& ns, const std::shared_ptr<partition::SecondaryIndex>& index) {
        if (!query::build_small_index(ns, *index)) build_index(ns, index);
    };
    info_ = std::make_unique<server::Info>(*state_);
    for (size_t i = 0; i < count; ++i) {
        auto& worker =
            *workers_.emplace_back(std::make_unique<server::Worker>(*state_, *info_, machine.loop(i), count));
        state_->node_counters.push_back(&worker.counters());
        state_->namespace_counters.push_back(&worker.commands().counters);
        worker.commands().tickets = uint64_t{i} << 48;
    }
    if (config->network.heartbeat.configured()) {
        keep_copies();
        share_metadata();
    }
    auto& tasks = workers_[0]->tasks();
    tasks.spawn(server::tick(tasks, machine, *state_));
}

Node::~Node() = default;

std::string Node::index_path(const partition::Namespace& ns) const {
    return state_->config()->service.work_directory + "/indexes-" + ns.name;
}

/// Definitions alone: what the indexes hold is made of the records.
Result<void> Node::load_indexes() {
    state_->keep_indexes = [this](const partition::Namespace& ns, const std::string& text) {
        return machine_.disk().write_file(index_path(ns), text);
    };
    for (const auto& ns : state_->namespaces) {
        const auto kept = machine_.disk().read_file(index_path(*ns));
        if (!kept && kept.error().code == ResultCode::not_found) continue;
        const auto loaded = kept ? ns->indexes.load(*kept) : Result<void>(std::unexpected(kept.error()));
        if (!loaded) return fail("namespace '" + ns->name + "': " + index_path(*ns) + ": " + loaded.error().detail);
        for (const auto& [name, index] : ns->indexes.all()) {
            if (!index->readable.load()) to_build_.emplace_back(ns.get(), index);
        }
    }
    return {};
}

/// Every worker enters the records of its share of the partitions.
void Node::build_index(partition::Namespace& ns, const std::shared_ptr<partition::SecondaryIndex>& index) {
    for (size_t i = 0; i < workers_.size(); ++i) {
        workers_[i]->loop().post([this, &ns, index, i] {
            auto& worker = *workers_[i];
            if (worker.tasks().stopping()) return;
            worker.tasks().spawn(query::build_index(worker.tasks(), ns, worker.commands(), index, i, workers_.size()));
        });
    }
}

Result<void> Node::load_stores(runtime::Clock& clock) {
    for (const auto& ns : state_->namespaces) {
        if (!ns->store) continue;
        if (auto loaded = load_store(*ns, clock); !loaded) {
            return fail(loaded.error().code, "namespace '" + ns->name + "': " + loaded.error().detail);
        }
    }
    return {};
}

Result<void> Node::load_store(partition::Namespace& ns, runtime::Clock& clock) {
    clock.refresh();
    const Instant began = clock.now();
    state_->loading.tell(ns.name, 0, 0);
    const auto tell = [&](double done, std::string_view what) {
        const auto spent = std::chrono::duration<double>(clock.now() - began).count();
        const double left = done > 0 ? spent / done - spent : 0;
        state_->loading.tell(ns.name, done, left);
        state_->log.info(log::Module::storage, "loading",
                         {{"namespace", ns.name},
                          {"what", what},
                          {"pct", static_cast<uint64_t>(done * 100)},
                          {"seconds_left", static_cast<uint64_t>(left)}});
    };
    const auto loaded = ns.load(
        state_->config()->namespaces[ns.index], clock, tell, [&] { return truncations_->restore(ns); },
        [&](const record::Head& record) {
            return txn::is_gone(ns, record, clock) || (ns.evictable(record) && ns.evictions.covers(record));
        });
    if (!loaded) return std::unexpected(loaded.error());
    clock.refresh();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock.now() - began);
    state_->log.info(log::Module::storage, "loaded",
                     {{"namespace", ns.name},
                      {"records", loaded->records},
                      {"tombstones", loaded->tombstones},
                      {"dropped", loaded->dropped},
                      {"versions", loaded->versions},
                      {"ms", static_cast<uint64_t>(took.count())}});
    return {};
}

/// One after another; what fails is logged: the next start finds it out.
void Node::close_stores(runtime::Work done) {
    if (state_->loading.active()) return done();  // nothing was written
    for (const auto& ns : state_->namespaces) {
        if (!ns->store || closed_.contains(ns->index)) continue;
        closed_.insert(ns->index);
        ns->close([this, ns = ns.get(), done = std::move(done)](Result<void> closed) mutable {
            if (!closed) {
                state_->log.warning(log::Module::storage, "devices were not closed cleanly",
                                    {{"namespace", ns->name}, {"reason", closed.error().detail}});
            }
            close_stores(std::move(done));
        });
        return;
    }
    done();
}

Result<void> Node::start(std::function<void(const Error&)> failed) {
    if (!opened_) return opened_;
    const auto config = state_->config();
    for (const auto& ns : state_->namespaces) {
        if (!ns->partitions.reserved()) {
            return fail("namespace '" + ns->name + "': the machine refuses the address space for its records; lower " +
                        "storage-engine.data-size or lift the limit on virtual memory (ulimit -v)");
        }
    }
    watch_rack_file();
    const bool loads = std::ranges::any_of(state_->namespaces, [](const auto& ns) { return ns->store != nullptr; });
    if (loads) state_->loading.begin();
    for (const std::string& address : config->network.service.addresses) {
        auto listener = machine_.listen({address, config->network.service.port},
                                        [this](size_t loop, std::unique_ptr<runtime::Socket> socket) {
                                            workers_[loop]->accept(std::move(socket));
                                        });
        if (!listener) return std::unexpected(listener.error());
        listeners_.push_back(*std::move(listener));
    }
    state_->set_addresses(server::service_addresses(config->network.service, endpoints(), machine_.local_addresses()));
    failed_ = std::move(failed);
    if (!loads) {
        serve();
        return join_cluster();
    }
    const auto outcome = std::make_shared<Result<void>>();
    machine_.run_aside([this, outcome](runtime::Clock& clock) { *outcome = load_stores(clock); },
                       [this, outcome] {
                           if (!*outcome) return failed_(outcome->error());
                           serve();
                           if (const auto joined = join_cluster(); !joined) failed_(joined.error());
                       });
    return {};
}

/// Records are kept on several nodes: none is served here before the cluster says what this one has.
void Node::keep_copies() {
    auto settings = copies_settings(*state_);
    settings.trial = trial_;
    copies_ = std::make_unique<copies::Driver>(
        machine_, state_->namespaces, settings, state_->log,
        [this](size_t worker, std::vector<copies::Driver::Answered> answers) {
            workers_[worker]->loop().post([at = workers_[worker].get(), answers = std::move(answers)] {
                for (const auto& [ticket, in_doubt] : answers) at->replicated(ticket, in_doubt);
            });
        });
    copies_->set_limits(transfer_limits(*state_->config()));
    for (const auto& of : copies_->copies()) state_->copies.push_back(of.get());
    pass_requests_on();
}

/// What is told to one node is to hold on all.
void Node::share_metadata() {
    metadata_.emplace(*state_, *truncations_);
    const auto config = state_->config();
    smd::Driver::Callbacks callbacks;
    callbacks.apply = [this](const smd::Map& map, std::span<const smd::Key> keys) {
        return metadata_->apply(map, keys);
    };
    callbacks.changed = [this](const auto& standing) {
        copies_->changed(*standing);
        state_->membership.set_standing(standing);
    };
    shared_ =
        std::make_unique<smd::Driver>(machine_,
                                      smd::DriverSettings{.cluster_name = config->service.cluster_name,
                                                          .self = state_->identity.node_id,
                                                          .path = config->service.work_directory + "/cluster-metadata"},
                                      state_->log, std::move(callbacks));
    state_->change_metadata = [this](smd::Change change, std::function<void(smd::Outcome)> done) {
        machine_.loop(0).post([this, change = std::move(change), done = std::move(done)]() mutable {
            shared_->change(std::move(change), std::move(done));
        });
    };
    state_->metadata = [this] { return shared_->map(); };
}

void Node::pass_requests_on() {
    state_->pass_on = [this](uint64_t node, uint64_t number, std::vector<uint8_t> frame) {
        machine_.loop(0).post([this, node, request = copies::PassedRequest{false, number, std::move(frame)}] {
            const auto& cluster = state_->config()->service.cluster_name;
            if (fabric_->send_packet(node, std::make_shared<const std::vector<uint8_t>>(encode(request, cluster))))
                return;
            server::Worker& asks = *workers_[request.number >> 48];
            asks.loop().post([&asks, number = request.number] { asks.passed(number, std::nullopt); });
        });
    };
}

/// Another node passes a request on, or answers one.
bool Node::take_request(cluster::NodeId from, const cluster::FrameHeader& header, Bytes body) {
    auto request = copies::decode_request(header, body, state_->config()->service.cluster_name);
    if (!request) return false;
    if (request->reply) {
        const size_t worker = request->number >> 48;
        if (worker >= workers_.size()) return false;
        workers_[worker]->loop().post([at = workers_[worker].get(), reply = *std::move(request)] {
            at->passed(reply.number, Bytes(reply.frame));
        });
        return true;
    }
    const auto answer = [this, from, number = request->number](Bytes reply) {
        copies::PassedRequest answered{true, number, {reply.begin(), reply.end()}};
        if (!fabric_) return;
        fabric_->send_packet(from, std::make_shared<const std::vector<uint8_t>>(
                                       encode(answered, state_->config()->service.cluster_name)));
    };
    workers_[0]->accept(std::make_unique<server::PassedOn>(machine_.loop(0), std::move(request->frame),
                                                           fabric::node_name(from), answer),
                        /*passed_on=*/true);
    return true;
}

/// The rack that the file names now, and the others that it will name.
void Node::watch_rack_file() {
    const std::string path = state_->config()->network.rack_id_file;
    if (path.empty()) return;
    rack_file_.emplace(machine_.disk(), path, state_->log);
    rack_file_->look();
    state_->rack_of_file = rack_file_->rack();
    auto& tasks = workers_[0]->tasks();
    tasks.spawn(watch_rack(tasks, *rack_file_, [this] {
        state_->rack_of_file = rack_file_->rack();
        if (!fabric_) return (void)state_->membership.recluster(machine_.loop(0).clock().now());
        apply_to_fabric(*state_, *fabric_);
        fabric_->recluster();
    }));
}

/// What is configured of a cluster: the others are looked for from now on.
Result<void> Node::join_cluster() {
    if (!state_->config()->network.heartbeat.configured() || workers_[0]->tasks().stopping()) return {};
    if (state_->config()->service.stay_quiesced) state_->membership.ask_quiesce(true);
    auto settings = fabric_settings(*state_, machine_.loop(0).random(), trial_);
    fabric::Fabric::Callbacks callbacks;
    callbacks.accepted = [this](const auto& formed) {
        copies_->accepted(*formed);
        shared_->accepted(*formed);
    };
    callbacks.changed = [this](const auto& standing) { shared_->changed(standing); };
    callbacks.packet = [this](cluster::NodeId from, const fabric::FrameStart& start, Bytes body) {
        const cluster::FrameHeader header{start.body_size, start.check};
        switch (start.kind) {
            case fabric::FrameStart::Kind::packet: return copies_->packet(from, header, body);
            case fabric::FrameStart::Kind::metadata: return shared_->packet(from, header, body);
            default: return take_request(from, header, body);
        }
    };
    callbacks.duplicate = [this](const std::string& address) {
        failed_(Error{ResultCode::parameter,
                      "service.node-id: another process of this cluster has the id " + state_->identity.node_name +
                          (address.empty() ? "" : ", at " + address) + "; expected one of its own"});
    };
    const auto seeds = settings.seeds;
    fabric_ = std::make_unique<fabric::Fabric>(machine_, std::move(settings), state_->log, std::move(callbacks));
    const auto on_loop = [this](runtime::Work work) { machine_.loop(0).post(std::move(work)); };
    state_->membership.join(
        {.recluster = [this, on_loop] { on_loop([this] { fabric_->recluster(); }); },
         .quiesce = [this, on_loop](bool quiesce) { on_loop([this, quiesce] { fabric_->set_quiesced(quiesce); }); },
         .seeds =
             [this, on_loop](std::vector<runtime::Endpoint> wanted) {
                 on_loop([this, wanted = std::move(wanted)] { fabric_->set_seeds(wanted); });
             }},
        &fabric_->figures(), seeds);
    copies_->use(*fabric_);
    const auto shared = shared_->start(*fabric_, [this](smd::Map& map) { metadata_->add_local(map); });
    return shared ? fabric_->start() : shared;
}

/// All is there: records are served from now on, and looked after in the background.
void Node::serve() {
    if (workers_[0]->tasks().stopping()) return;
    for (const auto& ns : state_->namespaces) {
        if (ns->store) ns->store->start(workers_[0]->tasks());
    }
    auto& background = workers_[0]->tasks();
    background.spawn(server::gather_distributions(background, *state_));
    background.spawn(server::evict(background, *state_));
    background.spawn(server::raid_tombs(background, *state_));
    for (const auto& [ns, index] : std::exchange(to_build_, {})) state_->build_index(*ns, index);
    for (size_t i = 0; i < workers_.size(); ++i) {
        workers_[i]->loop().post([this, i] {
            auto& worker = *workers_[i];
            if (worker.tasks().stopping()) return;
            worker.tasks().spawn(txn::sweep(worker.tasks(), state_->namespaces, worker.commands(), i, workers_.size()));
        });
    }
    state_->loading.end();
    state_->ready.store(true, std::memory_order_release);
}

void Node::stop(runtime::Work done) {
    state_->ready.store(false, std::memory_order_release);
    listeners_.clear();
    if (!fabric_) return drain(std::move(done));
    shared_->stop();
    fabric_->stop([this, done = std::move(done)]() mutable { drain(std::move(done)); });
}

void Node::drain(runtime::Work done) {
    const auto left = std::make_shared<size_t>(workers_.size());
    const auto finished = std::make_shared<runtime::Work>(std::move(done));
    for (const auto& worker : workers_) {
        worker->loop().post([this, worker = worker.get(), left, finished] {
            worker->drain([this, left, finished] {
                machine_.loop(0).post([this, left, finished] {
                    if (--*left != 0) return;
                    drained_ = true;
                    close_stores(std::move(*finished));
                });
            });
        });
    }
}

config::Reloaded Node::reload(const NodeConfig& wanted) {
    config::Reloaded report;
    (void)state_->change_config([&](const NodeConfig& running) -> Result<NodeConfig> {
        report = config::reload(running, wanted);
        return report.config;
    });
    state_->tell_workers();
    return report;
}

std::vector<runtime::Endpoint> Node::endpoints() const {
    std::vector<runtime::Endpoint> all;
    for (const auto& listener : listeners_) all.push_back(listener->endpoint());
    return all;
}

}  // namespace cairn
