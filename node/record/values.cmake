# What programs besides the node know of values: collections in normal form. Apart from `record` for its libraries.
cairn_library(record_values SOURCES msgpack.cc collection.cc element_index.cc DEPS base wire)
