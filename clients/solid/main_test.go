package solid_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"domicile/clients/solid"
)

func TestMain(m *testing.M) {
	code := m.Run()
	example.stop()
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// example is a server for the examples, built and started when the first needs it.
var example exampleServer

type exampleServer struct {
	once    sync.Once
	folder  string
	process *exec.Cmd
	url     string
}

// URL returns where the server is.
func (s *exampleServer) URL() string {
	s.once.Do(s.start)
	return s.url
}

func (s *exampleServer) start() {
	var err error
	if s.folder, err = os.MkdirTemp("", "domicile-example-"); err != nil {
		panic(err)
	}
	program := filepath.Join(s.folder, "domicile")
	if output, err := exec.Command("go", "build", "-o", program, "domicile").CombinedOutput(); err != nil {
		panic(string(output))
	}
	process := exec.Command(program, "serve", "--memory", "--listen", "127.0.0.1:0", "--ops-listen", "off")
	stdout, err := process.StdoutPipe()
	if err == nil {
		err = process.Start()
	}
	if err != nil {
		panic(err)
	}
	s.process = process
	line, _ := bufio.NewReader(stdout).ReadString('\n')
	s.url = regexp.MustCompile(`http://\S+/`).FindString(line)
}

func (s *exampleServer) stop() {
	if s.process != nil {
		_ = s.process.Process.Kill()
		_ = s.process.Wait()
	}
	_ = os.RemoveAll(s.folder)
}

// newResident makes an account with a pod of a name, and a program that acts for
// it.
func newResident(ctx context.Context, name string) (client *solid.Client, pod solid.Pod) {
	account, err := solid.SignUp(ctx, example.URL(), name+"@example.org", "correct horse battery")
	check(err)
	pod, err = account.CreatePod(ctx, name)
	check(err)
	credentials, err := account.CreateCredentials(ctx, "example", pod.WebID)
	check(err)
	session, err := solid.Login(ctx, example.URL(), credentials)
	check(err)
	return solid.NewClient(session.Client()), pod
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
