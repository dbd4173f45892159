#include "node/fabric/state_file.h"

#include "node/cluster/codec.h"

namespace cairn::fabric {

StateFile::StateFile(runtime::Disk& disk, runtime::Loop& loop, std::string path, log::Logger& logger, Figures& figures)
    : disk_(disk),
      log_(logger),
      figures_(figures),
      file_(disk, loop, std::move(path), [this](const Result<void>& outcome) { written(outcome); }) {}

Result<std::optional<cluster::DurableState>> StateFile::load() const {
    const auto bytes = disk_.read_file(file_.path());
    if (!bytes) {
        if (bytes.error().code == ResultCode::not_found) return std::nullopt;
        return std::unexpected(bytes.error());
    }
    auto state = cluster::decode_durable(as_bytes(*bytes));
    if (!state) {
        return fail("'" + file_.path() + "': " + state.error().detail +
                    "; without the file the node comes back as a new one, whose data counts for nothing");
    }
    return std::optional(*std::move(state));
}

void StateFile::store(const cluster::DurableState& state, std::function<void()> done) {
    file_.store(std::string(as_text(cluster::encode(state))), std::move(done));
}

void StateFile::written(const Result<void>& outcome) {
    if (!outcome) {
        figures_.state_writes_failed.add();
        if (!failed_) {
            log_.warning(log::Module::clustering,
                         "cluster state cannot be stored: this node promises nothing until it can",
                         {{"reason", outcome.error().detail}});
        }
        failed_ = true;
        return;
    }
    if (failed_) log_.info(log::Module::clustering, "cluster state is stored again", {{"path", file_.path()}});
    failed_ = false;
    figures_.state_writes.add();
}

}  // namespace cairn::fabric
