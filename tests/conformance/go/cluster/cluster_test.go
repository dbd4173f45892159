// Package cluster: what the official Go client sees of several nodes. CAIRN_NODES has name:port:pid of each, CAIRN_PORT
// the port of the one that the client is told of.
package cluster

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	as "github.com/aerospike/aerospike-client-go/v8"
)

const (
	namespace = "test"
	count     = 300
)

type node struct {
	name      string
	port, pid int
}

var (
	client *as.Client
	nodes  []node
)

func number(text string) int {
	value, err := strconv.Atoi(text)
	if err != nil {
		panic(err)
	}
	return value
}

func TestMain(m *testing.M) {
	for _, text := range strings.Split(os.Getenv("CAIRN_NODES"), ",") {
		parts := strings.Split(text, ":")
		nodes = append(nodes, node{parts[0], number(parts[1]), number(parts[2])})
	}
	connected, err := as.NewClient("127.0.0.1", number(os.Getenv("CAIRN_PORT")))
	if err != nil {
		panic(err)
	}
	client = connected
	code := m.Run()
	client.Close()
	os.Exit(code)
}

func ok(t *testing.T, err as.Error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func waitUntil(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within 20 s: " + what)
		}
	}
}

func seen() map[string]int {
	found := map[string]int{}
	for _, one := range client.GetNodes() {
		found[one.GetName()] = one.GetHost().Port
	}
	return found
}

func allSeen(t *testing.T) {
	t.Helper()
	waitUntil(t, "all nodes are known", func() bool {
		found := seen()
		for _, one := range nodes {
			if found[one.name] != one.port {
				return false
			}
		}
		return len(found) == len(nodes)
	})
}

// Fresh keys, each stored with its number.
func stored(t *testing.T, set string) []*as.Key {
	t.Helper()
	var keys []*as.Key
	for i := range count {
		key, err := as.NewKey(namespace, set, i)
		ok(t, err)
		ok(t, client.Put(nil, key, as.BinMap{"i": i}))
		keys = append(keys, key)
	}
	return keys
}

func found(t *testing.T, set string) int {
	t.Helper()
	records, err := client.Query(nil, as.NewStatement(namespace, set))
	ok(t, err)
	read := map[int]bool{}
	for result := range records.Results() {
		ok(t, result.Err)
		read[result.Record.Bins["i"].(int)] = true
	}
	return len(read)
}

func TestAllAreFound(t *testing.T) { allSeen(t) }

func TestRecordsGoToTheMasters(t *testing.T) {
	allSeen(t)
	set := fmt.Sprintf("go-%d", os.Getpid())
	keys := stored(t, set)
	records, err := client.BatchGet(nil, keys)
	ok(t, err)
	for i, record := range records {
		if record == nil || record.Bins["i"].(int) != i {
			t.Fatalf("key %d: %v", i, record)
		}
	}
	if got := found(t, set); got != count {
		t.Fatalf("a query finds %d of %d", got, count)
	}
	sum := 0
	for _, one := range client.GetNodes() {
		name := "sets/" + namespace + "/" + set
		told, err := one.RequestInfo(as.NewInfoPolicy(), name)
		ok(t, err)
		_, after, _ := strings.Cut(told[name], "objects=")
		if text, _, any := strings.Cut(after, ":"); any {
			sum += number(text)
		}
	}
	if sum != 2*count {
		t.Fatalf("the nodes have %d records, expected two copies of each of %d", sum, count)
	}
}

// The last by its place.
func TestTheClientGoesOnWithoutAKilledOne(t *testing.T) {
	allSeen(t)
	killed := nodes[len(nodes)-1]
	if err := syscall.Kill(killed.pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	waitUntil(t, "the killed node is forgotten", func() bool {
		found := seen()
		return found[killed.name] == 0 && len(found) == len(nodes)-1
	})
	set := fmt.Sprintf("go-after-%d", os.Getpid())
	stored(t, set)
	if got := found(t, set); got != count {
		t.Fatalf("a query finds %d of %d", got, count)
	}
}
