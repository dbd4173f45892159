#pragma once
#include "common/backup/entry.h"
#include "common/base/buffer.h"

/// Backup files of version 3.1, the text format of asbackup: written at the end of a buffer. docs/backup.md.
namespace cairn::backup {

/// The head of a file.
/// @param first  whether this file of a backup holds its definitions and modules.
void append_head(Buffer& out, std::string_view ns, bool first);
void append_index(Buffer& out, const IndexDefinition& index);
void append_module(Buffer& out, const Module& module);
/// @error  a bin has a type or a size that the format has no form for; nothing was appended.
Result<void> append_record(Buffer& out, std::string_view ns, const client::Record& record);

}  // namespace cairn::backup
