#include "node/storage/tools/check.h"

#include <numeric>

#include "node/storage/format/stored_record.h"
#include "node/tools/render.h"

namespace cairn::storage {
namespace {

using record::Kind;

void note(DeviceFindings& findings, uint64_t byte, uint32_t block, const std::string& what) {
    if (!findings.first_bad || byte < findings.first_bad->byte) findings.first_bad = {byte, block, what};
}

bool all_torn(const WalkReport& report) {
    return std::accumulate(std::begin(report.damages), std::end(report.damages), 0u) == report.count(Damage::torn);
}

class Checker final : public DeviceVisitor {
public:
    Checker(DeviceFile& device, size_t device_index, Bodies& bodies, DeviceFindings& findings,
            std::vector<DamagedBlock>& damaged)
        : device_(device), device_index_(device_index), bodies_(bodies), findings_(findings), damaged_(damaged) {}

    void record(const record::Head& stored, const At& at) override {
        if (Kind(uint8_t(stored.kind)) == Kind::set_name) return;
        findings_.stored_bytes += uint64_t{stored.units} * record::kUnit;
        const record::Head* plain = nullptr;
        switch (bodies_.open(stored, at.seq, at.unit, plain)) {
            case RecordOpener::Outcome::no_key: ++findings_.closed_bodies; return;
            case RecordOpener::Outcome::plain:
                if (valid_body(*plain)) return;
                break;
            case RecordOpener::Outcome::damaged: break;
        }
        ++findings_.wrong_bodies;
        note_bad(at.byte, at.block, "body of a record");
    }

    void block(uint32_t block, const WalkReport& report) override {
        findings_.used_blocks += report.seq != 0 && !report.overwritten;
        findings_.records += report.records;
        findings_.tombstones += report.tombstones;
        if (report.damaged()) damaged_.push_back({device_index_, block, report});
    }

    void unreadable(uint32_t block, const Error& error) override {
        ++findings_.unreadable_blocks;
        note_bad(device_.byte_of(block), block, "unreadable block");
        if (findings_.unreadable_blocks == 1) findings_.problems.push_back(error.detail);
    }

private:
    void note_bad(uint64_t byte, uint32_t block, const std::string& what) { note(findings_, byte, block, what); }

    DeviceFile& device_;
    const size_t device_index_;
    Bodies& bodies_;
    DeviceFindings& findings_;
    std::vector<DamagedBlock>& damaged_;
};

/// Adds what is wrong in a block to the findings of its device.
void add_damage(const DamagedBlock& damaged, const DeviceFile& device, DeviceFindings& findings) {
    const WalkReport& report = damaged.report;
    for (size_t i = 0; i < kDamages; ++i) {
        findings.damages[damaged.leftover ? size_t(Damage::torn) : i] += report.damages[i];
    }
    const auto& bad = *report.first_bad;
    if (damaged.leftover || all_torn(report)) return;
    note(findings, device.byte_of(damaged.block) + uint64_t{bad.unit} * record::kUnit, damaged.block,
         damage_name(bad.damage) + " " + bad.what);
}

std::string hex(uint64_t value) {
    uint8_t bytes[8];
    store_be(bytes, value);
    const std::string digits = to_hex(bytes);
    return digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

/// @param damaged  receives the blocks of which something is wrong.
DeviceFindings check_device(DeviceFile& device, size_t device_index, const std::optional<SecretKey>& master_key,
                            std::vector<DamagedBlock>& damaged) {
    DeviceFindings findings;
    findings.path = device.path();
    const SuperblockChoice& choice = device.superblocks();
    findings.superblock = choice.superblock;
    findings.readable = choice.state == SuperblockState::valid;
    if (!findings.readable) return findings;  // verify_devices() says why
    findings.blocks = device.block_count();
    if (choice.one_damaged) findings.problems.push_back("one of the two superblocks is damaged");
    if (const auto table = device.read_partition_table(); !table) {
        findings.problems.push_back(table.error().detail);
    } else {
        const auto pages = std::ranges::count_if(*table, [](const TablePage& page) { return page.one_damaged; });
        if (pages != 0) {
            findings.problems.push_back("partition table: one copy of " + std::to_string(pages) + " pages is damaged");
        }
    }
    auto bodies = Bodies::of(findings.superblock, master_key);
    if (!bodies) {
        findings.problems.push_back(bodies.error().detail);
        bodies = Bodies::of(findings.superblock, std::nullopt);
    }
    Checker checker(device, device_index, **bodies, findings, damaged);
    walk_device(device, checker);
    return findings;
}

}  // namespace

bool DeviceFindings::whole() const {
    const uint64_t damaged =
        std::accumulate(std::begin(damages), std::end(damages), uint64_t{0}) - damages[size_t(Damage::torn)];
    return readable && problems.empty() && damaged + unreadable_blocks + wrong_bodies == 0;
}

std::vector<DeviceFindings> check_devices(std::span<DeviceFile> devices, const std::optional<SecretKey>& master_key) {
    std::vector<DeviceFindings> all;
    std::vector<DamagedBlock> damaged;
    for (size_t i = 0; i < devices.size(); ++i) all.push_back(check_device(devices[i], i, master_key, damaged));
    // Of blocks with torn ends alone there is nothing to find out.
    const auto suspects = std::ranges::partition(damaged, [](const DamagedBlock& one) { return all_torn(one.report); });
    if (std::ranges::all_of(all, &DeviceFindings::readable)) find_leftovers(devices, suspects);
    for (const DamagedBlock& one : damaged) add_damage(one, devices[one.device], all[one.device]);
    return all;
}

std::string text_of(const DeviceFindings& findings) {
    const Superblock& is = findings.superblock;
    const auto count = [](uint64_t value) { return ctl::as_count(value); };
    const auto damage = [&](Damage kind) { return findings.damages[size_t(kind)]; };
    std::string text = findings.path + "\n";
    const auto line = [&](std::string_view title, const std::string& value) {
        text += "  " + std::string(title) + std::string(14 - title.size(), ' ') + value + "\n";
    };
    if (findings.readable) {
        line("namespace", is.namespace_name + ", device " + std::to_string(is.device_index + 1) + " of " +
                              std::to_string(is.device_count));
        line("node", hex(is.node_id) + (is.cluster.is_nil() ? "" : ", cluster " + is.cluster.text()));
        line("left", is.clean ? "in order" : "not in order: the next start reads all blocks");
        line("blocks", count(findings.used_blocks) + " of " + count(findings.blocks) + " in use, " +
                           ctl::as_bytes_text(is.block_bytes) + " each");
        line("versions", count(findings.records) + " of records, " + count(findings.tombstones) + " tombstones, " +
                             ctl::as_bytes_text(findings.stored_bytes));
        line("damage", count(damage(Damage::corrupt)) + " corrupt, " + count(damage(Damage::stale)) + " stale, " +
                           count(damage(Damage::misplaced)) + " misplaced, " + count(damage(Damage::foreign)) +
                           " foreign, " + count(findings.wrong_bodies) + " wrong bodies, " +
                           count(findings.unreadable_blocks) + " unreadable blocks");
        line("torn", count(damage(Damage::torn)) +
                         (damage(Damage::torn) == 0 ? "" : ": unfinished writes, which nothing was promised of"));
        if (findings.closed_bodies != 0)
            line("encrypted", count(findings.closed_bodies) + " not opened: no key was given");
    }
    if (findings.first_bad) {
        const auto& [byte, block, what] = *findings.first_bad;
        line("first bad", "byte " + std::to_string(byte) + ", in block " + std::to_string(block) + ": " + what);
    }
    for (const auto& problem : findings.problems) line("problem", problem);
    line("result", findings.whole() ? "whole" : findings.readable ? "DAMAGED" : "not verified");
    return text;
}

std::string json_of(const DeviceFindings& findings) {
    const Superblock& is = findings.superblock;
    ctl::Json json;
    json["device"] = findings.path;
    json["whole"] = findings.whole();
    if (findings.readable) {
        json["namespace"] = is.namespace_name;
        json["node"] = hex(is.node_id);
        json["cluster"] = is.cluster.text();
        json["device_index"] = is.device_index;
        json["device_count"] = is.device_count;
        json["device_uuid"] = is.device.text();
        json["encrypted"] = is.encryption != BodyEncryption::none;
        json["clean"] = is.clean;
        json["block_bytes"] = is.block_bytes;
        json["blocks"] = findings.blocks;
        json["used_blocks"] = findings.used_blocks;
        json["records"] = findings.records;
        json["tombstones"] = findings.tombstones;
        json["stored_bytes"] = findings.stored_bytes;
        for (size_t i = 0; i < kDamages; ++i) json[damage_name(Damage(i))] = findings.damages[i];
        json["wrong_bodies"] = findings.wrong_bodies;
        json["closed_bodies"] = findings.closed_bodies;
        json["unreadable_blocks"] = findings.unreadable_blocks;
    }
    if (findings.first_bad) {
        json["first_bad"] = {{"byte", findings.first_bad->byte},
                             {"block", findings.first_bad->block},
                             {"what", findings.first_bad->what}};
    }
    json["problems"] = findings.problems;
    return ctl::json_line(json);
}

bool check(runtime::Disk& disk, const CheckSettings& settings, const std::function<void(const std::string&)>& print,
           const std::function<void(const std::string&)>& warn) {
    const auto master_key = read_master_key(disk, settings.key);
    if (!master_key) {
        warn(master_key.error().detail);
        return false;
    }
    bool whole = true;
    std::vector<DeviceFile> devices;
    for (const auto& path : settings.paths) {
        auto device = DeviceFile::open(disk, path);
        if (device) {
            devices.push_back(std::move(*device));
        } else {
            warn(device.error().detail);
            whole = false;
        }
    }
    for (const DeviceFindings& findings : check_devices(devices, *master_key)) {
        print(settings.json ? json_of(findings) : text_of(findings));
        whole = whole && findings.whole();
    }
    if (const auto verified = verify_devices(devices); !verified) {
        warn(verified.error().detail);
        whole = false;
    }
    return whole;
}

}  // namespace cairn::storage
