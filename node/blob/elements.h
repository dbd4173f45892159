#pragma once
#include <cstdint>

#include "common/base/buffer.h"
#include "common/base/bytes.h"
#include "node/record/msgpack.h"

namespace cairn::blob {

/// The elements of a list that is an argument of a sketch's operation: one or more scalars.
class Elements {
public:
    /// @return  false when it is no such list.
    bool parse(Bytes list);

    /// Calls f(element) for each; `element` is encoded in normal form.
    template <class F>
    void for_each(F f) const {
        record::msgpack::Reader reader(elements_);
        Buffer normal;
        while (!reader.at_end()) f(next(reader, normal));
    }

private:
    Bytes next(record::msgpack::Reader& reader, Buffer& normal) const;

    Bytes elements_;
};

}  // namespace cairn::blob
