#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "common/backup/cursor.h"
#include "common/backup/entry.h"
#include "common/base/buffer.h"

namespace cairn::backup {

/// Reads a backup file of version 3.1, in pieces of any size, entry by entry. docs/backup.md.
class AsbReader {
public:
    /// More of the file.
    void add(Bytes bytes) { text_.append(bytes); }
    /// Nothing follows.
    void add_end() { ended_ = true; }

    /// @return  the next entry; nothing: all that was added is read (add more), or the file is (after add_end()).
    /// @error   the file is damaged or cut off, or of another format: the sentence names the byte. Final.
    Result<std::optional<Entry>> next();

    /// Bytes of the file before the next entry.
    uint64_t offset() const { return offset_; }
    /// From the head; known when the first entry is. Empty: the file does not say.
    const std::string& ns() const { return ns_; }
    bool first_file() const { return first_file_; }

private:
    /// One part of the file: a line of the head, or an entry.
    bool part(Cursor& cursor, std::optional<Entry>& entry);
    bool head_line(Cursor& cursor);

    Buffer text_;          // what has arrived and is not read
    size_t wanted_ = 0;    // bytes of text_ before which looking again is in vain
    uint64_t offset_ = 0;  // of text_ in the file
    bool ended_ = false;
    bool version_read_ = false;
    bool entries_begun_ = false;
    std::string ns_;
    bool first_file_ = false;
};

}  // namespace cairn::backup
