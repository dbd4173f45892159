#include "node/cluster/cfg.h"

namespace cairn::cluster {

Cfg Cfg::successor(CfgId next) const {
    Cfg after = *this;
    after.id = next;
    if (!id || next.ballot == id.ballot) return after;
    after.ancestry.insert(after.ancestry.begin(), id);
    if (after.ancestry.size() > kAncestryMax) after.ancestry.resize(kAncestryMax);
    return after;
}

}  // namespace cairn::cluster
