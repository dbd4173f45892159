#include "node/backup/secrets.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <cstdlib>

#include "common/base/check.h"

namespace cairn::backup {

Result<CipherKey> read_key(CipherKey::Kind kind, const KeyPlace& place, runtime::Disk& disk) {
    if (!place.variable.empty()) {
        const char* const text = std::getenv(place.variable.c_str());
        if (text == nullptr) return fail("--encryption-key-env: there is no variable '" + place.variable + "'");
        auto key = CipherKey::from_base64(kind, text);
        if (!key) return fail("--encryption-key-env: '" + place.variable + "': " + key.error().detail);
        return key;
    }
    auto text = disk.read_file(place.file);
    if (!text) return fail("--encryption-key-file: " + text.error().detail);
    auto key = CipherKey::from_pem(kind, *text);
    OPENSSL_cleanse(text->data(), text->size());
    if (!key) return fail("--encryption-key-file: '" + place.file + "': " + key.error().detail);
    return key;
}

InitialVector new_vector() {
    InitialVector vector;
    CAIRN_CHECK(RAND_bytes(vector.data(), int(vector.size())) == 1);
    return vector;
}

}  // namespace cairn::backup
