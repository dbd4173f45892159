package conformance

import (
	"testing"

	as "github.com/aerospike/aerospike-client-go/v8"
	"github.com/aerospike/aerospike-client-go/v8/types"
)

const script = `
function add(rec, name, by)
    rec[name] = (rec[name] or 0) + by
    if aerospike:exists(rec) then aerospike:update(rec) else aerospike:create(rec) end
    return rec[name]
end
function spoil(rec) rec.v = 0 aerospike:update(rec) error("no") end
`

// Registers the script under a name of its own; what it is called as.
func registered(t *testing.T) string {
	t.Helper()
	module := name("module")
	task, err := client.RegisterUDF(nil, []byte(script), module+".lua", as.LUA)
	ok(t, err)
	ok(t, <-task.OnComplete())
	t.Cleanup(func() {
		task, err := client.RemoveUDF(nil, module+".lua")
		ok(t, err)
		ok(t, <-task.OnComplete())
	})
	return module
}

func TestFunctionsOnRecords(t *testing.T) {
	module := registered(t)
	key := stored(t, as.BinMap{"v": 1})
	answer, err := client.Execute(nil, key, module, "add", as.NewValue("v"), as.NewValue(4))
	ok(t, err)
	equal(t, answer.(int), 5)
	record, err := client.Get(nil, key)
	ok(t, err)
	equal(t, record.Bins["v"].(int), 5)
	equal(t, record.Generation, uint32(2))
	_, err = client.Execute(nil, key, module, "spoil")
	refused(t, err, types.UDF_BAD_RESPONSE)
	_, err = client.Execute(nil, key, "no-module", "add")
	refused(t, err, types.UDF_BAD_RESPONSE)
	record, err = client.Get(nil, key)
	ok(t, err)
	equal(t, record.Bins["v"].(int), 5)
}

func TestFunctionsAreListed(t *testing.T) {
	module := registered(t)
	modules, err := client.ListUDF(nil)
	ok(t, err)
	for _, listed := range modules {
		if listed.Filename == module+".lua" {
			return
		}
	}
	t.Fatalf("%s.lua is not among %v", module, modules)
}

func TestFunctionsInBatches(t *testing.T) {
	module := registered(t)
	rows := []as.BatchRecordIfc{}
	for range 3 {
		key := stored(t, as.BinMap{"v": 1})
		rows = append(rows, as.NewBatchUDF(nil, key, module, "add", as.NewValue("v"), as.NewValue(1)))
	}
	ok(t, client.BatchOperate(nil, rows))
	for _, row := range rows {
		equal(t, row.BatchRec().Record.Bins["SUCCESS"].(int), 2)
	}
}

func TestFunctionsOverASet(t *testing.T) {
	module := registered(t)
	set := filled(t, 50)
	task, err := client.ExecuteUDF(nil, as.NewStatement(namespace, set), module, "add", as.NewValue("i"), as.NewValue(1000))
	ok(t, err)
	ok(t, <-task.OnComplete())
	records, err := client.ScanAll(nil, namespace, set)
	found := collect(t, records, err)
	equal(t, len(found), 50)
	for id, record := range found {
		equal(t, record.Bins["i"].(int), id+1000)
	}
}
