#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "common/base/bytes.h"

namespace cairn::cluster {

/// Appends numbers, little-endian, and texts.
class ByteWriter {
public:
    template <class T>
    void number(T value) {
        const size_t at = bytes_.size();
        bytes_.resize(at + sizeof(T));
        store_le(bytes_.data() + at, value);
    }
    void text(std::string_view text) {
        number(static_cast<uint8_t>(text.size()));
        bytes_.insert(bytes_.end(), text.begin(), text.end());
    }
    void raw(Bytes bytes) { bytes_.insert(bytes_.end(), bytes.begin(), bytes.end()); }
    void count(size_t count) { number(static_cast<uint16_t>(count)); }

    const std::vector<uint8_t>& bytes() const { return bytes_; }
    std::vector<uint8_t> take() { return std::move(bytes_); }

private:
    std::vector<uint8_t> bytes_;
};

/// Reads them back. After the first thing that is wrong all reads give zeros; look at ok() before believing any.
class ByteReader {
public:
    explicit ByteReader(Bytes bytes) : left_(bytes) {}

    template <class T>
    T number() {
        if (!ok_ || left_.size() < sizeof(T)) {
            ok_ = false;
            return 0;
        }
        const T value = load_le<T>(left_.data());
        left_ = left_.subspan(sizeof(T));
        return value;
    }
    /// @param max  bytes.
    std::string text(size_t max) { return std::string(text_view(max)); }
    /// The same, living as long as what is read.
    std::string_view text_view(size_t max) {
        const size_t size = number<uint8_t>();
        if (size > max) ok_ = false;
        return as_text(raw(size));
    }
    /// @return  `size` bytes, which live as long as what is read; empty when there are fewer.
    Bytes raw(size_t size) {
        if (!ok_ || size > left_.size()) {
            ok_ = false;
            return {};
        }
        const Bytes bytes = left_.first(size);
        left_ = left_.subspan(size);
        return bytes;
    }
    /// How many elements follow: so many that each can have `each` bytes, or reading stops here.
    size_t count(size_t max, size_t each) {
        const size_t count = number<uint16_t>();
        if (count > max || count * each > left_.size()) ok_ = false;
        return ok_ ? count : 0;
    }
    bool flag() {
        const uint8_t value = number<uint8_t>();
        if (value > 1) ok_ = false;
        return value == 1;
    }
    void refuse() { ok_ = false; }
    bool ok() const { return ok_; }
    bool at_end() const { return ok_ && left_.empty(); }

private:
    Bytes left_;
    bool ok_ = true;
};

}  // namespace cairn::cluster
