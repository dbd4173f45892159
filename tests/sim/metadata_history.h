#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/smd/driver.h"
#include "tests/sim/fabric_history.h"

namespace cairn::sim {

struct MetadataShape {
    bool wipes = false;  // disks forget too; then what was acknowledged may be lost
    smd::MachineMutants mutants = {};
    Duration trouble = 20s;
};

/// System metadata on the fabrics of some nodes in trouble: clients ask any node for changes, and what an outside observer
/// sees is checked.
class MetadataHistory final : FabricGuest {
public:
    MetadataHistory(uint64_t seed, const MetadataShape& shape);
    ~MetadataHistory() override;

    /// @return  what went wrong first.
    std::optional<std::string> run();
    uint64_t answered_ok() const { return answered_ok_; }

private:
    using Versions = std::map<smd::Key, smd::Version>;
    struct Node {
        std::unique_ptr<smd::Driver> driver;
        log::MemorySink lines;
        log::Logger logger{log::Format::text, log::Level::info, lines};
        std::shared_ptr<const cluster::Formed> accepted;
        Versions had;  // when it accepted that view
        Versions highest;  // that its process had
    };
    void begin(size_t node, fabric::Fabric::Callbacks& told) override;
    Result<void> start(size_t node, fabric::Fabric& fabric) override;
    void end(size_t node) override;
    void wipe(size_t node) override;

    void ask();
    void on_ok(size_t node, const smd::Set& set);
    void on_applied(size_t node, const smd::Map& map);
    void on_serves(size_t node, const cluster::Formed& formed);
    std::optional<smd::Map> stored(size_t node);
    bool change_in_peace(size_t asked);
    void check_end();
    void violate(std::string what) {
        if (!violation_) violation_ = std::move(what);
    }

    const MetadataShape shape_;
    std::vector<std::unique_ptr<Node>> nodes_;
    FabricHistory history_;
    std::map<std::string, smd::Version> version_of_;  // by value, each of one change
    std::map<smd::Key, smd::Version> acknowledged_;  // the highest of each key
    std::map<smd::Key, uint64_t> truncated_;  // the latest that was acknowledged
    uint64_t values_ = 0;
    uint64_t answered_ok_ = 0;
    std::optional<std::string> violation_;
};

}  // namespace cairn::sim
