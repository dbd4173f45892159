#pragma once
#include <array>
#include <optional>

#include "common/wire/message.h"

namespace cairn::backup {

/// How a value's type is called in backup files.
struct Letter {
    wire::Particle type;
    char letter;
};
constexpr std::array kLetters = {
    Letter{wire::Particle::null, 'N'},        Letter{wire::Particle::boolean, 'Z'},
    Letter{wire::Particle::integer, 'I'},     Letter{wire::Particle::floating, 'D'},
    Letter{wire::Particle::string, 'S'},      Letter{wire::Particle::geojson, 'G'},
    Letter{wire::Particle::blob, 'B'},        Letter{wire::Particle::java_blob, 'J'},
    Letter{wire::Particle::csharp_blob, 'C'}, Letter{wire::Particle::python_blob, 'P'},
    Letter{wire::Particle::ruby_blob, 'R'},   Letter{wire::Particle::php_blob, 'H'},
    Letter{wire::Particle::erlang_blob, 'E'}, Letter{wire::Particle::hll, 'Y'},
    Letter{wire::Particle::map, 'M'},         Letter{wire::Particle::list, 'L'},
};

/// 0: the format has none.
constexpr char letter_of(wire::Particle type) {
    for (const auto& known : kLetters) {
        if (known.type == type) return known.letter;
    }
    return '\0';
}

constexpr std::optional<wire::Particle> type_of(char letter) {
    for (const auto& known : kLetters) {
        if (known.letter == letter) return known.type;
    }
    return std::nullopt;
}

constexpr bool is_key_letter(char letter) { return letter == 'I' || letter == 'D' || letter == 'S' || letter == 'B'; }

}  // namespace cairn::backup
