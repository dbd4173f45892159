#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"

/// Where backups are kept: folders and streams now; an object store is another implementation.
namespace cairn::backup {

/// A file that is written from its beginning to its end.
class OutputFile {
public:
    virtual ~OutputFile() = default;
    /// @error  names the file and the reason; the file is of no use then.
    virtual Result<void> write(Bytes bytes) = 0;
    /// Makes durable what was written.
    virtual Result<void> sync() = 0;
};

class InputFile {
public:
    virtual ~InputFile() = default;
    /// @return  bytes read, 0 at the end.
    virtual Result<size_t> read(MutableBytes into) = 0;
};

/// Takes the files of one backup.
class Sink {
public:
    virtual ~Sink() = default;
    /// Whether files have names and can be gone on with: otherwise there is one, and no state is kept.
    virtual bool keeps_files() const = 0;
    /// Names of the files that are there, in order.
    virtual Result<std::vector<std::string>> list() = 0;
    virtual Result<std::unique_ptr<OutputFile>> create(const std::string& name) = 0;
    /// Goes on with a file behind its first `bytes`; what follows them is dropped.
    virtual Result<std::unique_ptr<OutputFile>> resume(const std::string& name, uint64_t bytes) = 0;
    virtual Result<void> remove(const std::string& name) = 0;
    /// Small files whole: readers see the old content or the new.
    virtual Result<void> put(const std::string& name, const std::string& content) = 0;
    /// @error not_found  there is none.
    virtual Result<std::string> get(const std::string& name) = 0;
};

/// Gives the files of one backup.
class Source {
public:
    virtual ~Source() = default;
    /// Names of the backup's files, in order.
    virtual Result<std::vector<std::string>> list() = 0;
    virtual Result<std::unique_ptr<InputFile>> open(const std::string& name) = 0;
};

}  // namespace cairn::backup
