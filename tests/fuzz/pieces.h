#pragma once
#include <algorithm>
#include <list>
#include <vector>

#include "common/base/bytes.h"

namespace cairn::fuzz {

/// Cuts an input into pieces: a byte that says of what kind, two for its size, and the piece.
/// @param use  gets kind and piece. Each piece stays until the last one is used, and is a copy of its own size: reading
///             behind it is found.
template <class Use>
void for_each_piece(Bytes input, int pieces_max, Use use) {
    std::list<std::vector<uint8_t>> pieces;
    for (int i = 0; i < pieces_max && input.size() > 3; ++i) {
        const uint8_t kind = input[0];
        const size_t wanted = load_be<uint16_t>(input.data() + 1);
        input = input.subspan(3);
        const Bytes piece = input.first(std::min(wanted, input.size()));
        input = input.subspan(piece.size());
        use(kind, pieces.emplace_back(piece.begin(), piece.end()));
    }
}

}  // namespace cairn::fuzz
