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

/// Which part of a namespace.
struct Part {
    Partitions partitions = Partitions().set();
    std::vector<Digest> after = {};  // of their partitions, which are among the above, only what follows them
};

/// What a backup is to hold. Its text form tells whether an unfinished backup was begun with the same one.
struct BackupPlan {
    std::string ns;
    std::vector<std::string> sets = {};  // empty: all
    std::vector<std::string> bins = {};  // empty: all
    Part part = {};
    std::string filter = {};  // an expression, packed; empty: none
    bool no_ttl_only = false;  // records that never expire
    uint64_t modified_after_ms = 0;   // since 1970; 0: no limit
    uint64_t modified_before_ms = 0;  // since 1970; 0: no limit
    bool no_bins = false;
    bool no_records = false;
    bool no_indexes = false;
    bool no_modules = false;

    std::string text() const;
};

/// "0-1024,4000": 1024 partitions from 0 on, and partition 4000; or a digest in base64: what follows it in its partition.
/// As asbackup.
Result<Part> parse_partitions(std::string_view text);
/// What follows a digest (base64) in its partition, and all partitions behind that one.
Result<Part> parse_after_digest(std::string_view text);
/// Hexadecimal, 1024 digits.
std::string to_text(const Partitions& partitions);
Result<Partitions> partitions_from(std::string_view text);

/// The filter of a scan for the records of the plan: the expression that all of its conditions make together, packed.
/// Empty when there are none.
Buffer scan_filter(const BackupPlan& plan);

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
