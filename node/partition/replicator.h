#pragma once
#include <cstdint>

#include "common/base/digest.h"
#include "common/base/time.h"
#include "node/record/layout.h"

namespace cairn::partition {

class Partition;

/// Whoever keeps the other copies of a namespace's partitions. All calls come inside the partition's door.
class Replicator {
public:
    enum class Access : uint8_t {
        ok,
        elsewhere,  // another node answers for the partition, or nobody that is known
        moving,     // its master changes at this moment: a few milliseconds later there is an answer
        overload,   // too many writes wait for other copies
    };
    /// Whether a write may be applied here, now.
    virtual Access may_write(PartitionId partition) const = 0;
    /// Whether a record may be read here, as one copy has it.
    virtual Access may_read(PartitionId partition) const = 0;

    /// The node that answers for the partition, as this one knows; 0: nobody, or this one. Outside the doors, too.
    virtual uint64_t master(PartitionId partition) const = 0;

    /// What a command has changed in this step.
    struct Written {
        Digest digest{};
        const record::Head* version = nullptr;  // whole; null: the record is gone
        bool commit_all = true;                 // answer when all copies in sync have it, or at once
        uint64_t ticket = 0;                    // of the answer
        Instant now{};
        Instant deadline{};  // then it is in doubt
    };
    /// @return  whether the reply has to wait for the answer.
    virtual bool wrote(Partition& partition, const Written& written) = 0;

    /// A write to the partition follows: starts loading what it will touch. Outside the doors, too.
    virtual void prefetch(PartitionId partition) const = 0;

protected:
    ~Replicator() = default;
};

}  // namespace cairn::partition
