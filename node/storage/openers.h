#pragma once
#include <atomic>
#include <memory>
#include <span>
#include <vector>

#include "common/base/buffer.h"
#include "node/storage/format/record_opener.h"
#include "node/storage/store_device.h"

namespace cairn::storage {

/// Makes stored records plain, for any worker: each opener has work space that only one can use at a time.
class Openers {
public:
    /// @param count  how many may be at it at once.
    Openers(std::span<const std::unique_ptr<StoreDevice>> devices, size_t count) { take_keys(devices, count); }
    /// Those that the devices have now. Before anyone else uses this.
    void take_keys(std::span<const std::unique_ptr<StoreDevice>> devices, size_t count);

    /// @param stored  whole; its check was found right.
    /// @param unit    in the block of this sequence.
    /// @return  false: another key, or damage that the check did not show.
    bool open(uint32_t device, const record::Head& stored, uint64_t seq, uint32_t unit, Buffer& into);

private:
    struct Opener {
        ShortLock lock;
        std::vector<std::unique_ptr<BodyCipher>> ciphers;
        std::vector<std::unique_ptr<RecordOpener>> openers;  // one for each device
    };
    std::vector<std::unique_ptr<Opener>> all_;
    std::atomic<uint32_t> turn_{0};
};

/// Replaces what `into` holds.
void copy_record(const record::Head& record, Buffer& into);

}  // namespace cairn::storage
