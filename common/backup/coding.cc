#include "common/backup/coding.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>

#include "common/base/check.h"
#include "common/base64/base64.h"

namespace cairn::backup {
namespace {

constexpr size_t kBlock = 16;  // bytes of AES
constexpr size_t kStepBytes = 128 << 10;
constexpr uint8_t kZstdMagic[] = {0x28, 0xB5, 0x2F, 0xFD};
constexpr std::string_view kTextMagic = "Version ";

struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(BIO* io) const { BIO_free(io); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Free>;

/// One block, by itself.
InitialVector crypt_block(const CipherKey& key, const InitialVector& block, bool encrypt) {
    const EVP_CIPHER* const kind = key.kind() == CipherKey::Kind::aes128 ? EVP_aes_128_ecb() : EVP_aes_256_ecb();
    const CipherContext context(EVP_CIPHER_CTX_new());
    InitialVector out{};
    int size = 0;
    CAIRN_CHECK(EVP_CipherInit_ex(context.get(), kind, nullptr, key.bytes(), nullptr, encrypt ? 1 : 0) == 1);
    CAIRN_CHECK(EVP_CIPHER_CTX_set_padding(context.get(), 0) == 1);
    CAIRN_CHECK(EVP_CipherUpdate(context.get(), out.data(), &size, block.data(), int(kBlock)) == 1);
    return out;
}

/// The stream cipher of a file. Its counter begins one above the vector that the file's first block hides.
CipherContext counter_cipher(const CipherKey& key, InitialVector iv) {
    for (size_t i = iv.size(); i-- > 0;) {
        if (++iv[i] != 0) break;
    }
    const EVP_CIPHER* const kind = key.kind() == CipherKey::Kind::aes128 ? EVP_aes_128_ctr() : EVP_aes_256_ctr();
    CipherContext context(EVP_CIPHER_CTX_new());
    CAIRN_CHECK(EVP_EncryptInit_ex(context.get(), kind, nullptr, key.bytes(), iv.data()) == 1);
    return context;
}

/// Both ways are the same.
void apply(EVP_CIPHER_CTX* context, Bytes from, Buffer& to) {
    while (!from.empty()) {
        const Bytes step = from.first(std::min(from.size(), kStepBytes));
        int size = 0;
        uint8_t* const at = to.append(step.size());
        CAIRN_CHECK(EVP_EncryptUpdate(context, at, &size, step.data(), int(step.size())) == 1);
        CAIRN_CHECK(size == int(step.size()));
        from = from.subspan(step.size());
    }
}

bool begins_with(Bytes bytes, Bytes with) {
    return bytes.size() >= with.size() && std::ranges::equal(bytes.first(with.size()), with);
}

}  // namespace

CipherKey::CipherKey(Kind kind, Bytes der) : kind_(kind) {
    unsigned size = 0;
    CAIRN_CHECK(EVP_Digest(der.data(), der.size(), bytes_.data(), &size, EVP_sha256(), nullptr) == 1);
    CAIRN_CHECK(size == bytes_.size());
}

CipherKey::~CipherKey() { OPENSSL_cleanse(bytes_.data(), bytes_.size()); }

std::string CipherKey::fingerprint() const {
    std::array<uint8_t, 32> hash;
    unsigned size = 0;
    CAIRN_CHECK(EVP_Digest(bytes(), size_t(kind_), hash.data(), &size, EVP_sha256(), nullptr) == 1);
    std::string text;
    for (size_t i = 0; i < 4; ++i) {
        text += "0123456789abcdef"[hash[i] >> 4];
        text += "0123456789abcdef"[hash[i] & 15];
    }
    return text;
}

Result<CipherKey> CipherKey::from_pem(Kind kind, std::string_view text) {
    const std::unique_ptr<BIO, Free> io(BIO_new_mem_buf(text.data(), int(text.size())));
    // A key that is locked with a pass phrase is refused: nobody is there to be asked.
    const auto no_phrase = [](char*, int, int, void*) { return -1; };
    const std::unique_ptr<EVP_PKEY, Free> key(PEM_read_bio_PrivateKey(io.get(), nullptr, no_phrase, nullptr));
    if (key == nullptr) return fail("it is no private key in PEM without a pass phrase");
    uint8_t* der = nullptr;
    const int size = i2d_PrivateKey(key.get(), &der);
    if (size <= 0) return fail("its private key has no form in DER");
    CipherKey made(kind, {der, size_t(size)});
    OPENSSL_clear_free(der, size_t(size));
    return made;
}

Result<CipherKey> CipherKey::from_base64(Kind kind, std::string_view text) {
    std::string whole(text);
    std::erase_if(whole, [](char letter) { return letter == '\n' || letter == '\r' || letter == ' '; });
    auto der = decode_base64(whole);
    if (!der || der->empty()) return fail("it is no base64");
    CipherKey made(kind, as_bytes(*der));
    OPENSSL_cleanse(der->data(), der->size());
    return made;
}

struct Encoder::Compressor {
    std::unique_ptr<ZSTD_CCtx, Free> context{ZSTD_createCCtx()};

    void run(Bytes text, ZSTD_EndDirective how, Buffer& out) {
        ZSTD_inBuffer in{text.data(), text.size(), 0};
        for (size_t left = 1; left != 0;) {
            ZSTD_outBuffer to{out.prepare(kStepBytes), kStepBytes, 0};
            left = ZSTD_compressStream2(context.get(), &to, &in, how);
            CAIRN_CHECK(ZSTD_isError(left) == 0);
            out.commit(to.pos);
            if (how == ZSTD_e_continue) left = in.size - in.pos;
        }
    }
};

struct Encoder::Cipher {
    CipherContext context;
    InitialVector hidden;  // the first block of the file
    bool begun = false;
};

Encoder::Encoder(const Coding& coding, const InitialVector& iv) {
    if (coding.zstd) {
        compressor_ = std::make_unique<Compressor>();
        const size_t set = ZSTD_CCtx_setParameter(compressor_->context.get(), ZSTD_c_compressionLevel, coding.level);
        CAIRN_CHECK(ZSTD_isError(set) == 0);
        CAIRN_CHECK(ZSTD_isError(ZSTD_CCtx_setParameter(compressor_->context.get(), ZSTD_c_checksumFlag, 1)) == 0);
    }
    if (coding.key)
        cipher_ = std::make_unique<Cipher>(Cipher{counter_cipher(*coding.key, iv), crypt_block(*coding.key, iv, true)});
}

Encoder::~Encoder() = default;

void Encoder::add(Bytes text, Buffer& out) {
    if (text.empty()) return;
    if (compressor_ == nullptr) {
        staged_.append(text);
    } else {
        open_ = true;
        compressor_->run(text, ZSTD_e_continue, staged_);
    }
    seal(out);
}

void Encoder::end(Buffer& out) {
    if (std::exchange(open_, false)) compressor_->run({}, ZSTD_e_end, staged_);
    seal(out);
}

void Encoder::seal(Buffer& out) {
    if (cipher_ == nullptr) {
        out.append(staged_.bytes());
    } else {
        if (!std::exchange(cipher_->begun, true)) out.append(cipher_->hidden);
        apply(cipher_->context.get(), staged_.bytes(), out);
    }
    staged_.clear();
}

struct Decoder::Decompressor {
    std::unique_ptr<ZSTD_DCtx, Free> context{ZSTD_createDCtx()};
    bool whole = true;  // a frame has ended and no other begun
};

struct Decoder::Cipher {
    CipherKey key;
    CipherContext context = nullptr;
    Buffer hidden = {};
};

Decoder::Decoder(const Coding& coding) : must_decompress_(coding.zstd) {
    if (coding.key) cipher_ = std::make_unique<Cipher>(Cipher{*coding.key});
}

Decoder::~Decoder() = default;

Result<void> Decoder::add(Bytes bytes, Buffer& text) {
    if (cipher_ != nullptr && cipher_->context == nullptr) {
        const size_t part = std::min(bytes.size(), kBlock - cipher_->hidden.size());
        cipher_->hidden.append(bytes.first(part));
        bytes = bytes.subspan(part);
        if (cipher_->hidden.size() < kBlock) return {};
        InitialVector hidden;
        std::memcpy(hidden.data(), cipher_->hidden.data(), kBlock);
        cipher_->context = counter_cipher(cipher_->key, crypt_block(cipher_->key, hidden, false));
    }
    plain_.clear();
    if (cipher_ != nullptr) {
        apply(cipher_->context.get(), bytes, plain_);
        bytes = plain_.bytes();
    }
    if (begun_) return decompress(bytes, text);
    head_.append(bytes);
    if (head_.size() < kTextMagic.size()) return {};
    begun_ = true;
    if (auto known = begin(head_.bytes()); !known) return known;
    return decompress(head_.bytes(), text);
}

/// Tells by its first bytes whether the file was compressed, and whether the key is right.
Result<void> Decoder::begin(Bytes first) {
    const bool zstd = begins_with(first, kZstdMagic);
    if (zstd) decompressor_ = std::make_unique<Decompressor>();
    if (zstd || begins_with(first, as_bytes(kTextMagic))) return {};
    if (cipher_ != nullptr) return fail("it was encrypted with another key or cipher, or not at all");
    if (must_decompress_) return fail("it is not compressed with zstd");
    return fail("it is no backup file, or it may be encrypted (--encrypt)");
}

Result<void> Decoder::decompress(Bytes bytes, Buffer& text) {
    if (decompressor_ == nullptr) {
        text.append(bytes);
        return {};
    }
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    bool full = false;  // the last step filled its room before its frame's end: there may be more without more bytes
    while (in.pos < in.size || full) {
        ZSTD_outBuffer to{text.prepare(kStepBytes), kStepBytes, 0};
        const size_t left = ZSTD_decompressStream(decompressor_->context.get(), &to, &in);
        if (ZSTD_isError(left) != 0) return fail(std::string("zstd: ") + ZSTD_getErrorName(left));
        text.commit(to.pos);
        full = to.pos == to.size && left != 0;
        decompressor_->whole = left == 0;
    }
    return {};
}

Result<void> Decoder::end(Buffer& text) const {
    if (!begun_) text.append(head_.bytes());
    if (cipher_ != nullptr && cipher_->context == nullptr && !cipher_->hidden.empty())
        return fail("the file is cut off");
    if (decompressor_ != nullptr && !decompressor_->whole) return fail("the file is cut off");
    return {};
}

}  // namespace cairn::backup
