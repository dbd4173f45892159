// Backup files: what is read arrives the same in other pieces, and what was read can be written and is read the same.
#include <vector>

#include "common/backup/asb_reader.h"
#include "common/backup/asb_writer.h"
#include "common/base/check.h"

namespace {

using namespace cairn;
using namespace cairn::backup;

std::vector<Entry> read(Bytes text, size_t piece, bool& whole) {
    AsbReader reader;
    std::vector<Entry> entries;
    bool ended = false;
    while (true) {
        auto entry = reader.next();
        whole = entry.has_value();
        if (!whole) return entries;
        if (*entry) {
            entries.push_back(std::move(**entry));
        } else if (!text.empty()) {
            const auto part = text.first(std::min(piece, text.size()));
            reader.add(part);
            text = text.subspan(part.size());
        } else if (!std::exchange(ended, true)) {
            reader.add_end();
        } else {
            return entries;
        }
    }
}

struct Writer {
    Buffer& out;
    void operator()(const StoredRecord& stored) const {
        // A float that is no number, and text of early versions, are written otherwise; nothing is refused.
        CAIRN_CHECK(append_record(out, stored.ns, stored.record));
    }
    void operator()(const IndexDefinition& index) const { append_index(out, index); }
    void operator()(const Module& module) const { append_module(out, module); }
};

Buffer write(const std::vector<Entry>& entries) {
    Buffer out;
    append_head(out, "ns", false);
    for (const auto& entry : entries) std::visit(Writer{out}, entry);
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    if (size == 0) return 0;
    const size_t piece = 1 + data[0];
    const std::vector<uint8_t> exact(data + 1, data + size);
    bool whole = false;
    bool whole_in_pieces = false;
    const auto entries = read(exact, exact.size() + 1, whole);
    const auto in_pieces = read(exact, piece, whole_in_pieces);
    CAIRN_CHECK(whole == whole_in_pieces && entries.size() == in_pieces.size());

    const auto written = write(entries);
    CAIRN_CHECK(as_text(written.bytes()) == as_text(write(in_pieces).bytes()));
    bool again_whole = false;
    const auto again = read(written.bytes(), written.size(), again_whole);
    CAIRN_CHECK(again_whole && as_text(write(again).bytes()) == as_text(written.bytes()));
    return 0;
}
