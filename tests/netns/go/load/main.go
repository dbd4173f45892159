// Command load does with the official Go client what workload.py does with the Python client, with records of its own: it
// takes the same flags, goes on until its standard input ends, then reads all that it wrote, and writes a history of the
// same form.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	as "github.com/aerospike/aerospike-client-go/v8"
	"github.com/aerospike/aerospike-client-go/v8/types"
)

const (
	namespace    = "test"
	attempt      = time.Second
	registers    = 4 // at a time
	registerLife = 3 * time.Second
	counters     = 4
	lists        = 4
	scans        = 0.02 // of all requests
	readAll      = time.Minute
)

type line struct {
	Process int64  `json:"process"`
	Op      string `json:"op"`
	Key     string `json:"key"`
	Kind    string `json:"kind"`
	Value   any    `json:"value"`
	Error   string `json:"error,omitempty"`
	Time    int64  `json:"time"`
}

type work struct {
	client    *as.Client
	write     *as.WritePolicy
	read      *as.BasePolicy
	scan      *as.QueryPolicy
	began     time.Time
	ended     chan struct{}
	values    atomic.Int64
	processes atomic.Int64

	lock    sync.Mutex // guards what follows; a line's time is taken inside: lines are in its order
	out     *bufio.Writer
	written map[string]bool // registers
}

func (w *work) tell(told line) {
	w.lock.Lock()
	defer w.lock.Unlock()
	told.Time = int64(time.Since(w.began))
	text, err := json.Marshal(told)
	if err != nil {
		panic(err)
	}
	w.out.Write(append(text, '\n'))
	if told.Op == "write" {
		w.written[told.Key] = true
	}
}

// ask says whether the process may go on: it is known what happened.
func (w *work) ask(process int64, op, key string, value any) bool {
	told := line{Process: process, Op: op, Key: key, Kind: "invoke", Value: value}
	w.tell(told)
	found, err := w.run(op, key, value)
	told.Kind = "ok"
	if value == nil {
		told.Value = found
	}
	if err != nil && !(err.Matches(types.KEY_NOT_FOUND_ERROR) && op != "scan" && value == nil) {
		told.Kind, told.Error, told.Value = "fail", err.Error(), value
		if err.IsInDoubt() {
			told.Kind = "unknown"
		}
	}
	w.tell(told)
	return told.Kind == "ok"
}

func (w *work) run(op, key string, value any) (any, as.Error) {
	switch op {
	case "write":
		return nil, w.client.Put(w.write, record("registers", key), as.BinMap{"v": value})
	case "read":
		return w.bin("registers", key)
	case "add":
		return nil, w.client.Add(w.write, record("counters", key), as.BinMap{"v": value})
	case "total":
		return w.bin("counters", key)
	case "insert":
		return nil, w.client.Put(w.write, record("set", value), as.BinMap{"v": value})
	case "append":
		_, err := w.client.Operate(w.write, record("lists", key), as.ListAppendOp("v", value))
		return nil, err
	case "list":
		return w.bin("lists", key)
	}
	rows, err := w.client.Query(w.scan, as.NewStatement(namespace, "go-set"))
	if err != nil {
		return nil, err
	}
	found := []any{}
	for row := range rows.Results() {
		if row.Err != nil {
			err = row.Err
			continue
		}
		found = append(found, row.Record.Bins["v"])
	}
	return found, err
}

func (w *work) bin(set, key string) (any, as.Error) {
	found, err := w.client.Get(w.read, record(set, key))
	if err != nil {
		return nil, err
	}
	return found.Bins["v"], nil
}

func record(set string, key any) *as.Key {
	made, err := as.NewKey(namespace, "go-"+set, key)
	if err != nil {
		panic(err)
	}
	return made
}

func (w *work) choose(chance *rand.Rand) (op, key string, value any) {
	all := []string{"write", "write", "read", "read", "add", "total", "insert", "insert", "append", "list"}
	op = all[chance.IntN(len(all))]
	if chance.Float64() < scans {
		op = "scan"
	}
	switch op {
	case "write", "read":
		key = fmt.Sprintf("register-%d-%d", time.Since(w.began)/registerLife, chance.IntN(registers))
	case "add", "total":
		key = fmt.Sprintf("counter-%d", chance.IntN(counters))
	case "append", "list":
		key = fmt.Sprintf("list-%d", chance.IntN(lists))
	default:
		key = "set"
	}
	switch op {
	case "write", "insert", "append":
		value = int(w.values.Add(1))
	case "add":
		value = 1
	}
	return op, key, value
}

func (w *work) work(chance *rand.Rand, pause time.Duration) {
	process := w.processes.Add(1)
	due := time.Now().Add(time.Duration(chance.Float64() * float64(pause)))
	for {
		select {
		case <-w.ended:
			return
		case <-time.After(time.Until(due)):
		}
		if now := time.Now().Add(-pause); due.Before(now) { // what was missed meanwhile is not made up for
			due = now
		}
		due = due.Add(pause)
		op, key, value := w.choose(chance)
		if !w.ask(process, op, key, value) {
			process = w.processes.Add(1)
		}
	}
}

func (w *work) readAll() bool {
	reads := [][2]string{{"scan", "set"}}
	for key := range w.written {
		reads = append(reads, [2]string{"read", key})
	}
	for i := range counters {
		reads = append(reads, [2]string{"total", "counter-" + strconv.Itoa(i)})
	}
	for i := range lists {
		reads = append(reads, [2]string{"list", "list-" + strconv.Itoa(i)})
	}
	until := time.Now().Add(readAll)
	for _, read := range slices.Backward(reads) {
		for !w.ask(w.processes.Add(1), read[0], read[1], nil) {
			if time.Now().After(until) {
				return false
			}
			time.Sleep(100 * time.Millisecond)
		}
	}
	return true
}

func connect(hosts string) (*as.Client, error) {
	policy := as.NewClientPolicy()
	policy.TendInterval = attempt / 4
	policy.Timeout = attempt
	var all []*as.Host
	for _, text := range strings.Split(hosts, ",") {
		host, port, _ := strings.Cut(text, ":")
		number, err := strconv.Atoi(port)
		if err != nil {
			return nil, err
		}
		all = append(all, as.NewHost(host, number))
	}
	client, err := as.NewClientWithPolicyAndHost(policy, all...)
	if err != nil {
		return nil, err
	}
	return client, nil
}

func main() {
	hosts := flag.String("hosts", "", "ADDRESS:PORT,...: nodes to begin with")
	path := flag.String("history", "", "the file to write")
	rate := flag.Float64("rate", 200, "requests per second, at most")
	threads := flag.Int("threads", 8, "")
	seed := flag.Uint64("seed", 1, "")
	flag.Parse()

	stop := func(err error) {
		fmt.Println(err)
		os.Exit(1)
	}
	file, err := os.Create(*path)
	if err != nil {
		stop(err)
	}
	client, err := connect(*hosts)
	if err != nil {
		stop(err)
	}
	w := &work{client: client, write: as.NewWritePolicy(0, 0), read: as.NewPolicy(), scan: as.NewQueryPolicy(),
		began: time.Now(), ended: make(chan struct{}), out: bufio.NewWriter(file), written: map[string]bool{}}
	for _, policy := range []*as.BasePolicy{&w.write.BasePolicy, w.read, &w.scan.BasePolicy} { // one attempt each
		policy.MaxRetries, policy.TotalTimeout, policy.SocketTimeout = 0, attempt, attempt
	}
	w.scan.TotalTimeout = 5 * attempt

	var running sync.WaitGroup
	for i := range *threads {
		running.Add(1)
		go func() {
			defer running.Done()
			w.work(rand.New(rand.NewPCG(*seed, uint64(i))), time.Duration(float64(*threads)/(*rate)*float64(time.Second)))
		}()
	}
	fmt.Println("ready")
	io.Copy(io.Discard, os.Stdin)
	close(w.ended)
	running.Wait()
	complete := w.readAll()
	w.out.Flush()
	if !complete {
		stop(fmt.Errorf("not everything could be read at the end"))
	}
}
