#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/base/aligned_buffer.h"
#include "common/runtime/loop.h"
#include "node/storage/format/snapshot.h"
#include "node/storage/space.h"

namespace cairn::storage {

/// Writes the index of a clean stop into free blocks, some pages at once, and makes them durable. What it needs is known
/// before: with too little room nothing is written. Lives on one loop; once.
class SnapshotSaver {
public:
    struct Parts {  // all outlive this
        runtime::Loop& home;
        std::span<const std::unique_ptr<StoreDevice>> devices;
        Space& space;
    };
    SnapshotSaver(const Parts& parts, const IndexImage& index);

    struct Saved {
        uint64_t id = 0;  // 0: there is none
        SnapshotPlace first;
        uint64_t entries = 0;
        uint64_t bytes = 0;
        std::string why_not;
    };
    /// @param done  nothing may have been saved. @error  a device failed.
    void save(std::move_only_function<void(Result<Saved>)> done);

private:
    bool choose_places();
    void begin();
    void add_blocks();
    void add_sequences();
    bool make_page();
    void pump();
    void write_page();
    void on_written(size_t slot, Result<void> written);
    void sync_next(size_t device);
    void finish(Result<void> outcome);

    const Parts parts_;
    const IndexImage& index_;
    std::move_only_function<void(Result<Saved>)> done_;
    Saved saved_;
    Instant began_{};
    uint32_t page_bytes_ = 0;
    std::vector<uint64_t> counts_;  // entries by partition
    std::vector<SnapshotPlace> places_;
    std::optional<SnapshotWriter> writer_;
    Buffer out_;  // complete pages
    Buffer entries_;  // of one partition
    uint32_t next_partition_ = 0;
    bool ended_ = false;  // all pages are in out_ or gone
    size_t next_page_ = 0;
    std::vector<AlignedBuffer> slots_;  // pages on their way
    std::vector<size_t> idle_;  // slots
    std::optional<Error> failure_;
};

}  // namespace cairn::storage
