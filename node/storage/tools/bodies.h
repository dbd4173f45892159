#pragma once
#include <memory>
#include <optional>
#include <string>

#include "common/runtime/disk.h"
#include "node/storage/format/record_opener.h"

namespace cairn::storage {

/// Where the master key comes from; neither: there is none.
struct KeySource {
    std::string file{};
    std::string text{};  // of a variable of the environment
};
/// @return  nothing: none was given.
/// @error   it cannot be read, or is no key.
Result<std::optional<SecretKey>> read_master_key(runtime::Disk& disk, const KeySource& source);

/// Opens the records of one device.
class Bodies {
public:
    /// @param master_key  nothing: encrypted records stay closed.
    /// @error  the device's data key does not open with it.
    static Result<std::unique_ptr<Bodies>> of(const Superblock& superblock, const std::optional<SecretKey>& master_key);

    RecordOpener::Outcome open(const record::Head& stored, uint64_t seq, uint32_t unit, const record::Head*& plain) {
        return opener_.open(stored, seq, unit, plain);
    }

private:
    explicit Bodies(std::unique_ptr<BodyCipher> cipher) : cipher_(std::move(cipher)), opener_(cipher_.get()) {}

    std::unique_ptr<BodyCipher> cipher_;  // outlived by the opener's use of it
    RecordOpener opener_;
};

}  // namespace cairn::storage
