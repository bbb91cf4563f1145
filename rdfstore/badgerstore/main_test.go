package badgerstore

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// childRole names the environment variable that makes the test binary a child
// process of a test: one that can be killed, or traced.
const childRole = "BADGERSTORE_TEST_ROLE"

var childRoles = map[string]func(dir string) error{
	"crash":           writeUntilKilled,
	"trace":           func(dir string) error { return writeMarked(dir, Options{}) },
	"trace-encrypted": func(dir string) error { return writeMarked(dir, Options{Key: testKey}) },
	"trace-async":     func(dir string) error { return writeMarked(dir, Options{unsafeNoSync: true}) },
}

func TestMain(m *testing.M) {
	role, isChild := childRoles[os.Getenv(childRole)]
	if !isChild {
		os.Exit(m.Run())
	}
	if err := role(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// child returns the command that runs a role in a folder, behind the words of
// wrapper, if any.
func child(t *testing.T, role, dir string, wrapper ...string) *exec.Cmd {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	words := append(wrapper, binary, dir)
	command := exec.Command(words[0], words[1:]...)
	command.Env = append(os.Environ(), childRole+"="+role)
	command.Stderr = os.Stderr
	return command
}
