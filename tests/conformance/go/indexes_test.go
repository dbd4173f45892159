package conformance

import (
	"testing"

	as "github.com/aerospike/aerospike-client-go/v8"
	"github.com/aerospike/aerospike-client-go/v8/types"
)

// An index of a set that is ready to be asked.
func indexed(t *testing.T, set, bin string, kind as.IndexType, collection as.IndexCollectionType) {
	t.Helper()
	index := name("index")
	task, err := client.CreateComplexIndex(nil, namespace, set, index, bin, kind, collection)
	ok(t, err)
	ok(t, <-task.OnComplete())
	t.Cleanup(func() { ok(t, client.DropIndex(nil, namespace, set, index)) })
}

func found(t *testing.T, set string, filter *as.Filter) map[int]*as.Record {
	t.Helper()
	statement := as.NewStatement(namespace, set)
	ok(t, statement.SetFilter(filter))
	records, err := client.Query(nil, statement)
	return collect(t, records, err)
}

func TestIndexQueries(t *testing.T) {
	set := filled(t, 100)
	indexed(t, set, "i", as.NUMERIC, as.ICT_DEFAULT)
	indexed(t, set, "s", as.STRING, as.ICT_DEFAULT)
	equal(t, len(found(t, set, as.NewEqualFilter("i", 7))), 1)
	equal(t, len(found(t, set, as.NewRangeFilter("i", 10, 19))), 10)
	equal(t, len(found(t, set, as.NewEqualFilter("s", "text"))), 100)
	equal(t, len(found(t, set, as.NewEqualFilter("s", "other"))), 0)
	ok(t, client.Put(nil, keyIn(t, set, 7), as.BinMap{"i": 1007}))
	equal(t, len(found(t, set, as.NewEqualFilter("i", 7))), 0)
	equal(t, len(found(t, set, as.NewEqualFilter("i", 1007))), 1)
}

func TestIndexOfListElements(t *testing.T) {
	set := name("set")
	for i := range 20 {
		ok(t, client.Put(writePolicy(func(policy *as.WritePolicy) { policy.SendKey = true }), keyIn(t, set, i),
			as.BinMap{"l": []any{i, i + 100, "x"}}))
	}
	indexed(t, set, "l", as.NUMERIC, as.ICT_LIST)
	equal(t, len(found(t, set, as.NewContainsFilter("l", as.ICT_LIST, 105))), 1)
	equal(t, len(found(t, set, as.NewContainsRangeFilter("l", as.ICT_LIST, 0, 200))), 20) // each once
}

func TestIndexQueryPages(t *testing.T) {
	set := filled(t, 50)
	indexed(t, set, "i", as.NUMERIC, as.ICT_DEFAULT)
	policy := as.NewQueryPolicy()
	policy.MaxRecords = 7
	partitions := as.NewPartitionFilterAll()
	seen := map[int]bool{}
	for !partitions.IsDone() {
		statement := as.NewStatement(namespace, set)
		ok(t, statement.SetFilter(as.NewRangeFilter("i", 0, 39)))
		records, err := client.QueryPartitions(policy, statement, partitions)
		for id := range collect(t, records, err) {
			equal(t, seen[id], false)
			seen[id] = true
		}
	}
	equal(t, len(seen), 40)
}

func TestIndexIsMissing(t *testing.T) {
	statement := as.NewStatement(namespace, filled(t, 1))
	ok(t, statement.SetFilter(as.NewEqualFilter("i", 1)))
	records, err := client.Query(nil, statement)
	if err == nil {
		for result := range records.Results() {
			err = result.Err
		}
	}
	refused(t, err, types.INDEX_NOTFOUND)
}
