#include "common/base64/base64.h"

#include <gtest/gtest.h>

namespace cairn {
namespace {

TEST(Base64, IsWrittenWithItsPadding) {
    EXPECT_EQ(encode_base64(""), "");
    EXPECT_EQ(encode_base64("f"), "Zg==");
    EXPECT_EQ(encode_base64("fo"), "Zm8=");
    EXPECT_EQ(encode_base64("foo"), "Zm9v");
    EXPECT_EQ(encode_base64("\xFB\xFF"), "+/8=");
}

TEST(Base64, IsAppendedToWhatIsThere) {
    Buffer out;
    out.append(as_bytes("="));
    append_base64(out, "fo");
    EXPECT_EQ(as_text(out.bytes()), "=Zm8=");
    EXPECT_EQ(out.bytes().size(), 1 + base64_size(2));
}

TEST(Base64, IsReadBack) {
    EXPECT_EQ(decode_base64(""), "");
    EXPECT_EQ(decode_base64("Zg=="), "f");
    EXPECT_EQ(decode_base64("Zm8="), "fo");
    EXPECT_EQ(decode_base64("Zm9v"), "foo");
    EXPECT_EQ(decode_base64("+/8="), "\xFB\xFF");
}

TEST(Base64, NothingElseIsRead) {
    for (const char* bad : {"Zm9", "!!!!", "Zg=a", "====", "Z===", " Zm9v", "Zm9v\n", "Zm\n8", "Zg==Zg==", "-_8="})
        EXPECT_EQ(decode_base64(bad), std::nullopt) << bad;
}

}  // namespace
}  // namespace cairn
