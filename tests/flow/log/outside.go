// SPDX-License-Identifier: Apache-2.0

// outside checks a log with code that is not ours: golang.org/x/mod/sumdb/note and tlog.
//
//	outside checkpoint VKEY CHECKPOINT
//	outside proof VKEY PROOF ENTRY
//	outside consistency VKEY OLD-CHECKPOINT NEW-CHECKPOINT PROOF
package main

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func fail(format string, values ...interface{}) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}

func read(file string) string {
	data, err := os.ReadFile(file)
	if err != nil {
		fail("%v", err)
	}
	return string(data)
}

// head opens a checkpoint and returns size and root. The three lines are parsed here: tlog.ParseTree knows Go's own origin only.
func head(vkey, text string) (int64, tlog.Hash) {
	verifier, err := note.NewVerifier(strings.TrimSpace(read(vkey)))
	if err != nil {
		fail("vkey: %v", err)
	}
	opened, err := note.Open([]byte(text), note.VerifierList(verifier))
	if err != nil {
		fail("note: %v", err)
	}
	var size int64
	lines := strings.Split(opened.Text, "\n")
	if len(lines) != 4 || lines[0] != verifier.Name() {
		fail("checkpoint of %q", lines[0])
	}
	if _, err := fmt.Sscanf(lines[1], "%d", &size); err != nil {
		fail("size: %v", err)
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		fail("root: %v", err)
	}
	return size, root
}

func hashes(lines []string) []tlog.Hash {
	var list []tlog.Hash
	for _, line := range lines {
		if line == "" {
			continue
		}
		hash, err := tlog.ParseHash(line)
		if err != nil {
			fail("hash: %v", err)
		}
		list = append(list, hash)
	}
	return list
}

func proof(vkey, file, entry string) {
	parts := strings.SplitN(read(file), "\n\n", 2)
	lines := strings.Split(parts[0], "\n")
	if lines[0] != "c2sp.org/tlog-proof@v1" {
		fail("not a proof")
	}
	var index int64
	if _, err := fmt.Sscanf(lines[1], "index %d", &index); err != nil {
		fail("index: %v", err)
	}
	size, root := head(vkey, parts[1])
	err := tlog.CheckRecord(hashes(lines[2:]), size, root, index, tlog.RecordHash([]byte(read(entry))))
	if err != nil {
		fail("entry %d of %d: %v", index, size, err)
	}
}

func consistency(vkey, older, newer, file string) {
	oldSize, oldRoot := head(vkey, read(older))
	size, root := head(vkey, read(newer))
	if err := tlog.CheckTree(hashes(strings.Split(read(file), "\n")), size, root, oldSize, oldRoot); err != nil {
		fail("from %d to %d: %v", oldSize, size, err)
	}
}

func main() {
	args := os.Args[1:]
	switch {
	case len(args) == 3 && args[0] == "checkpoint":
		head(args[1], read(args[2]))
	case len(args) == 4 && args[0] == "proof":
		proof(args[1], args[2], args[3])
	case len(args) == 5 && args[0] == "consistency":
		consistency(args[1], args[2], args[3], args[4])
	default:
		fail("usage: outside checkpoint|proof|consistency …")
	}
}
