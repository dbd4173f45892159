#include "common/backup/coding.h"

#include <gtest/gtest.h>

#include "common/base/digest.h"

namespace cairn::backup {
namespace {

using Kind = CipherKey::Kind;

constexpr const char* kKey = "YSBwcml2YXRlIGtleQ==";  // "a private key"
constexpr InitialVector kVector{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 255};

Coding coding(bool zstd, std::optional<Kind> kind, const char* key = kKey) {
    Coding made{.zstd = zstd};
    if (kind) made.key = *CipherKey::from_base64(*kind, key);
    return made;
}

/// As long as compression has something to do.
std::string long_text() {
    std::string text = "Version 3.1\n";
    for (int i = 0; i < 100'000; ++i) text += std::to_string(i * 31 % 9973) + "\n";
    return text;
}

Buffer encode(const Coding& how, std::string_view text) {
    Encoder encoder(how, kVector);
    Buffer out;
    for (size_t at = 0; at < text.size(); at += 100'000) encoder.add(as_bytes(text.substr(at, 100'000)), out);
    encoder.end(out);
    return out;
}

Result<std::string> decode(const Coding& how, Bytes bytes, size_t piece) {
    Decoder decoder(how);
    Buffer text;
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(piece, bytes.size()))) {
        if (auto done = decoder.add(bytes.first(std::min(piece, bytes.size())), text); !done)
            return std::unexpected(done.error());
    }
    if (auto done = decoder.end(text); !done) return std::unexpected(done.error());
    return std::string(as_text(text.bytes()));
}

TEST(Coding, ReadsBackAsItWasWritten) {
    const auto text = long_text();
    for (const bool zstd : {false, true}) {
        for (const auto kind : {std::optional<Kind>(), std::optional(Kind::aes128), std::optional(Kind::aes256)}) {
            const auto how = coding(zstd, kind);
            const auto bytes = encode(how, text);
            EXPECT_EQ(bytes.size() < text.size() / 2, zstd);
            for (const size_t piece : {1, 4096, 10'000'000}) EXPECT_EQ(decode(how, bytes.bytes(), piece), text);
        }
    }
}

// The bytes come from another implementation of AES: docs/backup.md says how.
TEST(Coding, EncryptsAsDocumented) {
    EXPECT_EQ(to_hex(encode(coding(false, Kind::aes128), "Version 3.1\n").bytes()),
              "E64F3DC399E840BB6F878550762DC37D97C2BF950DCECD7767CB762F");
    EXPECT_EQ(to_hex(encode(coding(false, Kind::aes256), "Version 3.1\n").bytes()),
              "E996D12CBB220FF75BD7ED8F0290160155FC609E1D1E54E029A7E23A");
}

TEST(Coding, IsWholeAfterEachEnd) {
    const auto how = coding(true, Kind::aes256);
    Encoder encoder(how, kVector);
    Buffer out;
    encoder.add(as_bytes("Version 3.1\n"), out);
    encoder.end(out);
    EXPECT_EQ(decode(how, out.bytes(), 7), "Version 3.1\n");
    encoder.add(as_bytes("more"), out);
    encoder.end(out);
    encoder.end(out);
    EXPECT_EQ(decode(how, out.bytes(), 7), "Version 3.1\nmore");
}

TEST(Coding, ToldFromItsFirstBytesThatItIsCompressed) {
    const auto bytes = encode(coding(true, {}), long_text());
    EXPECT_EQ(decode(coding(false, {}), bytes.bytes(), 3), long_text());
    EXPECT_EQ(decode(coding(true, {}), as_bytes("Version 3.1\n"), 3), "Version 3.1\n");
}

TEST(Coding, NoticesAnotherKey) {
    const auto bytes = encode(coding(true, Kind::aes256), long_text());
    for (const auto& wrong : {coding(true, Kind::aes128), coding(true, Kind::aes256, "YW5vdGhlciBrZXk=")}) {
        const auto text = decode(wrong, bytes.bytes(), 4096);
        ASSERT_FALSE(text);
        EXPECT_EQ(text.error().detail, "it was encrypted with another key or cipher, or not at all");
    }
}

TEST(Coding, NoticesDamageAndEndsThatAreMissing) {
    const auto how = coding(true, {});
    auto bytes = encode(how, long_text());
    const auto cut = decode(how, bytes.bytes().first(bytes.size() - 5), 4096);
    ASSERT_FALSE(cut);
    EXPECT_EQ(cut.error().detail, "the file is cut off");
    bytes.data()[bytes.size() / 2] ^= 1;
    EXPECT_FALSE(decode(how, bytes.bytes(), 4096));
}

TEST(Coding, RefusesWhatIsNoKey) {
    EXPECT_FALSE(CipherKey::from_pem(Kind::aes128, "no key"));
    EXPECT_FALSE(CipherKey::from_base64(Kind::aes128, "no key"));
    EXPECT_FALSE(CipherKey::from_base64(Kind::aes128, ""));
}

TEST(Coding, KeysAreToldApart) {
    const auto key = CipherKey::from_base64(Kind::aes256, kKey);
    EXPECT_EQ(key->fingerprint().size(), 8);
    EXPECT_EQ(key->fingerprint(), CipherKey::from_base64(Kind::aes256, kKey)->fingerprint());
    EXPECT_NE(key->fingerprint(), CipherKey::from_base64(Kind::aes256, "YW5vdGhlciBrZXk=")->fingerprint());
}

}  // namespace
}  // namespace cairn::backup
