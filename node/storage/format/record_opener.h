#pragma once
#include <cstdint>

#include "common/base/buffer.h"
#include "node/record/layout.h"
#include "node/storage/format/cipher.h"
#include "node/storage/format/compress.h"

namespace cairn::storage {

/// Makes stored records plain: decrypts, then decompresses. Each worker has its own.
class RecordOpener {
public:
    enum class Outcome : uint8_t {
        plain,
        no_key,   // encrypted, and there is no cipher, or the key is gone: BodyCipher::forget_before()
        damaged,  // another key, or damage that the check did not show
    };

    /// @param cipher  nothing: encrypted records cannot be opened. Outlives this.
    explicit RecordOpener(BodyCipher* cipher = nullptr) : cipher_(cipher) {}

    /// @param stored  its check was found right.
    /// @param plain   receives `stored` itself or a copy that is valid until the next call.
    Outcome open(const record::Head& stored, uint64_t block_seq, uint32_t unit, const record::Head*& plain);
    /// Only decrypts: for a record that moves to another place.
    Outcome decrypt(const record::Head& stored, uint64_t block_seq, uint32_t unit, const record::Head*& plain);

private:
    BodyCipher* const cipher_;
    Decompressor decompressor_;
    Buffer copy_;
};

}  // namespace cairn::storage
