#include "tests/sim/cluster_shape.h"

#include <algorithm>
#include <string>

namespace cairn::sim {

ClusterShape draw_cluster(Dice dice) {
    using Trouble = ClusterShape::Trouble;
    ClusterShape shape;
    shape.nodes = dice.once_in(12) ? 1 : dice.between(2, dice.once_in(3) ? 7 : 4);
    shape.beginners = dice.once_in(3) ? dice.between(1, shape.nodes) : shape.nodes;
    shape.copies = static_cast<uint32_t>(dice.once_in(10) ? 1 : dice.between(2, dice.once_in(4) ? 4 : 3));
    shape.trouble = dice.once_in(5) ? Trouble::any : dice.once_in(2) ? Trouble::islands : Trouble::losses;
    shape.on_files = dice.once_in(3);
    shape.commit_to_device = dice.once_in(2);
    shape.racks = static_cast<uint32_t>(dice.once_in(2) ? 1 : dice.between(2, 4));
    // An island's later write may win over an acknowledged one by its generation, or by a clock that is hours ahead.
    const bool any_policy = shape.trouble != Trouble::islands;
    shape.policy =
        any_policy && dice.once_in(2) ? ConflictResolution::generation : ConflictResolution::last_update_time;
    static constexpr size_t kPartitions[] = {4, 16, 16, 16, 64};
    shape.trial.partitions = dice.once_in(60) ? kPartitionCount : kPartitions[dice.below(std::size(kPartitions))];
    if (dice.once_in(5)) shape.trial.open_max = dice.between(1, 8);
    // What is said of all partitions at once has to fit.
    if (dice.once_in(5) && shape.trial.partitions <= 16) shape.trial.queue_bytes = dice.between(64 << 10, 256 << 10);
    if (dice.once_in(4)) shape.trial.transfers_max = static_cast<int>(dice.between(1, 3));
    shape.users = dice.between(1, 4);
    shape.records = dice.between(4, 40);
    shape.think_max = dice.once_in(4) ? 2ms : 40ms;
    // A copy that was away, and is merged, brings back what was removed without a trace. Nor are traces
    // merged yet.
    shape.durably = shape.on_files && dice.once_in(2);
    shape.removes = shape.trouble == Trouble::losses && dice.once_in(2);
    return shape;
}

std::string describe(const ClusterShape& shape) {
    static constexpr const char* kTroubles[] = {"losses", "islands", "any trouble"};
    return std::to_string(shape.beginners) + " of " + std::to_string(shape.nodes) + " nodes, " +
           std::to_string(shape.copies) + " copies of " + std::to_string(shape.trial.partitions) + " partitions in " +
           std::to_string(shape.racks) + " racks " +
           (shape.on_files ? shape.commit_to_device ? "on files, committed, " : "on files, " : "in memory, ") +
           kTroubles[static_cast<size_t>(shape.trouble)] +
           (shape.policy == ConflictResolution::generation ? ", by generation" : ", by time") +
           (shape.trial.open_max < 100 ? ", open at most " + std::to_string(shape.trial.open_max) : "") +
           (shape.trial.queue_bytes < 1 << 20 ? ", queues of " + std::to_string(shape.trial.queue_bytes) : "") +
           (shape.trial.transfers_max != 0 ? ", transfers at most " + std::to_string(shape.trial.transfers_max) : "") +
           (!shape.removes  ? ""
            : shape.durably ? ", durable deletes"
                            : ", deletes");
}

}  // namespace cairn::sim
