#include "node/storage/tools/dump.h"

#include <unordered_map>

#include "common/base/hash.h"
#include "common/base/time.h"
#include "node/record/bins.h"
#include "node/storage/format/stored_record.h"
#include "node/tools/value_json.h"

namespace cairn::storage {
namespace {

using record::Head;
using record::Kind;

Kind kind_of(const Head& head) { return Kind(uint8_t(head.kind)); }

struct HashDigest {
    size_t operator()(const Digest& digest) const { return hash64(digest.bytes); }
};
/// The newest version of each record: by sequence, of equal ones the copy in the younger block, as at a cold start.
struct Newest {
    uint64_t sequence;
    uint64_t seq;
    size_t device;
    uint64_t byte;
};
using Newests = std::unordered_map<Digest, Newest, HashDigest>;

ctl::Json value_json(record::Particle type, Bytes stored) {
    if (type == record::Particle::integer) return ctl::to_json(client::Value::integer(record::load_integer(stored)));
    return ctl::to_json({type, std::string(as_text(stored))});
}

bool valid_integer(const record::Bin& bin) {
    const size_t size = bin.value.size();
    return bin.type != record::Particle::integer || size == 1 || size == 2 || size == 4 || size == 8;
}

/// What both passes over the devices share.
class Pass : public DeviceVisitor {
public:
    Pass(std::vector<DeviceFile>& devices, size_t device, const std::function<void(const std::string&)>& warn)
        : path_(devices[device].path()), device_(device), warn_(warn) {}

    void block(uint32_t block, const WalkReport& report) override {
        sets_.clear();
        if (!report.damaged() || report.first_bad->damage == Damage::torn) return;
        good_ = false;
        warn_("device " + path_ + ": block " + std::to_string(block) + " is damaged; what can be read of it is shown");
    }
    void unreadable(uint32_t, const Error& error) override {
        good_ = false;
        warn_(error.detail);
    }
    bool good() const { return good_; }

protected:
    const std::string& path_;
    const size_t device_;
    const std::function<void(const std::string&)>& warn_;
    std::unordered_map<uint16_t, std::string> sets_;  // of the block: ids may have had other names in older ones
    bool good_ = true;
};

class FindNewest final : public Pass {
public:
    FindNewest(std::vector<DeviceFile>& devices, size_t device, const std::function<void(const std::string&)>& warn,
               const std::vector<uint64_t>& floors, Newests& newests)
        : Pass(devices, device, warn), floors_(floors), newests_(newests) {}

    void record(const Head& stored, const At& at) override {
        if (kind_of(stored) == Kind::set_name) return;
        const Newest found{stored.sequence_number(), at.seq, device_, at.byte};
        if (found.sequence <= floors_[stored.digest.partition()]) return;
        const auto [known, added] = newests_.try_emplace(stored.digest, found);
        if (added) return;
        Newest& newest = known->second;
        if (std::pair(found.sequence, found.seq) > std::pair(newest.sequence, newest.seq)) newest = found;
    }

private:
    const std::vector<uint64_t>& floors_;
    Newests& newests_;
};

class Print final : public Pass {
public:
    /// @param newests  nothing: all versions are shown.
    Print(std::vector<DeviceFile>& devices, size_t device, const std::function<void(const std::string&)>& warn,
          const DumpSettings& settings, const Newests* newests, Bodies& bodies, uint64_t& left,
          const std::function<bool(const std::string&)>& print)
        : Pass(devices, device, warn),
          settings_(settings),
          newests_(newests),
          bodies_(bodies),
          left_(left),
          print_(print) {}

    void record(const Head& stored, const At& at) override {
        if (kind_of(stored) == Kind::set_name) {
            sets_[stored.set_id] = as_text({stored.body(), stored.size() - sizeof(Head)});
            return;
        }
        if (left_ == 0 || !is_wanted(stored, at)) return;
        const Head* plain = nullptr;
        const auto outcome = bodies_.open(stored, at.seq, at.unit, plain);
        if (outcome != RecordOpener::Outcome::plain || !valid_body(*plain)) {
            plain = nullptr;
            closed_ += outcome == RecordOpener::Outcome::no_key;
            if (outcome != RecordOpener::Outcome::no_key) {
                good_ = false;
                warn_("device " + path_ + ": the record at byte " + std::to_string(at.byte) + " cannot be opened");
            }
        }
        --left_;
        if (!print_(dump_line(stored, plain, sets_[stored.set_id], path_, at, !settings_.no_bins))) left_ = 0;
    }
    bool go_on() override { return left_ != 0; }
    uint64_t closed() const { return closed_; }

private:
    bool is_wanted(const Head& stored, const At& at) {
        if (settings_.set && sets_[stored.set_id] != *settings_.set) return false;
        if (newests_ == nullptr) return true;
        if (kind_of(stored) == Kind::tombstone) return false;
        const auto newest = newests_->find(stored.digest);
        return newest != newests_->end() && newest->second.device == device_ && newest->second.byte == at.byte;
    }

    const DumpSettings& settings_;
    const Newests* const newests_;
    Bodies& bodies_;
    uint64_t& left_;
    const std::function<bool(const std::string&)>& print_;
    uint64_t closed_ = 0;
};

}  // namespace

std::string dump_line(const Head& stored, const Head* plain, std::string_view set, const std::string& device,
                      const DeviceVisitor::At& at, bool bins) {
    ctl::Json json;
    json["digest"] = to_hex(stored.digest.bytes);
    if (plain != nullptr && plain->has_key) {
        const Bytes key = record::stored_key(*plain);
        json["key"] = ctl::to_json({record::Particle(key[0]), std::string(as_text(key.subspan(1)))});
    }
    if (stored.set_id != 0) {
        if (set.empty()) json["set_id"] = uint32_t(stored.set_id);
        else json["set"] = set;
    }
    if (kind_of(stored) == Kind::tombstone) json["tombstone"] = true;
    json["generation"] = stored.generation;
    if (stored.void_time != 0) json["void_time_unix"] = stored.void_time + kEpochUnixSeconds;
    json["last_update_unix_ms"] = stored.last_update_ms() + kEpochUnixSeconds * 1000;
    json["sequence"] = stored.sequence_number();
    json["stored_bytes"] = stored.size();
    json["device"] = device;
    json["byte"] = at.byte;
    if (plain == nullptr) json["unopened"] = true;
    if (plain != nullptr && bins) {
        ctl::Json values = ctl::Json::object();
        record::BinWalk walk = record::walk_bins(*plain);
        for (record::Bin bin; walk.next(bin);) {
            values[std::string(bin.name)] = valid_integer(bin) ? value_json(bin.type, bin.value) : ctl::Json();
        }
        json["bins"] = std::move(values);
    }
    return ctl::json_line(json);
}

bool dump(runtime::Disk& disk, const DumpSettings& settings, const std::function<bool(const std::string&)>& print,
          const std::function<void(const std::string&)>& warn) {
    const auto refuse = [&](const Error& error) {
        warn(error.detail);
        return false;
    };
    const auto master_key = read_master_key(disk, settings.key);
    if (!master_key) return refuse(master_key.error());
    std::vector<DeviceFile> devices;
    std::vector<std::unique_ptr<Bodies>> bodies;
    for (const auto& path : settings.paths) {
        auto device = DeviceFile::open(disk, path);
        if (!device) return refuse(device.error());
        devices.push_back(std::move(*device));
    }
    if (const auto verified = verify_devices(devices); !verified) return refuse(verified.error());
    for (const DeviceFile& device : devices) {
        auto of = Bodies::of(device.superblock(), *master_key);
        if (!of) return refuse({ResultCode::server_error, "device " + device.path() + ": " + of.error().detail});
        bodies.push_back(std::move(*of));
    }

    bool good = true;
    Newests newests;
    if (!settings.all) {
        const auto floors = read_floors(devices);
        if (!floors) return refuse(floors.error());
        for (size_t i = 0; i < devices.size(); ++i) {
            FindNewest pass(devices, i, warn, *floors, newests);
            walk_device(devices[i], pass);
            good = good && pass.good();
        }
    }
    uint64_t left = settings.limit;
    uint64_t closed = 0;
    const std::function<void(const std::string&)> nothing = [](const std::string&) {};
    for (size_t i = 0; i < devices.size(); ++i) {
        // The first pass, where there was one, has said what is damaged.
        Print pass(devices, i, settings.all ? warn : nothing, settings, settings.all ? nullptr : &newests, *bodies[i],
                   left, print);
        walk_device(devices[i], pass);
        good = good && pass.good();
        closed += pass.closed();
    }
    if (closed != 0) warn(std::to_string(closed) + " records are encrypted: give the master key to see their bins");
    return good;
}

}  // namespace cairn::storage
