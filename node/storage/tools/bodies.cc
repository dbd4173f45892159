#include "node/storage/tools/bodies.h"

namespace cairn::storage {

Result<std::optional<SecretKey>> read_master_key(runtime::Disk& disk, const KeySource& source) {
    std::string text = source.text;
    if (!source.file.empty()) {
        auto read = disk.read_file(source.file);
        if (!read) return std::unexpected(std::move(read.error()));
        text = std::move(*read);
    } else if (text.empty()) {
        return std::optional<SecretKey>();
    }
    auto key = parse_master_key(as_bytes(text));
    if (!key) return std::unexpected(std::move(key.error()));
    return std::optional<SecretKey>(*key);
}

Result<std::unique_ptr<Bodies>> Bodies::of(const Superblock& superblock, const std::optional<SecretKey>& master_key) {
    std::unique_ptr<BodyCipher> cipher;
    if (master_key && superblock.encryption == BodyEncryption::aes_256_gcm) {
        auto opened = BodyCipher::of(superblock, *master_key);
        if (!opened) return std::unexpected(std::move(opened.error()));
        cipher = std::move(*opened);
    }
    return std::unique_ptr<Bodies>(new Bodies(std::move(cipher)));
}

}  // namespace cairn::storage
