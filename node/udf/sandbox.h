#pragma once
#include <lua.hpp>

namespace cairn::udf {

/// Opens what a script may use of the standard library, with the functions replaced whose work the machine does not
/// count: patterns, sorting, moving elements.
void open_sandbox(lua_State* lua);

}  // namespace cairn::udf
