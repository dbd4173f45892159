#pragma once
#include <cstdint>
#include <memory>

#include "common/base/buffer.h"
#include "node/record/layout.h"

/// Compression of record bodies: 3 bytes of plain size and method, then what the library makes of the body.
/// Layout: docs/storage-format.md, "Compression".
namespace cairn::storage {

enum class Compression : uint8_t { none, lz4, zstd };

/// Bodies below this are left alone.
constexpr uint32_t kCompressedBodyMin = 128;

/// Makes compressed copies of records. It keeps the libraries' work space, so each worker has its own.
class Compressor {
public:
    /// @param level  zstd: 1 to 9, more is smaller and slower; lz4: its acceleration, more is larger and faster.
    explicit Compressor(Compression method, int level = 1);
    ~Compressor();
    Compressor(const Compressor&) = delete;
    Compressor& operator=(const Compressor&) = delete;

    /// @param plain  a record in memory, its padding included in its units.
    /// @return  a compressed copy, valid until the next call; `plain` itself when that would not save a unit.
    const record::Head& compress(const record::Head& plain);

private:
    size_t compress_body(const record::Head& plain, uint8_t* to, size_t room);

    struct Contexts;
    const Compression method_;
    const int level_;
    std::unique_ptr<Contexts> contexts_;
    Buffer copy_;
};

/// Makes plain copies of compressed records.
class Decompressor {
public:
    Decompressor();
    ~Decompressor();
    Decompressor(const Decompressor&) = delete;
    Decompressor& operator=(const Decompressor&) = delete;

    /// Memory is bounded by the plain size that the body names: less than 8 MiB.
    /// @param compressed  not encrypted.
    /// @return  a plain copy, valid until the next call; nothing when the body is not what a Compressor makes.
    const record::Head* decompress(const record::Head& compressed);

private:
    struct Contexts;
    std::unique_ptr<Contexts> contexts_;
    Buffer copy_;
};

}  // namespace cairn::storage
