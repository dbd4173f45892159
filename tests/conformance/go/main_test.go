// Package conformance drives a real server with the official Go client. The server's port is in CAIRN_PORT, its kind
// of storage in CAIRN_STORAGE, the number of nodes in CAIRN_SIZE.
package conformance

import (
	"fmt"
	"os"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	as "github.com/aerospike/aerospike-client-go/v8"
	"github.com/aerospike/aerospike-client-go/v8/types"
)

const namespace = "test"

var (
	client   *as.Client
	counter  atomic.Int64
	onDevice = os.Getenv("CAIRN_STORAGE") == "device"
	nodes    = max(1, number(os.Getenv("CAIRN_SIZE")))
)

func TestMain(m *testing.M) {
	client = connect(nil)
	code := m.Run()
	client.Close()
	os.Exit(code)
}

func number(text string) int {
	value, _ := strconv.Atoi(text)
	return value
}

func connect(change func(*as.ClientPolicy)) *as.Client {
	port, err := strconv.Atoi(os.Getenv("CAIRN_PORT"))
	if err != nil {
		panic("CAIRN_PORT is not set: the port of the server")
	}
	policy := as.NewClientPolicy()
	if change != nil {
		change(policy)
	}
	connected, failure := as.NewClientWithPolicy(policy, "127.0.0.1", port)
	if failure != nil {
		panic(failure)
	}
	return connected
}

func name(kind string) string { return fmt.Sprintf("%s-%d-%d", kind, os.Getpid(), counter.Add(1)) }

func keyIn(t *testing.T, set string, value any) *as.Key {
	t.Helper()
	key, err := as.NewKey(namespace, set, value)
	ok(t, err)
	return key
}

// A key that no other test uses.
func freshKey(t *testing.T) *as.Key { t.Helper(); return keyIn(t, "go", name("key")) }

func stored(t *testing.T, bins as.BinMap) *as.Key {
	t.Helper()
	key := freshKey(t)
	ok(t, client.Put(nil, key, bins))
	return key
}

func ok(t *testing.T, err as.Error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// The command was refused with this result code.
func refused(t *testing.T, err as.Error, code types.ResultCode) {
	t.Helper()
	if err == nil {
		t.Fatalf("not refused; expected %s", types.ResultCodeToString(code))
	}
	if !err.Matches(code) {
		t.Fatalf("expected %s, got %v", types.ResultCodeToString(code), err)
	}
}

func equal[T comparable](t *testing.T, got, want T) {
	t.Helper()
	if got != want {
		t.Fatalf("got %v, expected %v", got, want)
	}
}

func get(t *testing.T, key *as.Key, bins ...string) *as.Record {
	t.Helper()
	record, err := client.Get(nil, key, bins...)
	ok(t, err)
	return record
}

func exists(t *testing.T, key *as.Key) bool {
	t.Helper()
	found, err := client.Exists(nil, key)
	ok(t, err)
	return found
}

// Asks again until the condition holds.
func waitUntil(t *testing.T, what string, condition func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("not within 20 s: " + what)
		}
	}
}

func writePolicy(change func(*as.WritePolicy)) *as.WritePolicy {
	policy := as.NewWritePolicy(0, 0)
	change(policy)
	return policy
}
