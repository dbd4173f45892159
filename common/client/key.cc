#include "common/client/key.h"

#include <openssl/evp.h>

#include "common/base/check.h"

namespace cairn::client {

void Digester::Release::operator()(evp_md_st* method) const { EVP_MD_free(method); }
void Digester::Release::operator()(evp_md_ctx_st* context) const { EVP_MD_CTX_free(context); }

Result<Digester> Digester::create() {
    Digester digester;
    digester.method_.reset(EVP_MD_fetch(nullptr, "RIPEMD160", nullptr));
    digester.context_.reset(EVP_MD_CTX_new());
    if (!digester.method_ || !digester.context_) {
        return fail("cannot compute key digests: this OpenSSL offers no RIPEMD-160");
    }
    return digester;
}

Digest Digester::digest(std::string_view set, const Value& key) { return digest(set, key.type, as_bytes(key.bytes)); }

Digest Digester::digest(std::string_view set, int64_t key) {
    uint8_t bytes[8];
    store_be(bytes, uint64_t(key));
    return digest(set, wire::Particle::integer, bytes);
}

Digest Digester::digest(std::string_view set, wire::Particle type, Bytes key) {
    Digest result;
    const uint8_t type_byte = uint8_t(type);
    unsigned size = 0;
    EVP_MD_CTX* context = context_.get();
    const bool ok = EVP_DigestInit_ex2(context, method_.get(), nullptr) == 1 &&
                    EVP_DigestUpdate(context, set.data(), set.size()) == 1 &&
                    EVP_DigestUpdate(context, &type_byte, 1) == 1 &&
                    EVP_DigestUpdate(context, key.data(), key.size()) == 1 &&
                    EVP_DigestFinal_ex(context, result.bytes.data(), &size) == 1;
    CAIRN_CHECK(ok && size == Digest::kSize);
    return result;
}

}  // namespace cairn::client
