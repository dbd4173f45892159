#include "node/metrics/exporter.h"
#include "node/metrics/families.h"

namespace cairn::metrics {

std::vector<Family> native_families(const std::vector<LatencyTotal>& totals) {
    FamilyMap families;
    for (const auto& total : totals) {
        families.add("cairn_" + replace_separators(total.operation, '_') + "_latency_seconds",
                     "Time from the request's arrival to its answer: " + replace_separators(total.operation, ' ') + ".",
                     Type::histogram, {{{"ns", total.ns}}, 0, std::make_shared<HistogramSnapshot>(total.recorded)});
    }
    return families.take();
}

std::vector<Family> replication_families(const std::vector<LatencyTotal>& totals) {
    const auto help = [](const std::string& part) -> std::string {
        if (part == "local")
            return "Writes that wait for other copies: from arrival until the copies are about to be told.";
        if (part == "network") return "From then until all copies had answered, without what the last one took itself.";
        return "Writes of other masters: from arrival here to the acknowledgement.";
    };
    FamilyMap families;
    for (const auto& total : totals) {
        families.add("cairn_replication_" + total.operation + "_seconds", help(total.operation), Type::histogram,
                     {{{"ns", total.ns}}, 0, std::make_shared<HistogramSnapshot>(total.recorded)});
    }
    return families.take();
}

std::vector<Family> storage_families(const std::vector<StorageTotal>& totals) {
    FamilyMap families;
    for (const auto& of : totals) {
        const auto add = [&](const std::string& name, const std::string& help, Type type, uint64_t value) {
            families.add("cairn_storage_" + name, help, type, {{{"ns", of.ns}}, double(value)});
        };
        add("failed", "1: a write or sync of a device failed; read-only until the node is started again.", Type::gauge,
            of.failed);
        add("unreadable_total", "Records, blocks or chunks that could not be read or whose checksum was wrong.",
            Type::counter, of.unreadable);
        add("torn_total", "Unfinished ends of blocks, as a crash leaves them.", Type::counter, of.torn);
        add("overload_total", "Writes refused because the write queue was full.", Type::counter, of.overload);
        add("appended_bytes_total", "Bytes of records that users' writes appended.", Type::counter, of.appended_bytes);
        add("written_bytes_total", "Bytes written to the devices, by defragmentation too.", Type::counter,
            of.written_bytes);
        families.add("cairn_storage_write_amplification", "Written for each appended byte, since the start.",
                     Type::gauge, {{{"ns", of.ns}}, of.write_amplification()});
        add("write_queue_bytes", "Closed and not yet written.", Type::gauge, of.write_queue_bytes);
        add("defrag_queue_blocks", "Write blocks that wait for defragmentation.", Type::gauge, of.defrag_queue_blocks);
        add("defrag_blocks_read_total", "Write blocks that defragmentation read.", Type::counter,
            of.defrag_blocks_read);
        add("defrag_blocks_written_total", "Write blocks that defragmentation filled.", Type::counter,
            of.defrag_blocks_written);
        add("defrag_blocks_emptied_total", "Write blocks that defragmentation emptied.", Type::counter,
            of.defrag_blocks_emptied);
    }
    return families.take();
}

}  // namespace cairn::metrics
