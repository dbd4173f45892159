#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <span>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "node/record/layout.h"
#include "node/storage/format/superblock.h"

struct evp_cipher_ctx_st;

/// Encryption of what is stored: AES-256-GCM over each record's body, with a data key of each device that the
/// superblock keeps wrapped by the master key. Layout: docs/storage-format.md, "Encryption".
namespace cairn::storage {

constexpr uint32_t kTagBytes = 16;
/// What encryption adds to a record.
constexpr uint32_t kTagUnits = kTagBytes / record::kUnit;

/// A key of 256 bits; forgotten when it is destroyed.
class SecretKey {
public:
    static constexpr size_t kSize = 32;

    SecretKey() = default;
    explicit SecretKey(std::span<const uint8_t, kSize> bytes);
    ~SecretKey();
    SecretKey(const SecretKey&) = default;
    SecretKey& operator=(const SecretKey&) = default;

    const uint8_t* data() const { return bytes_.data(); }
    bool operator==(const SecretKey&) const = default;

private:
    std::array<uint8_t, kSize> bytes_{};
};

/// The master key from a file or a variable of the environment: 32 bytes, or 64 hexadecimal digits; white space behind
/// them is passed over.
/// @error  anything else. The sentence does not repeat it.
Result<SecretKey> parse_master_key(Bytes text);

/// For the superblock. To change the master key, do this again with the data key of unwrap_key().
WrappedKey wrap_key(const SecretKey& data_key, const SecretKey& master_key);
/// @error  the device was set up with another master key.
Result<SecretKey> unwrap_key(const WrappedKey& wrapped, const SecretKey& master_key);

/// Encrypts and decrypts the records of one device. It keeps OpenSSL's contexts, so each worker has its own.
class BodyCipher {
public:
    /// @param device_index  of the device in its set.
    BodyCipher(const SecretKey& data_key, uint16_t device_index);
    /// Takes the keys that the superblock has, the previous one too if it is kept.
    /// @error  they do not open with this master key.
    static Result<std::unique_ptr<BodyCipher>> of(const Superblock& superblock, const SecretKey& master_key);
    /// Blocks below `key_seq` are decrypted with the previous key; new ones are never encrypted with it. Blocks below
    /// `previous_seq` are under an older key still, which is gone: what they hold is not in use.
    void keep_previous(const SecretKey& data_key, uint64_t key_seq, uint64_t previous_seq);
    /// The previous key is gone: blocks below `key_seq` are not in use and hold nothing that can be read.
    void forget_before(uint64_t key_seq);
    bool knows(uint64_t block_seq) const {
        return block_seq >= (decrypting_previous_ == nullptr ? key_seq_ : previous_seq_);
    }
    ~BodyCipher();
    BodyCipher(const BodyCipher&) = delete;
    BodyCipher& operator=(const BodyCipher&) = delete;

    /// In place: the body becomes cipher text, the tag behind it takes one unit more, for which there is room. All of
    /// the head but check and state flags is authenticated with it, so only they may change afterwards.
    /// @param block_seq, unit  where the record is going to stand: a pair that has never been used before.
    void encrypt(record::Head& head, uint64_t block_seq, uint32_t unit);

    /// The opposite, in place: a unit less.
    /// @return  false: another key, another place, or damage; the body is then undefined. knows(block_seq).
    bool decrypt(record::Head& head, uint64_t block_seq, uint32_t unit);

private:
    struct Free {
        void operator()(evp_cipher_ctx_st* context) const;
    };

    using Context = std::unique_ptr<evp_cipher_ctx_st, Free>;
    static Context make_decrypting(const SecretKey& data_key);

    const uint16_t device_index_;
    Context encrypting_, decrypting_;
    Context decrypting_previous_;
    uint64_t key_seq_ = 0;
    uint64_t previous_seq_ = 0;
};

}  // namespace cairn::storage
