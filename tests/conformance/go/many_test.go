package conformance

import (
	"reflect"
	"strings"
	"testing"
	"time"

	as "github.com/aerospike/aerospike-client-go/v8"
	"github.com/aerospike/aerospike-client-go/v8/types"
)

// A set of records {i: 0..count-1}, keyed by i.
func filled(t *testing.T, count int) string {
	t.Helper()
	set := name("set")
	keep := writePolicy(func(policy *as.WritePolicy) { policy.SendKey = true })
	for i := range count {
		ok(t, client.Put(keep, keyIn(t, set, i), as.BinMap{"i": i, "s": "text"}))
	}
	return set
}

// The keys that a scan returns, each once.
func collect(t *testing.T, records *as.Recordset, err as.Error) map[int]*as.Record {
	t.Helper()
	ok(t, err)
	found := map[int]*as.Record{}
	for result := range records.Results() {
		ok(t, result.Err)
		id := int(result.Record.Key.Value().GetObject().(int64)) // so the client gives keys back
		if found[id] != nil {
			t.Fatalf("record %d twice", id)
		}
		found[id] = result.Record
	}
	return found
}

func TestBatchReads(t *testing.T) {
	set := filled(t, 10)
	keys := []*as.Key{}
	for i := range 11 { // the last is missing
		keys = append(keys, keyIn(t, set, i))
	}
	records, err := client.BatchGet(nil, keys)
	if err != nil && !err.Matches(types.KEY_NOT_FOUND_ERROR) {
		t.Fatal(err)
	}
	for i := range 10 {
		equal(t, records[i].Bins["i"].(int), i)
	}
	if records[10] != nil {
		t.Fatal("a missing record was returned")
	}
	found, err := client.BatchExists(nil, keys)
	ok(t, err)
	equal(t, found[9], true)
	equal(t, found[10], false)
	records, err = client.BatchGet(nil, keys[:3], "s")
	ok(t, err)
	equal(t, len(records[2].Bins), 1)
	records, err = client.BatchGetHeader(nil, keys[:3])
	ok(t, err)
	equal(t, records[0].Generation, 1)
	records, err = client.BatchGetOperate(nil, keys[:3], as.GetBinOp("i"))
	ok(t, err)
	equal(t, records[2].Bins["i"].(int), 2)
}

func TestBatchOfMixedRows(t *testing.T) {
	read, written, removed, text, gone := stored(t, as.BinMap{"a": 1}), freshKey(t), stored(t, as.BinMap{"a": 1}),
		stored(t, as.BinMap{"a": "text"}), freshKey(t)
	createOnly := as.NewBatchWritePolicy()
	createOnly.RecordExistsAction = as.CREATE_ONLY
	generation := as.NewBatchDeletePolicy()
	generation.GenerationPolicy, generation.Generation = as.EXPECT_GEN_EQUAL, 9
	rows := []as.BatchRecordIfc{
		as.NewBatchRead(nil, read, []string{"a"}),
		as.NewBatchWrite(nil, written, as.PutOp(as.NewBin("b", 2)), as.GetBinOp("b")),
		as.NewBatchDelete(nil, removed),
		as.NewBatchWrite(nil, text, as.AddOp(as.NewBin("a", 1))),
		as.NewBatchReadHeader(nil, gone),
		as.NewBatchWrite(createOnly, read, as.PutOp(as.NewBin("a", 2))),
		as.NewBatchDelete(generation, read),
	}
	if err := client.BatchOperate(nil, rows); err != nil && !err.Matches(types.BATCH_FAILED) {
		t.Fatal(err)
	}
	for i, code := range []types.ResultCode{types.OK, types.OK, types.OK, types.BIN_TYPE_ERROR, types.KEY_NOT_FOUND_ERROR,
		types.KEY_EXISTS_ERROR, types.GENERATION_ERROR} {
		if rows[i].BatchRec().ResultCode != code {
			t.Errorf("row %d: %v, expected %v", i, rows[i].BatchRec().ResultCode, code)
		}
	}
	equal(t, rows[0].BatchRec().Record.Bins["a"].(int), 1)
	// The client asks for a result of every operation of a written row: of the write, none.
	if b := rows[1].BatchRec().Record.Bins["b"]; !reflect.DeepEqual(b, as.OpResults{nil, 2}) {
		t.Fatalf("got %#v", b)
	}
	equal(t, exists(t, removed), false)
}

func TestBatchOfAThousandKeys(t *testing.T) {
	keys, writes := []*as.Key{}, []as.BatchRecordIfc{}
	for range 1000 {
		key := freshKey(t)
		keys = append(keys, key)
		writes = append(writes, as.NewBatchWrite(nil, key, as.PutOp(as.NewBin("v", strings.Repeat("x", 100)))))
	}
	ok(t, client.BatchOperate(nil, writes))
	packed := as.NewBatchPolicy()
	packed.UseCompression = true
	for _, policy := range []*as.BatchPolicy{nil, packed} {
		records, err := client.BatchGet(policy, keys)
		ok(t, err)
		for _, record := range records {
			equal(t, len(record.Bins["v"].(string)), 100)
		}
	}
	deleted, err := client.BatchDelete(nil, nil, keys)
	ok(t, err)
	equal(t, len(deleted), 1000)
	equal(t, exists(t, keys[500]), false)
}

// With a filter, this client announces the batch field longer than it is, past the end of the frame; the filter comes first.
// And it reads on until the batch's last message, so one that is refused as a whole must end with one too.
func TestABatchRefusedAsAWholeEnds(t *testing.T) {
	policy := as.NewBatchPolicy()
	policy.FilterExpression = as.ExpLess(as.ExpIntBin("a"), as.ExpIntVal(3))
	policy.MaxRetries, policy.SocketTimeout, policy.TotalTimeout = 0, 5*time.Second, 5*time.Second
	key := stored(t, as.BinMap{"a": 1})
	err := client.BatchOperate(policy, []as.BatchRecordIfc{
		as.NewBatchWrite(nil, key, as.PutOp(as.NewBin("a", 2))), as.NewBatchRead(nil, key, []string{"a"}),
	})
	if err != nil && err.Matches(types.TIMEOUT, types.MAX_RETRIES_EXCEEDED) {
		t.Fatal(err)
	}
}

func TestScans(t *testing.T) {
	const count = 2000
	set := filled(t, count)
	records, err := client.ScanAll(nil, namespace, set)
	found := collect(t, records, err)
	equal(t, len(found), count)
	equal(t, found[7].Bins["i"].(int), 7)

	records, err = client.ScanAll(nil, namespace, set, "s")
	found = collect(t, records, err)
	equal(t, len(found), count)
	equal(t, len(found[7].Bins), 1)

	policy := as.NewScanPolicy()
	policy.IncludeBinData = false
	records, err = client.ScanAll(policy, namespace, set)
	found = collect(t, records, err)
	equal(t, len(found), count)
	equal(t, len(found[7].Bins), 0)

	policy = as.NewScanPolicy()
	policy.MaxRecords = 100
	records, err = client.ScanAll(policy, namespace, set)
	equal(t, len(collect(t, records, err)), 100)

	policy = as.NewScanPolicy()
	policy.RecordsPerSecond = 10_000
	policy.UseCompression = true
	records, err = client.ScanAll(policy, namespace, set)
	equal(t, len(collect(t, records, err)), count)

	records, err = client.Query(nil, as.NewStatement(namespace, set))
	equal(t, len(collect(t, records, err)), count)

	records, err = client.ScanAll(nil, namespace, "no-such-set")
	equal(t, len(collect(t, records, err)), 0)
}

func TestScanOfPartitionsInPages(t *testing.T) {
	const count = 2000
	set := filled(t, count)
	sum := 0
	for begin := 0; begin < 4096; begin += 1024 {
		records, err := client.ScanPartitions(nil, as.NewPartitionFilterByRange(begin, 1024), namespace, set)
		sum += len(collect(t, records, err))
	}
	equal(t, sum, count)

	policy := as.NewScanPolicy()
	policy.MaxRecords = 133
	filter := as.NewPartitionFilterAll()
	all := map[int]bool{}
	for pages := 0; !filter.IsDone() && pages < 100; pages++ {
		records, err := client.ScanPartitions(policy, filter, namespace, set)
		for id := range collect(t, records, err) {
			if all[id] {
				t.Fatalf("record %d on two pages", id)
			}
			all[id] = true
		}
	}
	equal(t, len(all), count)
}

func TestBackgroundWrites(t *testing.T) {
	set := filled(t, 500)
	task, err := client.QueryExecute(nil, nil, as.NewStatement(namespace, set), as.AddOp(as.NewBin("i", 1000)))
	ok(t, err)
	ok(t, <-task.OnComplete())
	records, err := client.ScanAll(nil, namespace, set)
	for id, record := range collect(t, records, err) {
		equal(t, record.Bins["i"].(int), id+1000)
		equal(t, record.Generation, 2)
	}
}

func TestTruncation(t *testing.T) {
	set, other := filled(t, 50), filled(t, 50)
	ok(t, client.Truncate(nil, namespace, set, nil))
	waitUntil(t, "the set is empty", func() bool {
		records, err := client.ScanAll(nil, namespace, set)
		return len(collect(t, records, err)) == 0
	})
	equal(t, exists(t, keyIn(t, set, 1)), false)
	equal(t, exists(t, keyIn(t, other, 1)), true)
}

func TestNodeAndInfo(t *testing.T) {
	equal(t, len(client.GetNodes()), nodes)
	stats, err := client.Stats()
	ok(t, err)
	if stats == nil {
		t.Fatal("no statistics")
	}
	answers, err := client.GetNodes()[0].RequestInfo(as.NewInfoPolicy(), "build", "namespaces", "no-such-command", "status")
	ok(t, err)
	equal(t, answers["status"], "ok")
	if !strings.Contains(answers["namespaces"], namespace) || !strings.HasPrefix(answers["no-such-command"], "ERROR") {
		t.Fatalf("got %v", answers)
	}
}

func TestDataModel(t *testing.T) {
	key := stored(t, as.BinMap{"l": []any{1}, "m": map[any]any{"a": 1}, "b": []byte{1}})
	for _, operation := range []*as.Operation{
		as.ListAppendOp("l", 1), as.ListSizeOp("l"), as.MapSizeOp("m"), as.BitGetOp("b", 0, 8),
		as.ExpReadOp("x", as.ExpIntVal(1), as.ExpReadFlagDefault),
	} {
		if _, err := client.Operate(nil, key, operation); err != nil {
			t.Error(err)
		}
	}
	filtered := as.NewPolicy()
	filtered.FilterExpression = as.ExpEq(as.ExpIntBin("i"), as.ExpIntVal(1))
	_, err := client.Get(filtered, key)
	refused(t, err, types.FILTERED_OUT)
}
