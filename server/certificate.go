package server

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificateCheck is how often the files of a certificate are looked at.
const certificateCheck = 10 * time.Second

// certificate is the server's certificate and key from two files. When they
// change, as they do at every renewal, new connections get the new ones.
type certificate struct {
	certFile, keyFile string
	every             time.Duration
	logger            *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	version string // of the files that the pair is from
	checked time.Time
}

func loadCertificate(certFile, keyFile string, every time.Duration, logger *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, every: every, logger: logger}
	return c, c.load()
}

// load reads the files. On an error the pair stays as it was.
func (c *certificate) load() error {
	version := c.filesVersion()
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	c.pair, c.version = &pair, version
	return nil
}

func (c *certificate) filesVersion() string {
	version := ""
	for _, name := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(name); err == nil {
			version += fmt.Sprint(info.ModTime().UnixNano(), info.Size(), " ")
		}
	}
	return version
}

// get is a [tls.Config.GetCertificate]. Files that do not fit together, as in
// the middle of a renewal, leave the old pair in use.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.checked) >= c.every {
		c.checked = now
		if c.filesVersion() != c.version {
			if err := c.load(); err != nil {
				c.logger.Error("the new certificate cannot be used, the old one stays", "error", err)
			} else {
				c.logger.Info("certificate reloaded")
			}
		}
	}
	return c.pair, nil
}
