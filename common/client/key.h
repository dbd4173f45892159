#pragma once
#include <memory>
#include <string_view>

#include "common/base/digest.h"
#include "common/base/result.h"
#include "common/client/value.h"

struct evp_md_st;
struct evp_md_ctx_st;

namespace cairn::client {

/// Computes record identities: RIPEMD-160 over set name, key type byte and key bytes. Holds OpenSSL's working state, so
/// that one digest costs no look-up and no allocation; used by one thread at a time.
class Digester {
public:
    /// @error  this machine's OpenSSL has no RIPEMD-160 (a FIPS-only set-up).
    static Result<Digester> create();

    /// @param key  integer, float, string or blob; other types are not keys.
    Digest digest(std::string_view set, const Value& key);
    Digest digest(std::string_view set, int64_t key);

private:
    struct Release {
        void operator()(evp_md_st* method) const;
        void operator()(evp_md_ctx_st* context) const;
    };
    Digester() = default;
    Digest digest(std::string_view set, wire::Particle type, Bytes key);

    std::unique_ptr<evp_md_st, Release> method_;
    std::unique_ptr<evp_md_ctx_st, Release> context_;
};

}  // namespace cairn::client
