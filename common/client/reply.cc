#include "common/client/reply.h"

namespace cairn::client {
namespace {

/// Keeps the memory that the record has.
void store(const wire::Message& message, Record& record) {
    record.result = message.header.result;
    record.generation = message.header.generation;
    record.void_time = message.header.record_ttl;
    record.row = message.header.timeout_ms;
    const auto digest = message.fields[wire::FieldType::digest];
    record.digest = digest.size() == Digest::kSize ? Digest::from(digest.data()) : Digest{};
    record.set = message.fields.text(wire::FieldType::set);
    if (const auto key = message.fields[wire::FieldType::key]; !key.empty()) {
        if (!record.key) record.key.emplace();
        record.key->type = wire::Particle(key[0]);
        record.key->bytes = as_text(key.subspan(1));
    } else {
        record.key.reset();
    }
    record.bins.resize(message.ops.count());
    size_t next = 0;
    for (const auto op : message.ops) {
        Bin& bin = record.bins[next++];
        bin.name = op.name;
        bin.value.type = op.type;
        bin.value.bytes = as_text(op.value);
    }
}

}  // namespace

const Value* Record::find(std::string_view name) const {
    for (const auto& bin : bins) {
        if (bin.name == name) return &bin.value;
    }
    return nullptr;
}

Result<Record> decode_record(Bytes body) {
    wire::Message message;
    if (!message.parse(body)) return fail("the reply is not one whole message");
    Record record;
    store(message, record);
    return record;
}

Result<void> decode_stream(Bytes body, Stream& stream, Record& record, const std::function<void(const Record&)>& take) {
    wire::Message message;
    while (!body.empty()) {
        if (stream.done) return fail("the reply goes on after its end");
        if (!message.parse_unit(body)) return fail("the reply holds a damaged message");
        const auto& header = message.header;
        if (ends_stream(header, stream.kind)) {
            stream.result = header.result;
            stream.done = true;
        } else if (header.info3 & wire::info3::partition_done) {
            stream.failed_partitions.push_back({PartitionId(header.generation), header.result});
        } else {
            store(message, record);
            take(record);
        }
    }
    return {};
}

Result<void> decode_stream(Bytes body, Stream& stream) {
    Record record;
    return decode_stream(body, stream, record, [&](const Record&) { stream.records.push_back(std::move(record)); });
}

}  // namespace cairn::client
