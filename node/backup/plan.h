#pragma once
#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/buffer.h"
#include "common/base/digest.h"
#include "common/base/result.h"

namespace cairn::backup {

using Partitions = std::bitset<kPartitionCount>;

/// What a backup is to hold. Its text form tells whether an unfinished backup was begun with the same one.
struct BackupPlan {
    std::string ns;
    std::vector<std::string> sets = {};  // empty: all
    std::vector<std::string> bins = {};  // empty: all
    Partitions partitions = Partitions().set();
    uint64_t modified_after_ms = 0;   // since 1970; 0: no limit
    uint64_t modified_before_ms = 0;  // since 1970; 0: no limit
    bool no_bins = false;
    bool no_records = false;
    bool no_indexes = false;
    bool no_modules = false;

    std::string text() const;
};

/// "0-1024,4000": 1024 partitions from 0 on, and partition 4000; as asbackup.
Result<Partitions> parse_partitions(std::string_view text);
/// Hexadecimal, 1024 digits.
std::string to_text(const Partitions& partitions);
Result<Partitions> partitions_from(std::string_view text);

/// The filter of a scan that keeps records by the time of their last update: empty when there is no limit.
/// The bytes are those that clients send for it.
Buffer time_filter(const BackupPlan& plan);

/// How far a backup has come, for the next run to go on.
struct BackupState {
    struct File {
        std::string name;
        uint64_t bytes = 0;
    };
    std::string plan;
    Partitions done = {};
    std::vector<File> files = {};
    bool definitions_done = false;

    std::string json() const;
    static Result<BackupState> parse(const std::string& json);
};
constexpr const char* kStateFile = "backup-state.json";

}  // namespace cairn::backup
