#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "common/runtime/machine.h"
#include "node/storage/committer.h"
#include "node/storage/defrag.h"
#include "node/storage/loader.h"
#include "node/storage/openers.h"
#include "node/storage/residents.h"
#include "node/storage/snapshot_saver.h"
#include "node/storage/space.h"
#include "node/storage/store.h"
#include "node/storage/store_options.h"
#include "node/storage/tomb_raider.h"
#include "node/storage/write_stream.h"

namespace cairn::storage {

/// The store of a namespace on files or raw block devices: docs/storage-format.md has the bytes.
class DeviceStore final : public Store {
public:
    /// Opens the devices, and sets new ones up. Blocks: for start-up.
    /// @param machine    outlives the store. Its first loop carries flushing, committing and defragmentation.
    /// @param set_names  of the sets that appended versions name.
    /// @error  one sentence that names the device and what to do.
    static Result<std::unique_ptr<DeviceStore>> open(runtime::Machine& machine, StoreOptions options,
                                                     SetNames set_names);
    ~DeviceStore() override;

    std::expected<Place, ResultCode> append(size_t stream, const record::Head& record) override;
    void release(Place place) override;
    bool copy_resident(Place place, Buffer& into) override;
    void prefetch(Place place) const override;
    Ticket ticket(size_t stream) const override;
    size_t streams() const override { return options_.streams; }
    bool commits() const override { return options_.commit_to_device; }
    bool failed() const override { return committer_->failed(); }

    void read(runtime::Loop& home, Place place, Buffer& into, std::move_only_function<void(ResultCode)> done) override;
    void when_durable(runtime::Loop& home, Ticket ticket, std::move_only_function<void(bool)> done) override;

    Result<void> load(LoadSink& sink, runtime::Clock& clock) override;
    void keep(Place place) override;
    void begin(Mover& mover) override;
    void start(runtime::TaskGroup& tasks) override;
    void tune(const StoreTuning& tuning) override;
    runtime::Task<RaidReport> raid(runtime::TaskGroup& tasks, Graves& graves) override;
    void close(const IndexImage* index, std::move_only_function<void(Result<void>)> done) override;

    StoreStats stats() const override;

private:
    using Devices = std::vector<std::unique_ptr<StoreDevice>>;
    struct Reading;

    DeviceStore(runtime::Machine& machine, StoreOptions options, SetNames set_names, Devices devices);
    StoreDevice& device_of(const Place& place) const;
    bool load_snapshot(LoadSink& sink, runtime::Clock& clock);
    Result<void> begin_run(uint64_t highest_seq);
    ResultCode take_read(Reading& reading, const Result<void>& result);
    ResultCode refuse(const Reading& reading, std::string_view what);
    runtime::Task<void> flush(runtime::TaskGroup& tasks);
    void save_snapshot(const IndexImage& index, std::move_only_function<void(Result<void>)> done);
    void mark_clean(std::move_only_function<void(Result<void>)> done);
    void forget_previous_keys();

    runtime::Machine& machine_;
    const StoreOptions options_;
    LiveOptions live_{options_};
    const SetNames set_names_;
    const std::function<void()> on_closed_ = [this] { committer_->wake(false); };
    // Before the devices: what is under way at the end uses them.
    std::unique_ptr<BufferPool> buffers_;
    std::vector<AlignedBuffer> superblocks_;
    Devices devices_;
    std::unique_ptr<Residents> residents_;
    std::unique_ptr<Space> space_;
    std::vector<std::unique_ptr<WriteStream>> streams_;  // the last one is defragmentation's
    std::unique_ptr<Committer> committer_;
    std::unique_ptr<Openers> openers_;
    std::unique_ptr<Defrag> defrag_;
    std::unique_ptr<TombRaider> raider_;
    Mover* mover_ = nullptr;
    std::vector<Loader::DamagedBlock> damaged_;  // from load() to begin()
    std::unique_ptr<SnapshotSaver> saver_;
    SnapshotSaver::Saved saved_;  // what the marks of a clean stop name
    size_t marks_due_ = 0;
    std::atomic<uint64_t> torn_{0};
    std::atomic<uint64_t> corrupt_{0};
    std::atomic<uint64_t> overload_{0};
};

}  // namespace cairn::storage
