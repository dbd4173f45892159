#include "common/backup/cursor.h"

#include <algorithm>

namespace cairn::backup {

char Cursor::peek() {
    if (at_ < text_.size()) return text_[at_];
    wait_for(1);
    return '\0';
}

bool Cursor::expect(std::string_view literal) {
    const auto there = text_.substr(at_, literal.size());
    if (!literal.starts_with(there)) {
        std::string wanted(literal);
        std::ranges::replace(wanted, '\n', '$');
        return fail("'" + wanted + "' expected ($ is the end of a line)");
    }
    if (there.size() < literal.size()) return wait_for(literal.size() - there.size());
    at_ += literal.size();
    return true;
}

bool Cursor::letter(char& letter) {
    if (at_ == text_.size()) return wait_for(1);
    letter = text_[at_++];
    return true;
}

bool Cursor::name(std::string& name) {
    name.clear();
    for (size_t at = at_; at < text_.size() && at - at_ < kTokenMax; ++at) {
        if (text_[at] == ' ' || text_[at] == '\n') {
            at_ = at;
            return true;
        }
        if (text_[at] == '\\' && ++at == text_.size()) break;
        name += text_[at];
    }
    return text_.size() - at_ < kTokenMax ? wait_for(1) : fail("a name is too long");
}

bool Cursor::token(std::string_view& token, char end) {
    const auto there = text_.substr(at_, kTokenMax);
    const size_t size = there.find(end);
    if (size == there.npos) return there.size() < kTokenMax ? wait_for(1) : fail("a word is too long");
    token = there.substr(0, size);
    at_ += size + 1;
    return true;
}

bool Cursor::sized(std::string_view& bytes) {
    uint32_t size = 0;
    if (!number(size, ' ')) return false;
    if (size > kValueMax) return fail("a value is larger than any record");
    if (text_.size() - at_ < size) return wait_for(size - (text_.size() - at_));
    bytes = text_.substr(at_, size);
    at_ += size;
    return true;
}

}  // namespace cairn::backup
