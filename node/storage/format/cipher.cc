#include "node/storage/format/cipher.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cstddef>
#include <cstring>

#include "common/base/check.h"

namespace cairn::storage {
namespace {

using record::Head;

constexpr size_t kNonceBytes = 12;
constexpr size_t kAssociatedBytes = offsetof(Head, check);
constexpr uint32_t kStateFlags = 0xF0000000;

using Nonce = std::array<uint8_t, kNonceBytes>;

/// Device, block sequence and unit: sequences stay below 2^48 for ever (a million blocks a second for nine years).
Nonce nonce_of(uint16_t device_index, uint64_t block_seq, uint32_t unit) {
    CAIRN_CHECK(block_seq >> 48 == 0);
    Nonce nonce;
    store_le(nonce.data(), device_index);
    std::memcpy(nonce.data() + 2, &block_seq, 6);
    store_le(nonce.data() + 8, unit);
    return nonce;
}

/// The head as it is authenticated: state flags cleared, check left out.
std::array<uint8_t, kAssociatedBytes> associated(const Head& head) {
    std::array<uint8_t, kAssociatedBytes> bytes;
    std::memcpy(bytes.data(), &head, bytes.size());
    store_le(bytes.data(), load_le<uint32_t>(bytes.data()) & ~kStateFlags);
    return bytes;
}

struct FreeContext {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};

int hex_value(uint8_t digit) {
    if (digit >= '0' && digit <= '9') return digit - '0';
    const uint8_t lower = digit | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool is_space(uint8_t byte) { return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t'; }

}  // namespace

SecretKey::SecretKey(std::span<const uint8_t, kSize> bytes) { std::ranges::copy(bytes, bytes_.begin()); }
SecretKey::~SecretKey() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

Result<SecretKey> parse_master_key(Bytes text) {
    // A raw key may end with a byte that is a space: its size tells.
    if (text.size() == SecretKey::kSize) return SecretKey(text.first<SecretKey::kSize>());
    while (!text.empty() && is_space(text.back())) text = text.first(text.size() - 1);
    std::array<uint8_t, SecretKey::kSize> bytes{};
    bool hex = text.size() == 2 * bytes.size();
    for (size_t i = 0; hex && i < bytes.size(); ++i) {
        const int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
        hex = high >= 0 && low >= 0;
        bytes[i] = uint8_t(high << 4 | low);
    }
    SecretKey key(bytes);
    OPENSSL_cleanse(bytes.data(), bytes.size());
    if (!hex)
        return fail("the master key must be 32 bytes or 64 hexadecimal digits, it has " + std::to_string(text.size()) +
                    " bytes");
    return key;
}

WrappedKey wrap_key(const SecretKey& data_key, const SecretKey& master_key) {
    const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
    CAIRN_CHECK(context != nullptr);
    EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    CAIRN_CHECK(EVP_EncryptInit_ex(context.get(), EVP_aes_256_wrap(), nullptr, master_key.data(), nullptr) == 1);
    WrappedKey wrapped;
    int size = 0;
    CAIRN_CHECK(EVP_EncryptUpdate(context.get(), wrapped.data(), &size, data_key.data(), SecretKey::kSize) == 1);
    CAIRN_CHECK(size == int(wrapped.size()));
    return wrapped;
}

Result<SecretKey> unwrap_key(const WrappedKey& wrapped, const SecretKey& master_key) {
    const std::unique_ptr<EVP_CIPHER_CTX, FreeContext> context(EVP_CIPHER_CTX_new());
    CAIRN_CHECK(context != nullptr);
    EVP_CIPHER_CTX_set_flags(context.get(), EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
    CAIRN_CHECK(EVP_DecryptInit_ex(context.get(), EVP_aes_256_wrap(), nullptr, master_key.data(), nullptr) == 1);
    std::array<uint8_t, sizeof(WrappedKey)> plain{};
    int size = 0;
    const bool opened =
        EVP_DecryptUpdate(context.get(), plain.data(), &size, wrapped.data(), int(wrapped.size())) == 1 &&
        size == int(SecretKey::kSize);
    const SecretKey key(std::span(plain).first<SecretKey::kSize>());
    OPENSSL_cleanse(plain.data(), plain.size());
    if (!opened)
        return fail("the data key does not open with this master key: give the one the device was last used with");
    return key;
}

void BodyCipher::Free::operator()(evp_cipher_ctx_st* context) const { EVP_CIPHER_CTX_free(context); }

BodyCipher::BodyCipher(const SecretKey& data_key, uint16_t device_index)
    : device_index_(device_index), encrypting_(EVP_CIPHER_CTX_new()), decrypting_(make_decrypting(data_key)) {
    CAIRN_CHECK(encrypting_ != nullptr);
    CAIRN_CHECK(EVP_EncryptInit_ex(encrypting_.get(), EVP_aes_256_gcm(), nullptr, data_key.data(), nullptr) == 1);
}

BodyCipher::Context BodyCipher::make_decrypting(const SecretKey& data_key) {
    Context context(EVP_CIPHER_CTX_new());
    CAIRN_CHECK(context != nullptr);
    CAIRN_CHECK(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, data_key.data(), nullptr) == 1);
    return context;
}

void BodyCipher::keep_previous(const SecretKey& data_key, uint64_t key_seq, uint64_t previous_seq) {
    decrypting_previous_ = make_decrypting(data_key);
    key_seq_ = key_seq;
    previous_seq_ = previous_seq;
}

void BodyCipher::forget_before(uint64_t key_seq) {
    decrypting_previous_ = nullptr;
    key_seq_ = key_seq;
}

Result<std::unique_ptr<BodyCipher>> BodyCipher::of(const Superblock& superblock, const SecretKey& master_key) {
    const auto key = unwrap_key(superblock.wrapped_key, master_key);
    if (!key) return std::unexpected(key.error());
    auto cipher = std::make_unique<BodyCipher>(*key, superblock.device_index);
    if (superblock.key_seq == 0) return cipher;
    if (!superblock.has_previous_key()) {
        cipher->forget_before(superblock.key_seq);
        return cipher;
    }
    const auto previous = unwrap_key(superblock.previous_key, master_key);
    if (!previous) return std::unexpected(previous.error());
    cipher->keep_previous(*previous, superblock.key_seq, superblock.previous_key_seq);
    return cipher;
}

BodyCipher::~BodyCipher() = default;

void BodyCipher::encrypt(Head& head, uint64_t block_seq, uint32_t unit) {
    CAIRN_CHECK(!head.encrypted && block_seq >= key_seq_);
    const int body_size = int(head.size() - sizeof(Head));
    head.encrypted = 1;
    head.units = (head.units + kTagUnits) & 0xFFFFF;
    const Nonce nonce = nonce_of(device_index_, block_seq, unit);
    const auto head_bytes = associated(head);
    EVP_CIPHER_CTX* const context = encrypting_.get();
    uint8_t* const body = head.body();
    int size = 0;
    CAIRN_CHECK(EVP_EncryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1);
    CAIRN_CHECK(EVP_EncryptUpdate(context, nullptr, &size, head_bytes.data(), int(head_bytes.size())) == 1);
    CAIRN_CHECK(body_size == 0 || EVP_EncryptUpdate(context, body, &size, body, body_size) == 1);
    uint8_t* const tag = body + body_size;
    CAIRN_CHECK(EVP_EncryptFinal_ex(context, tag, &size) == 1);
    CAIRN_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, kTagBytes, tag) == 1);
    std::memset(tag + kTagBytes, 0, head.pad);  // the tag has moved the padding
}

bool BodyCipher::decrypt(Head& head, uint64_t block_seq, uint32_t unit) {
    CAIRN_CHECK(head.encrypted && knows(block_seq));
    if (head.size() < sizeof(Head) + kTagBytes || block_seq >> 48 != 0) return false;
    const int body_size = int(head.size() - sizeof(Head) - kTagBytes);
    const Nonce nonce = nonce_of(device_index_, block_seq, unit);
    const auto head_bytes = associated(head);
    EVP_CIPHER_CTX* const context = block_seq < key_seq_ ? decrypting_previous_.get() : decrypting_.get();
    uint8_t* const body = head.body();
    uint8_t* const tag = body + body_size;
    uint8_t none[16];
    int size = 0;
    CAIRN_CHECK(EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, nonce.data()) == 1);
    CAIRN_CHECK(EVP_DecryptUpdate(context, nullptr, &size, head_bytes.data(), int(head_bytes.size())) == 1);
    CAIRN_CHECK(body_size == 0 || EVP_DecryptUpdate(context, body, &size, body, body_size) == 1);
    CAIRN_CHECK(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag) == 1);
    if (EVP_DecryptFinal_ex(context, none, &size) != 1) return false;
    std::memset(tag, 0, head.pad);
    head.encrypted = 0;
    head.units = (head.units - kTagUnits) & 0xFFFFF;
    return true;
}

}  // namespace cairn::storage
