package server

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// listening starts the public server of a configuration on a free port.
func listening(t *testing.T, change func(*Config)) (*Server, string) {
	t.Helper()
	s := newServer(t, change)
	public, err := s.publicServer()
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = serveOn(public, listener) }()
	t.Cleanup(func() { _ = public.Close() })
	return s, listener.Addr().String()
}

// writeCertificate makes a certificate for localhost with a serial number.
func writeCertificate(t *testing.T, certFile, keyFile string, serial int64) *x509.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	rawKey, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{certFile: {Type: "CERTIFICATE", Bytes: der}, keyFile: {Type: "PRIVATE KEY", Bytes: rawKey}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func TestProtocols(t *testing.T) {
	folder := t.TempDir()
	certFile, keyFile := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	pool := x509.NewCertPool()
	pool.AddCert(writeCertificate(t, certFile, keyFile, 1))
	withTLS := func(c *Config) { c.TLSCert, c.TLSKey = certFile, keyFile }

	for _, c := range []struct {
		name, scheme string
		config       func(*Config)
		client       func(*http.Protocols)
		major        int
	}{
		{"HTTP/1.1", "http", nil, func(p *http.Protocols) { p.SetHTTP1(true) }, 1},
		{"HTTP/2 of a proxy (h2c)", "http", nil, func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }, 2},
		{"HTTP/1.1 over TLS", "https", withTLS, func(p *http.Protocols) { p.SetHTTP1(true) }, 1},
		{"HTTP/2 over TLS", "https", withTLS, func(p *http.Protocols) { p.SetHTTP2(true) }, 2},
	} {
		t.Run("SP-HTTP-01 "+c.name, func(t *testing.T) {
			_, address := listening(t, c.config)
			transport := &http.Transport{Protocols: new(http.Protocols), TLSClientConfig: &tls.Config{RootCAs: pool, ServerName: "localhost"}}
			defer transport.CloseIdleConnections()
			c.client(transport.Protocols)
			client := &http.Client{Transport: transport}
			response, err := client.Get(c.scheme + "://" + address + "/.well-known/openid-configuration")
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != http.StatusOK || response.ProtoMajor != c.major {
				t.Errorf("%s %d, want HTTP/%d", response.Proto, response.StatusCode, c.major)
			}
			// A body, so that the deadlines of reading and writing are used too.
			response, err = client.Post(c.scheme+"://"+address+"/nobody/x", "text/turtle", strings.NewReader(strings.Repeat("# text\n", 1<<15)))
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			if response.StatusCode != http.StatusNotFound {
				t.Errorf("POST to no storage: %d", response.StatusCode)
			}
		})
	}
	t.Run("SP-HTTP-02 TLS and the base URL go together", func(t *testing.T) {
		if s, _ := listening(t, withTLS); s.config.BaseURL != "https://localhost:3000/" {
			t.Error(s.config.BaseURL)
		}
	})
}

func TestCertificateIsReadAgain(t *testing.T) {
	folder := t.TempDir()
	certFile, keyFile := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	writeCertificate(t, certFile, keyFile, 1)
	c, err := loadCertificate(certFile, keyFile, 0, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	serves := func(want int64) {
		t.Helper()
		pair, err := c.get(nil)
		if err != nil || pair.Leaf.SerialNumber.Int64() != want {
			t.Errorf("certificate %v, %v; want %d", pair.Leaf.SerialNumber, err, want)
		}
	}
	serves(1)
	writeCertificate(t, certFile, filepath.Join(folder, "key2.pem"), 2) // the key comes later
	serves(1)
	if err := os.Rename(filepath.Join(folder, "key2.pem"), keyFile); err != nil {
		t.Fatal(err)
	}
	serves(2)
	if err := os.Remove(certFile); err != nil {
		t.Fatal(err)
	}
	serves(2)
	if _, err := loadCertificate(certFile, keyFile, 0, nil); err == nil {
		t.Error("a server starts without its certificate")
	}
}

// A header of any size would be memory that a stranger takes.
func TestLargeHeaders(t *testing.T) {
	_, address := listening(t, nil)
	for size, want := range map[int]int{8 << 10: http.StatusOK, 128 << 10: http.StatusRequestHeaderFieldsTooLarge} {
		request, err := http.NewRequest(http.MethodGet, "http://"+address+"/.well-known/openid-configuration", nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("X-Large", strings.Repeat("x", size))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		t.Run("SP-HTTP-10 "+http.StatusText(want), func(t *testing.T) {
			if response.StatusCode != want {
				t.Errorf("%d bytes of header: %d", size, response.StatusCode)
			}
		})
	}
}

// strange is a connection from an address; it knows whether it was closed.
type strange struct {
	net.Conn
	from   string
	closed bool
}

func (c *strange) RemoteAddr() net.Addr {
	return net.TCPAddrFromAddrPort(netip.MustParseAddrPort(c.from))
}
func (c *strange) Close() error { c.closed = true; return nil }

func TestTooManyConnections(t *testing.T) {
	connect := func(c *connections, from string) *strange {
		conn := &strange{from: from}
		c.track(conn, http.StateNew)
		if conn.closed {
			c.track(conn, http.StateClosed)
		}
		return conn
	}
	open := func(t *testing.T, c *connections, want bool, from string) *strange {
		t.Helper()
		conn := connect(c, from)
		if conn.closed == want {
			t.Errorf("a connection from %s is let in: %v", from, !conn.closed)
		}
		return conn
	}
	t.Run("security 2.7 of one address", func(t *testing.T) {
		c := newConnections(16, nil)
		first := open(t, c, true, "192.0.2.1:1")
		open(t, c, true, "192.0.2.1:2")
		open(t, c, false, "192.0.2.1:3")
		open(t, c, true, "192.0.2.2:1")
		c.track(first, http.StateClosed)
		c.track(first, http.StateClosed) // counts once
		open(t, c, true, "192.0.2.1:4")
		open(t, c, false, "192.0.2.1:5")
	})
	t.Run("security 2.7 of one IPv6 client", func(t *testing.T) {
		c := newConnections(16, nil)
		open(t, c, true, "[2001:db8::1]:1")
		open(t, c, true, "[2001:db8::2]:1")
		open(t, c, false, "[2001:db8::3]:1")
		open(t, c, true, "[2001:db8:0:1::1]:1")
	})
	t.Run("security 2.7 of all", func(t *testing.T) {
		c := newConnections(2, []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")})
		open(t, c, true, "10.0.0.1:1")
		hijacked := open(t, c, true, "10.0.0.1:2")
		open(t, c, false, "10.0.0.1:3")
		c.track(hijacked, http.StateHijacked)
		open(t, c, true, "10.0.0.1:4")
	})
	t.Run("security 2.7 the server closes what is too many", func(t *testing.T) {
		_, address := listening(t, func(c *Config) { c.MaxConnections = 1 })
		first, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer first.Close()
		if _, err := first.Write([]byte("GET /.well-known/nothing HTTP/1.1\r\nHost: localhost:3000\r\n\r\n")); err != nil {
			t.Fatal(err)
		}
		if _, err := first.Read(make([]byte, 1)); err != nil {
			t.Fatal(err) // it is in
		}
		second, err := net.Dial("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer second.Close()
		_ = second.SetDeadline(time.Now().Add(time.Minute)) // a guard against hanging
		if rest, err := io.ReadAll(second); len(rest) > 0 || isTimeout(err) {
			t.Errorf("the second connection got %q, %v", rest, err)
		}
	})
}

func isTimeout(err error) bool {
	timeout, ok := err.(net.Error)
	return ok && timeout.Timeout()
}
