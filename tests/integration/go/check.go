// Check proofs and signed notes with golang.org/x/mod/sumdb, the library behind Go's checksum database.
//
// One case a line on standard input, fields by tabs; one line of output each: "1" if it holds, "0" if not.
//
//	I size index leaf root path      an inclusion proof (hashes in hexadecimal, the path's by commas)
//	C newer older new old path       a consistency proof
//	N vkey note                      a signed note (in base 64)
package main

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func hash(text string) (h tlog.Hash, ok bool) {
	data, err := hex.DecodeString(text)
	if err != nil || len(data) != tlog.HashSize {
		return h, false
	}
	copy(h[:], data)
	return h, true
}

func path(text string) (hashes []tlog.Hash, ok bool) {
	if text == "" {
		return nil, true
	}
	for _, one := range strings.Split(text, ",") {
		h, ok := hash(one)
		if !ok {
			return nil, false
		}
		hashes = append(hashes, h)
	}
	return hashes, true
}

func proof(fields []string) bool {
	first, err1 := strconv.ParseInt(fields[1], 10, 64)
	second, err2 := strconv.ParseInt(fields[2], 10, 64)
	one, ok1 := hash(fields[3])
	two, ok2 := hash(fields[4])
	hashes, ok3 := path(fields[5])
	if err1 != nil || err2 != nil || !ok1 || !ok2 || !ok3 {
		return false
	}
	if fields[0] == "I" {
		return tlog.CheckRecord(hashes, first, two, second, one) == nil
	}
	return tlog.CheckTree(hashes, first, one, second, two) == nil
}

func signed(fields []string) bool {
	verifier, err := note.NewVerifier(fields[1])
	if err != nil {
		return false
	}
	data, err := base64.StdEncoding.DecodeString(fields[2])
	if err != nil {
		return false
	}
	_, err = note.Open(data, note.VerifierList(verifier))
	return err == nil
}

func main() {
	in, out := bufio.NewScanner(os.Stdin), bufio.NewWriter(os.Stdout)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		fields := strings.Split(in.Text(), "\t")
		holds := false
		if fields[0] == "N" {
			holds = signed(fields)
		} else {
			holds = proof(fields)
		}
		if holds {
			fmt.Fprintln(out, "1")
		} else {
			fmt.Fprintln(out, "0")
		}
	}
	out.Flush()
}
