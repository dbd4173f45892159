#pragma once
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/buffer.h"
#include "node/record/bins.h"
#include "node/record/memory.h"
#include "node/record/msgpack.h"
#include "node/record/particle_value.h"

namespace cairn::blob {

/// An operation as a client sends it: [code, argument...].
class Operation {
public:
    /// A blob; or, with another prefix, a sketch or a string.
    struct Raw {
        std::vector<uint8_t> bytes;
        uint8_t prefix = record::msgpack::kBlobPrefix;
    };
    struct List;
    using Argument = std::variant<int64_t, bool, double, std::string_view, Raw, List>;
    struct List {
        std::vector<Argument> values;
    };

    Operation(std::initializer_list<Argument> arguments) { write(List{arguments}); }
    operator Bytes() const { return buffer_.bytes(); }

private:
    void write(int64_t value) { record::msgpack::write_int(buffer_, value); }
    void write(bool value) { record::msgpack::write_bool(buffer_, value); }
    void write(double value) { record::msgpack::write_double(buffer_, value); }
    void write(std::string_view text) { record::msgpack::write_string(buffer_, text); }
    void write(const Raw& raw) {
        std::vector<uint8_t> content{raw.prefix};
        content.insert(content.end(), raw.bytes.begin(), raw.bytes.end());
        record::msgpack::write_raw(buffer_, content);
    }
    void write(const List& list) {
        record::msgpack::write_list_header(buffer_, uint32_t(list.values.size()));
        for (const Argument& one : list.values) std::visit([&](const auto& value) { write(value); }, one);
    }

    Buffer buffer_;
};

using Octets = std::vector<uint8_t>;

inline Octets octets(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

}  // namespace cairn::blob
