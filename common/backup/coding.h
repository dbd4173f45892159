#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/buffer.h"
#include "common/base/result.h"

/// What stands between the text of a backup file and the bytes of the file: compression, then encryption. Pure.
/// docs/backup.md, "Compression and encryption".
namespace cairn::backup {

/// An AES key of a backup: made from a private key as asbackup makes it.
class CipherKey {
public:
    enum class Kind : uint8_t { aes128 = 16, aes256 = 32 };  // bytes of the key

    /// @param text  a private key in PEM.
    /// @error       it is none.
    static Result<CipherKey> from_pem(Kind kind, std::string_view text);
    /// @param text  the base64 of a private key in DER: what stands between the first and the last line of PEM.
    static Result<CipherKey> from_base64(Kind kind, std::string_view text);
    ~CipherKey();
    CipherKey(const CipherKey&) = default;
    CipherKey& operator=(const CipherKey&) = default;

    /// Tells keys apart, and nothing else of them: 8 hexadecimal digits.
    std::string fingerprint() const;
    Kind kind() const { return kind_; }
    const uint8_t* bytes() const { return bytes_.data(); }

private:
    CipherKey(Kind kind, Bytes der);
    Kind kind_;
    std::array<uint8_t, 32> bytes_;
};

/// Where a file's encryption begins: unique among all files of a key.
using InitialVector = std::array<uint8_t, 16>;

struct Coding {
    bool zstd = false;
    int level = 0;  // of zstd, 1 to 22; 0: the library's choice
    std::optional<CipherKey> key = {};

    bool plain() const { return !zstd && !key; }
};

/// The text of one file, in pieces of any size.
class Encoder {
public:
    Encoder(const Coding& coding, const InitialVector& iv);
    ~Encoder();

    /// Appends to `out` what is ready of the file's bytes.
    void add(Bytes text, Buffer& out);
    /// Appends all that is left: what was written so far is a whole file. More text may follow all the same.
    void end(Buffer& out);

private:
    struct Compressor;
    struct Cipher;
    void seal(Buffer& out);

    std::unique_ptr<Compressor> compressor_;
    std::unique_ptr<Cipher> cipher_;
    Buffer staged_;  // compressed, not encrypted yet
    bool open_ = false;  // a frame of zstd has begun
};

/// The way back.
class Decoder {
public:
    /// @param coding  the level does not matter. What begins like zstd is decompressed also when it does not say so.
    explicit Decoder(const Coding& coding);
    ~Decoder();

    /// Appends to `text` what the file's next bytes hold.
    /// @error  they are damaged, or the key is another one. Final.
    Result<void> add(Bytes bytes, Buffer& text);
    /// Nothing follows: appends what is left.
    /// @error  the file is cut off.
    Result<void> end(Buffer& text) const;

private:
    struct Decompressor;
    struct Cipher;
    Result<void> decompress(Bytes bytes, Buffer& text);
    Result<void> begin(Bytes first);

    const bool must_decompress_;
    std::unique_ptr<Cipher> cipher_;
    std::unique_ptr<Decompressor> decompressor_;
    Buffer head_;  // the first bytes, until there are enough to tell what they are
    Buffer plain_;
    bool begun_ = false;
};

}  // namespace cairn::backup
