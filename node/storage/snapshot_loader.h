#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "common/base/aligned_buffer.h"
#include "common/runtime/clock.h"
#include "node/storage/format/snapshot.h"
#include "node/storage/store_device.h"
#include "node/storage/store_options.h"

namespace cairn::storage {

/// Reads the index that a clean stop has left beside the data. All of it is verified: the check of each page, that each
/// entry's place is one, and that live units of each block are those of the entries. Blocks the thread.
class SnapshotLoader {
public:
    struct Parts {  // all outlive this
        runtime::Clock& clock;
        std::span<const std::unique_ptr<StoreDevice>> devices;
        const StoreOptions& options;
    };
    SnapshotLoader(const Parts& parts, LoadSink& sink);

    /// Tells entries, sequences and set names to the sink, and fills the block tables but for the live units.
    /// @error  why there is no snapshot that can be used; then nothing of the tables has changed, and the sink forgets.
    Result<SnapshotInfo> load();

private:
    Result<uint64_t> named_by_superblocks() const;
    Result<void> load_pages(uint64_t id);
    Result<void> read_page(const SnapshotPlace& place, AlignedBuffer& page);
    Result<void> take(const SnapshotItem& item);
    Result<void> take_blocks(const SnapshotItem& item);
    bool count(Place place);
    Result<void> verify_blocks() const;
    void fill_tables();
    void tell_progress();

    struct Table {
        std::vector<SnapshotBlock> blocks;
        std::vector<uint32_t> live;  // units of the entries
    };
    const Parts parts_;
    LoadSink& sink_;
    const std::function<bool(Place)> known_ = [this](Place place) { return count(place); };
    SnapshotInfo info_;
    std::vector<SnapshotPlace> places_;
    std::vector<Table> tables_;  // by device
    std::vector<std::pair<uint16_t, std::string>> sets_;
    uint64_t entries_ = 0;
    Instant told_{};
};

}  // namespace cairn::storage
