#include "node/storage/format/uuid.h"

#include <cctype>

#include "common/base/digest.h"

namespace cairn::storage {

std::string Uuid::text() const {
    std::string text;
    for (size_t i = 0; i < bytes.size(); ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
        for (const char digit : to_hex({&bytes[i], 1})) text += char(std::tolower(digit));
    }
    return text;
}

}  // namespace cairn::storage
