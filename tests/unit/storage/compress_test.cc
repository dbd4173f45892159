#include "node/storage/format/compress.h"

#include <gtest/gtest.h>

#include "node/storage/format/record_opener.h"
#include "tests/unit/storage/made_block.h"

namespace cairn::storage {
namespace {

using test::bytes_of;
using test::MadeRecord;
using test::value_of;

std::string compressible(size_t size) {
    std::string text;
    for (int i = 0; text.size() < size; ++i) text += "field " + std::to_string(i % 7) + "; ";
    return text.substr(0, size);
}

std::string noise(size_t size) {
    std::string bytes;
    uint64_t state = 88172645463325252;
    for (size_t i = 0; i < size; ++i) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        bytes += char(state >> 24);
    }
    return bytes;
}

class EachMethod : public testing::TestWithParam<Compression> {};
INSTANTIATE_TEST_SUITE_P(Compression, EachMethod, testing::Values(Compression::lz4, Compression::zstd));

TEST_P(EachMethod, GivesBackWhatItTook) {
    Compressor compressor(GetParam());
    Decompressor decompressor;
    for (const size_t size : {125u, 500u, 4000u, 300'000u, 8'380'000u}) {  // and again: contexts are reused
        const MadeRecord made(1, compressible(size), 5);
        const record::Head& small = compressor.compress(made.head());
        ASSERT_TRUE(small.compressed) << size;
        EXPECT_LT(small.units, made.head().units);
        EXPECT_EQ(small.set_id, 5);
        const record::Head* plain = decompressor.decompress(small);
        ASSERT_NE(plain, nullptr) << size;
        EXPECT_TRUE(std::ranges::equal(bytes_of(*plain), bytes_of(made.head()))) << size;
    }
}

TEST_P(EachMethod, LeavesAloneWhatItCannotMakeSmallerByAUnit) {
    Compressor compressor(GetParam());
    const MadeRecord random(1, noise(1000)), small(1, compressible(100));
    EXPECT_EQ(&compressor.compress(random.head()), &random.head());
    EXPECT_EQ(&compressor.compress(small.head()), &small.head());
}

// On the way from what cannot be made smaller to what can, each size is met.
TEST_P(EachMethod, NeverMakesARecordLarger) {
    Compressor compressor(GetParam());
    bool compressed = false;
    for (size_t zeros = 0; zeros < 120; ++zeros) {
        const MadeRecord made(1, noise(300) + std::string(zeros, ' '));
        const record::Head& result = compressor.compress(made.head());
        compressed = compressed || result.compressed;
        EXPECT_TRUE(&result == &made.head() || result.units < made.head().units) << zeros;
    }
    EXPECT_TRUE(compressed);
}

TEST_P(EachMethod, CutShortOrChangedItIsNeverTheWrongSize) {
    Compressor compressor(GetParam());
    const MadeRecord made(1, compressible(400));
    const record::Head& small = compressor.compress(made.head());
    std::vector<uint64_t> copy((small.units * 16) / 8);
    auto& broken = *reinterpret_cast<record::Head*>(copy.data());
    Decompressor decompressor;
    for (size_t at = 48; at < small.size(); ++at) {
        std::memcpy(copy.data(), &small, small.units * 16);
        reinterpret_cast<uint8_t*>(copy.data())[at] ^= 0x40;
        if (const record::Head* plain = decompressor.decompress(broken)) {
            EXPECT_TRUE(at == 50 || plain->size() == made.head().size()) << at;
        }
    }
    std::memcpy(copy.data(), &small, small.units * 16);
    broken.units = 3;
    broken.pad = 0;
    EXPECT_EQ(decompressor.decompress(broken), nullptr);
}

TEST(Compressor, OfNoMethodLeavesAllAlone) {
    Compressor compressor(Compression::none);
    const MadeRecord made(1, compressible(4000));
    EXPECT_EQ(&compressor.compress(made.head()), &made.head());
}

TEST(Decompressor, TakesEitherMethodWhateverIsConfiguredNow) {
    Compressor lz4(Compression::lz4), zstd(Compression::zstd, 9);
    Decompressor decompressor;
    const MadeRecord made(1, compressible(2000));
    for (Compressor* compressor : {&lz4, &zstd}) {
        EXPECT_EQ(value_of(*decompressor.decompress(compressor->compress(made.head()))), compressible(2000));
    }
}

TEST(RecordOpener, OpensWhatIsCompressedAndThenEncrypted) {
    std::array<uint8_t, 32> bytes;
    bytes.fill(1);
    BodyCipher cipher(SecretKey(bytes), 0);
    test::Aligned buffer(8192);
    BlockWriter writer(buffer.bytes(), 512, {.device_mark = 1, .block = 0, .seq = 5}, &cipher);
    Compressor compressor(Compression::zstd);
    const MadeRecord made(1, compressible(5000));
    const auto place = writer.append(compressor.compress(made.head()), "");
    ASSERT_TRUE(place);
    const auto& stored = *reinterpret_cast<const record::Head*>(place->at);
    EXPECT_LT(stored.units, made.head().units);
    RecordOpener opener(&cipher);
    const record::Head* plain = nullptr;
    ASSERT_EQ(opener.open(stored, 5, place->unit, plain), RecordOpener::Outcome::plain);
    EXPECT_EQ(value_of(*plain), compressible(5000));
}

}  // namespace
}  // namespace cairn::storage
