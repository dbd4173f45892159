#include "node/storage/format/compress.h"

#include <lz4.h>
#include <zstd.h>

#include <algorithm>
#include <vector>

#include "common/base/check.h"

namespace cairn::storage {
namespace {

using record::Head;
using record::kUnit;

constexpr size_t kPrefixBytes = 3;
constexpr uint32_t kPlainSizeMax = (1u << 23) - 1;
constexpr uint32_t kLz4Bit = 1u << 23;

struct FreeZstd {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
};

void store_prefix(uint8_t* at, uint32_t value) {
    at[0] = uint8_t(value);
    at[1] = uint8_t(value >> 8);
    at[2] = uint8_t(value >> 16);
}

uint32_t load_prefix(const uint8_t* at) { return at[0] | uint32_t{at[1]} << 8 | uint32_t{at[2]} << 16; }

/// Sets size and padding of a head whose body has `body_size` bytes, and clears the padding behind it.
void set_size(Head& head, size_t body_size) {
    const uint32_t size = uint32_t(sizeof(Head) + body_size);
    head.units = record::units_for(size) & 0xFFFFF;
    head.pad = uint16_t(head.units * kUnit - size) & 15;
    std::memset(head.body() + body_size, 0, head.pad);
}

}  // namespace

struct Compressor::Contexts {
    std::unique_ptr<ZSTD_CCtx, FreeZstd> zstd;
    std::vector<char> lz4;
};

Compressor::Compressor(Compression method, int level)
    : method_(method), level_(level), contexts_(std::make_unique<Contexts>()) {
    if (method == Compression::lz4) contexts_->lz4.resize(size_t(LZ4_sizeofState()));
    if (method != Compression::zstd) return;
    contexts_->zstd.reset(ZSTD_createCCtx());
    ZSTD_CCtx* const context = contexts_->zstd.get();
    CAIRN_CHECK(context != nullptr);
    // The prefix has the size, and the record its check.
    const auto set = [context](ZSTD_cParameter parameter, int value) {
        CAIRN_CHECK(ZSTD_isError(ZSTD_CCtx_setParameter(context, parameter, value)) == 0);
    };
    set(ZSTD_c_compressionLevel, level);
    set(ZSTD_c_contentSizeFlag, 0);
    set(ZSTD_c_checksumFlag, 0);
}

Compressor::~Compressor() = default;

const Head& Compressor::compress(const Head& plain) {
    CAIRN_CHECK(!plain.compressed && !plain.encrypted);
    const size_t body_size = plain.size() - sizeof(Head);
    if (method_ == Compression::none || body_size < kCompressedBodyMin || body_size > kPlainSizeMax) return plain;
    copy_.clear();
    uint8_t* const at = copy_.prepare(size_t{plain.units} * kUnit);
    Head& head = *reinterpret_cast<Head*>(at);
    std::memcpy(&head, &plain, sizeof(Head));
    // What does not fit into a unit less is not worth it; the libraries stop there.
    const size_t room = (size_t{plain.units} - 1) * kUnit - sizeof(Head) - kPrefixBytes;
    const size_t size = compress_body(plain, head.body() + kPrefixBytes, room);
    if (size == 0) return plain;
    store_prefix(head.body(), uint32_t(body_size) | (method_ == Compression::lz4 ? kLz4Bit : 0));
    head.compressed = 1;
    set_size(head, kPrefixBytes + size);
    CAIRN_CHECK(head.units < plain.units);
    return head;
}

/// @return  0: it does not fit.
size_t Compressor::compress_body(const Head& plain, uint8_t* to, size_t room) {
    const size_t body_size = plain.size() - sizeof(Head);
    if (method_ == Compression::zstd) {
        const size_t size = ZSTD_compress2(contexts_->zstd.get(), to, room, plain.body(), body_size);
        return ZSTD_isError(size) != 0 ? 0 : size;
    }
    const int size = LZ4_compress_fast_extState(contexts_->lz4.data(), reinterpret_cast<const char*>(plain.body()),
                                                reinterpret_cast<char*>(to), int(body_size), int(room), level_);
    return size_t(std::max(size, 0));
}

struct Decompressor::Contexts {
    std::unique_ptr<ZSTD_DCtx, FreeZstd> zstd{ZSTD_createDCtx()};
};

Decompressor::Decompressor() : contexts_(std::make_unique<Contexts>()) { CAIRN_CHECK(contexts_->zstd != nullptr); }
Decompressor::~Decompressor() = default;

const Head* Decompressor::decompress(const Head& compressed) {
    CAIRN_CHECK(compressed.compressed && !compressed.encrypted);
    if (compressed.size() < sizeof(Head) + kPrefixBytes) return nullptr;
    const uint32_t prefix = load_prefix(compressed.body());
    const size_t plain_size = prefix & kPlainSizeMax;
    const uint8_t* const from = compressed.body() + kPrefixBytes;
    const size_t from_size = compressed.size() - sizeof(Head) - kPrefixBytes;
    if (plain_size > record::kUnitsMax * kUnit - sizeof(Head)) return nullptr;
    copy_.clear();
    Head& head = *reinterpret_cast<Head*>(copy_.prepare(sizeof(Head) + plain_size + kUnit));
    std::memcpy(&head, &compressed, sizeof(Head));
    bool whole;
    if ((prefix & kLz4Bit) != 0) {
        whole = LZ4_decompress_safe(reinterpret_cast<const char*>(from), reinterpret_cast<char*>(head.body()),
                                    int(from_size), int(plain_size)) == int(plain_size);
    } else {
        // No error is as large as a size can be.
        whole = ZSTD_decompressDCtx(contexts_->zstd.get(), head.body(), plain_size, from, from_size) == plain_size;
    }
    if (!whole) return nullptr;
    head.compressed = 0;
    set_size(head, plain_size);
    return &head;
}

}  // namespace cairn::storage
