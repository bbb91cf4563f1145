package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

// server is a program that is measured.
type server struct {
	name, title string
	// seeders are the connections that it is seeded through.
	seeders int
	// launch starts it with a folder of its own.
	launch func(context.Context, config, string) (*site, error)
	// seed makes a pod with what the cases need.
	seed func(context.Context, *site) error
	// asked: it is measured only when it is named.
	asked bool
	// lacks are the cases that it cannot be measured in, and why.
	lacks map[string]string
}

// config is where the programs are.
type config struct {
	binary   string // ours
	other    string // another build of it
	css, jss string // folders with node_modules
	pods     int    // that the grown server has
	// thin is what the large containers have but a part of, in tests.
	thin int
}

// ours is first: ratios are of the others to it.
var servers = []*server{
	{name: "domicile", title: "Domicile", seeders: 64, launch: launchOurs, seed: seedByHTTP},
	{name: grown, title: "Domicile with many pods", asked: true, seeders: 64, launch: launchGrown, seed: seedByHTTP},
	{name: "other", title: "another build of Domicile", asked: true, seeders: 64, launch: launchOther, seed: seedByHTTP},
	{name: "bare", title: "bare net/http handler", seeders: 16, launch: launchBare, seed: nil, lacks: lackOf("it only serves bytes from memory",
		"deny", "put-new", "put-new-1", "put-replace", "post", "post-1", "patch", "patch-1", "delete", "dpop-get", "mixed")},
	{name: "css", title: "Community Solid Server 7.2", seeders: 16, launch: launchCSS, seed: seedByHTTP,
		lacks: lackOf("64 of them at a time all end in 500, and keep it busy for minutes", "list-1000-64")},
	{name: "jss", title: "javascript-solid-server 0.0.81", launch: launchJSS, seed: seedJSS, lacks: merge(
		lackOf("it takes no more than 60 writes a minute", "put-new", "put-new-1", "put-replace", "post", "post-1", "patch", "patch-1", "delete", "mixed"),
		lackOf("it answers what is stored as Turtle with Turtle", "get-jsonld"))},
}

func lackOf(why string, cases ...string) map[string]string {
	lacks := map[string]string{}
	for _, name := range cases {
		lacks[name] = why
	}
	return lacks
}

func merge(all ...map[string]string) map[string]string {
	merged := map[string]string{}
	for _, m := range all {
		for name, why := range m {
			merged[name] = why
		}
	}
	return merged
}

func launchOurs(ctx context.Context, c config, folder string) (*site, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	return startOurs(ctx, c, folder, address)
}

// launchOther starts the build that ours is compared with.
func launchOther(ctx context.Context, c config, folder string) (*site, error) {
	if c.other == "" {
		return nil, errors.New("-other does not say which build")
	}
	c.binary = c.other
	return launchOurs(ctx, c, folder)
}

// startOurs starts our server on an address, with what the folder has.
func startOurs(ctx context.Context, c config, folder, address string) (*site, error) {
	operations, err := freeAddress()
	if err != nil {
		return nil, err
	}
	s := newSite(address, "localhost")
	s.data, s.operations = filepath.Join(folder, "data"), "http://"+operations
	s.start = func(ctx context.Context) (err error) {
		s.process, err = start(ctx, exec.Command(c.binary, "serve", "--listen", address, "--ops-listen", operations, "--data", s.data),
			filepath.Join(folder, "log"), s.origin+"/.well-known/openid-configuration")
		return err
	}
	return s, s.start(ctx)
}

// launchBare starts this program again, so that the handler has a process of its
// own as the others have.
func launchBare(ctx context.Context, _ config, folder string) (*site, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	s := newSite(address, "localhost")
	command := exec.Command(program)
	command.Env = append(os.Environ(), bareAddress+"="+address)
	s.process, err = start(ctx, command, filepath.Join(folder, "log"), s.origin+"/")
	return s, err
}

func launchCSS(ctx context.Context, c config, folder string) (*site, error) {
	return launchNode(ctx, c.css, folder, "localhost", func(s *site, port string) []string {
		return []string{"node_modules/@solid/community-server/bin/server.js",
			"-p", port, "-b", s.origin + "/", "-l", "warn", "-c", "@css:config/file.json", "-f", s.data}
	})
}

// launchJSS starts javascript-solid-server, which takes the address that it
// listens on for its name.
func launchJSS(ctx context.Context, c config, folder string) (*site, error) {
	return launchNode(ctx, c.jss, folder, "127.0.0.1", func(s *site, port string) []string {
		return []string{"node_modules/javascript-solid-server/bin/jss.js",
			"start", "-p", port, "-h", "127.0.0.1", "-r", s.data, "--conneg", "--idp", "-q"}
	})
}

// launchNode starts a server from npm, installed in a folder, by the name of a
// host.
func launchNode(ctx context.Context, installed, folder, host string, args func(s *site, port string) []string) (*site, error) {
	address, err := freeAddress()
	if err != nil {
		return nil, err
	}
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	s := newSite(address, host)
	s.data = filepath.Join(folder, "data")
	command := exec.Command("node", args(s, port)...)
	command.Dir = installed
	// The secret is for javascript-solid-server.
	command.Env = append(os.Environ(), "NODE_ENV=production", "TOKEN_SECRET="+rand.Text())
	s.process, err = start(ctx, command, filepath.Join(folder, "log"), s.origin+"/.well-known/openid-configuration")
	return s, err
}

func newSite(address, host string) *site {
	_, port, _ := net.SplitHostPort(address)
	return &site{address: address, origin: "http://" + net.JoinHostPort(host, port), public: "/alice/bench-public/", private: "/alice/bench-private/"}
}

// open starts a server and seeds it. The folder is made for it.
func (s *server) open(ctx context.Context, c config, folder string, ours *site) (*site, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	opened, err := s.launch(ctx, c, folder)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", s.name, err)
	}
	opened.server, opened.thin = s, max(c.thin, 1)
	if s.seed != nil {
		err = s.seed(ctx, opened)
	} else {
		err = copyTo(ctx, opened, ours)
	}
	if err != nil {
		opened.process.stop()
		return nil, fmt.Errorf("%s: seeding: %w", s.name, err)
	}
	return opened, nil
}

// memberFiles writes the members of a large container past the server, for the
// peers that would take minutes to take them: both keep a document as a file.
func memberFiles(s *site, container string, n int) error {
	folder := filepath.Join(s.data, filepath.FromSlash(container))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	for i := range n {
		if err := os.WriteFile(filepath.Join(folder, memberName(i)), []byte(member(i)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func memberName(i int) string { return fmt.Sprintf("member-%d.ttl", i) }
