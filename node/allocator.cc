// Read by jemalloc before main: what large commands needed for a moment goes back to the machine within seconds, on a server
// that has nothing more to do as well (by itself jemalloc gives back only while it is used).
extern "C" {
// NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): the name and type that jemalloc looks for
const char* malloc_conf = "background_thread:true,dirty_decay_ms:3000,muzzy_decay_ms:0";
}
