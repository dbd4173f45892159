#include "common/config/write.h"
#include "node/config/load.h"
#include "node/config/tables.h"

namespace cairn::config {

std::string documentation() {
    return std::string(R"(# Configuration

This page is made from the parameter tables in `node/config` by `cairnd --print-config-docs`; a test compares the two.

A node reads one YAML file; without a file it runs with its defaults and one namespace `test` in memory, half of the
machine's memory for records and expiry every two minutes.

```yaml
service:
  cluster-name: orders
  proto-fd-max: 20000
network:
  service:
    port: 3000
  admin:
    port: 3008          # health, metrics and configuration over HTTP
namespaces:
  - name: test
    default-ttl: 30d
    nsup-period: 2m
    storage-engine:
      type: memory
      data-size: 4G
    sets:
      - name: sessions
        default-ttl: 1h
logging:
  format: json
  any: info
  migrate: debug
```

- **Sizes** are bytes, or a number with `K`, `M`, `G` or `T` (also `Ki`, ...), in powers of 1024. **Periods** are
  seconds, or a number with `s`, `m`, `h` or `d`.
- **Mistakes end the start** with one sentence: file, line, path, value, what was expected. An unknown key is a mistake,
  and so is a parameter of a planned feature with another value than its default.
- **Environment variables** override the file: `CAIRN_` and the path in upper case with `_` for `-` and `.`, such as
  `CAIRN_SERVICE_PROTO_FD_MAX=1000`; an item of a list goes by its name, such as `CAIRN_NAMESPACES_TEST_DEFAULT_TTL=1h`;
  lists are separated by commas. They change namespaces and sets of the file and make no new ones.
  `CAIRN_SERVICE_HOST`, `CAIRN_SERVICE_PORT` and `CAIRN_SERVICE_PORT_...` are ignored: Kubernetes sets them in pods
  beside a Service called `cairn`. (It sets `CAIRN_NETWORK_SERVICE_PORT` for one called `cairn-network`: give such pods
  `enableServiceLinks: false`.)
- **Changes "at run time"** are made by `set-config`, for this node until it restarts, or by editing the file and sending
  SIGHUP; a reload also undoes what `set-config` changed.
- `cairnd --check-config` judges a file, `--print-config` shows what a node would run with, `--print-schema` gives the
  JSON Schema.

)") + markdown(node_section());
}

}  // namespace cairn::config
