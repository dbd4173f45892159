# What clients may store: collections in normal form, checked GeoJSON. Apart from `record` for its JSON library.
find_package(nlohmann_json REQUIRED)
cairn_library(record_values SOURCES msgpack.cc collection.cc element_index.cc geojson.cc DEPS base wire LINK nlohmann_json::nlohmann_json)
