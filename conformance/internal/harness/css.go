package harness

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// CSS is Community Solid Server from npm: a server and an issuer of other
// people's making. It takes a while to start, so the tests of a package share
// one, which is started when it is first needed. The zero value is ready to
// use.
type CSS struct {
	// Folder is where its package.json is, with node_modules beside it.
	Folder string

	once    sync.Once
	baseURL string
	process *exec.Cmd
	log     log
	err     error
}

// BaseURL starts the server at the first call and returns where it is.
func (c *CSS) BaseURL(t testing.TB) string {
	t.Helper()
	c.once.Do(func() { c.err = c.start(FreeAddress(t)) })
	if c.err != nil {
		t.Fatalf("Community Solid Server: %v\n%s", c.err, c.log.String())
	}
	return c.baseURL
}

func (c *CSS) start(address string) error {
	program := filepath.Join("node_modules", "@solid", "community-server", "bin", "server.js")
	if _, err := os.Stat(filepath.Join(c.Folder, program)); err != nil {
		return errors.New("it is not installed: run `make test`, which does that")
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	c.baseURL = "http://localhost:" + port + "/"
	c.process = exec.Command("node", program, "--port", port, "--baseUrl", c.baseURL, "--config", "@css:config/default.json", "--loggingLevel", "warn")
	c.process.Dir = c.Folder
	c.process.Stdout, c.process.Stderr = &c.log, &c.log
	if err := c.process.Start(); err != nil {
		return err
	}
	for deadline := time.Now().Add(2 * patience); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		answer, err := http.Get(c.baseURL + ".well-known/openid-configuration")
		if err != nil {
			continue
		}
		answer.Body.Close()
		if answer.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("it did not get ready at %s", c.baseURL)
}

// Stop ends the server if it was started.
func (c *CSS) Stop() {
	if c.process != nil && c.process.Process != nil {
		_ = c.process.Process.Kill()
		_ = c.process.Wait()
	}
}
