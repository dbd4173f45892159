// Command check says which registers of a history (tests/netns/workload.py) are not linearizable: one line each. Its status
// is 0 when there are none, 1 when there are, 2 when the history cannot be read.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"time"

	"github.com/anishathalye/porcupine"
)

// searchMax bounds the search of one key. A key whose search does not end is reported: nothing is known of it.
const searchMax = time.Minute

// absent is what a register has before its first write; written values are above.
const absent = int64(0)

type line struct {
	Kind    string
	Process int
	Time    int64
	Op      string
	Key     string
	Value   any
}

type input struct {
	write bool
	value int64
}

var register = porcupine.Model{
	Init: func() any { return absent },
	Step: func(state, in, out any) (bool, any) {
		if asked := in.(input); asked.write {
			return true, asked.value
		}
		return out.(int64) == state.(int64), state
	},
}

// registers reads a history's writes and reads of each key. A write of which nobody knows ends never; what failed, and
// reads that were not answered, say nothing.
func registers(file *os.File) (map[string][]porcupine.Operation, error) {
	keys := map[string][]porcupine.Operation{}
	asked := map[int]line{}
	add := func(begin line, end int64, out int64) {
		in := input{write: begin.Op == "write"}
		if in.write {
			in.value = number(begin.Value)
		}
		keys[begin.Key] = append(keys[begin.Key],
			porcupine.Operation{ClientId: begin.Process, Input: in, Call: begin.Time, Output: out, Return: end})
	}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var now line
		if err := json.Unmarshal(lines.Bytes(), &now); err != nil {
			return nil, err
		}
		if now.Op != "write" && now.Op != "read" {
			continue
		}
		if now.Kind == "invoke" {
			asked[now.Process] = now
			continue
		}
		begin, found := asked[now.Process]
		if !found {
			return nil, fmt.Errorf("process %d is answered, and asked nothing", now.Process)
		}
		delete(asked, now.Process)
		switch {
		case now.Kind == "ok":
			add(begin, now.Time, number(now.Value))
		case now.Kind == "unknown" && begin.Op == "write":
			add(begin, math.MaxInt64, absent)
		}
	}
	for _, begin := range asked {
		if begin.Op == "write" {
			add(begin, math.MaxInt64, absent)
		}
	}
	return keys, lines.Err()
}

func number(value any) int64 {
	if number, ok := value.(float64); ok {
		return int64(number)
	}
	return absent
}

func check(path string) (wrong []string, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	keys, err := registers(file)
	for key, operations := range keys {
		switch porcupine.CheckOperationsTimeout(register, operations, searchMax) {
		case porcupine.Illegal:
			wrong = append(wrong, key+": no order of its writes and reads explains what was read")
		case porcupine.Unknown:
			wrong = append(wrong, key+": the search for an order did not end")
		}
	}
	slices.Sort(wrong)
	return wrong, err
}

func main() {
	wrong, err := []string(nil), errors.New("usage: check HISTORY")
	if len(os.Args) == 2 {
		wrong, err = check(os.Args[1])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	for _, sentence := range wrong {
		fmt.Println(sentence)
	}
	if len(wrong) > 0 {
		os.Exit(1)
	}
}
