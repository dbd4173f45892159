#include "node/storage/format/record_opener.h"

#include <cstring>

namespace cairn::storage {

using record::Head;

RecordOpener::Outcome RecordOpener::decrypt(const Head& stored, uint64_t block_seq, uint32_t unit, const Head*& plain) {
    plain = &stored;
    if (!stored.encrypted) return Outcome::plain;
    if (cipher_ == nullptr || !cipher_->knows(block_seq)) return Outcome::no_key;
    const size_t bytes = size_t{stored.units} * record::kUnit;
    copy_.clear();
    Head& copy = *reinterpret_cast<Head*>(copy_.prepare(bytes));
    std::memcpy(&copy, &stored, bytes);
    plain = &copy;
    return cipher_->decrypt(copy, block_seq, unit) ? Outcome::plain : Outcome::damaged;
}

RecordOpener::Outcome RecordOpener::open(const Head& stored, uint64_t block_seq, uint32_t unit, const Head*& plain) {
    const Outcome outcome = decrypt(stored, block_seq, unit, plain);
    if (outcome != Outcome::plain || !plain->compressed) return outcome;
    const Head* const inflated = decompressor_.decompress(*plain);
    if (inflated == nullptr) return Outcome::damaged;
    plain = inflated;
    return Outcome::plain;
}

}  // namespace cairn::storage
