#pragma once
#include <string>

#include "common/backup/coding.h"
#include "common/runtime/disk.h"

namespace cairn::backup {

/// Where the private key of a backup is: in a file (PEM) or a variable of the environment (base64 of DER).
struct KeyPlace {
    std::string file;
    std::string variable;
};

/// @error  names the option and what is wrong.
Result<CipherKey> read_key(CipherKey::Kind kind, const KeyPlace& place, runtime::Disk& disk);

/// A vector that no other file has.
InitialVector new_vector();

}  // namespace cairn::backup
