package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ErrHelp is returned by [Configure] after it printed the flags.
var ErrHelp = flag.ErrHelp

// Config is what an operator can say about a server. [Configure] makes it.
type Config struct {
	Listen       string // HOST:PORT; port 0 picks a free one
	BaseURL      string // "" until the port is known
	Data         string // folder
	Memory       bool   // keep nothing
	Subdomains   bool
	IdentityURL  string // "" = the base URL
	Seed         string // file
	OpsListen    string // HOST:PORT or "off"
	LogLevel     slog.Level
	AllowFetch   []string
	Registration string // "open", "invite", "closed"; "" = by base URL
	TrustedProxy []netip.Prefix
	BearerTokens string // "on", "off"; "" = by base URL
	StrictOrigin bool
	UpdatesVia   string // "public", "all", "off"
	MaxUpload    int64  // bytes of one request body
	MaxDocument  int64  // bytes of one RDF document
	MemoryLimit  int64  // bytes
	PodTemplate  string // folder, "" for the built-in template only
	// Quota and AccountQuota are what new storages and accounts get, in bytes;
	// 0 = none.
	Quota, AccountQuota int64
	ChangeRetention     time.Duration // of the change feed
	// EncryptionKey is the file of the key that the data are encrypted with;
	// "" when they are not.
	EncryptionKey string
	// TLS, "" when a proxy does it: certificate and key files, and HOST:PORT
	// of a listener that sends who comes by http to https.
	TLSCert, TLSKey, RedirectListen string
	MaxConnections, MaxRequests     int    // at a time
	MaxChannels                     int    // of notifications, for one storage
	SMTP                            string // URL; "" = no mail server
	MailFrom                        string // address; "" = noreply@ the identity host
	configuration                   string // file
}

const encryptionKeyUsage = "`FILE` of the key that the data are encrypted with, 64 hexadecimal digits (openssl rand -hex 32); begin with it, data cannot be encrypted later"

// Configure reads flags, then environment variables (DOMICILE_BASE_URL for
// --base-url), then the file named by --config, then defaults: the first that
// says something wins. Errors are for the operator, in a sentence.
func Configure(args []string, lookupEnv func(string) (string, bool), output io.Writer) (Config, error) {
	var c Config
	flags := flag.NewFlagSet("domicile serve", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.StringVar(&c.Listen, "listen", "127.0.0.1:3000", "`HOST:PORT` to serve on; port 0 picks a free one")
	flags.StringVar(&c.BaseURL, "base-url", "", "`URL` that people and apps reach the server by (default http://localhost:PORT/)")
	flags.StringVar(&c.Data, "data", "./data", "`FOLDER` for all data")
	flags.BoolVar(&c.Memory, "memory", false, "keep everything in memory and forget it at the end")
	flags.BoolVar(&c.Subdomains, "subdomains", false, "give each storage a host below the base URL's instead of a path")
	flags.StringVar(&c.IdentityURL, "identity-url", "", "`URL` of accounts and the identity provider, when not the base URL")
	flags.StringVar(&c.Seed, "seed", "", "JSON `FILE` of accounts and pods to make at start")
	flags.StringVar(&c.PodTemplate, "pod-template", "", "`FOLDER` of files that new pods get beside the built-in ones or instead of them")
	flags.StringVar(&c.OpsListen, "ops-listen", "127.0.0.1:9464", "`HOST:PORT` of the operations listener, or off")
	flags.TextVar(&c.LogLevel, "log-level", slog.LevelInfo, "`LEVEL`: debug, info, warn or error")
	flags.StringVar(&c.configuration, "config", "", "JSON `FILE` of flags: {\"base-url\": …}")
	flags.Var((*list)(&c.AllowFetch), "allow-fetch", "private `HOST:PORT` or CIDR that the server may fetch from (repeatable)")
	flags.StringVar(&c.Registration, "registration", "", "who may sign up: open, invite (by a link of \"domicile account invite\") or closed (default open on loopback, else invite)")
	flags.Var((*prefixes)(&c.TrustedProxy), "trusted-proxy", "`CIDR` whose X-Forwarded-For, -Proto and -Host or Forwarded are believed (repeatable)")
	flags.BoolVar(&c.StrictOrigin, "strict-origin", false, "refuse apps in browsers whose web origin no acl:origin allows, where access is not public")
	flags.StringVar(&c.TLSCert, "tls-cert", "", "PEM `FILE` of the certificate and its chain; read again when it changes")
	flags.StringVar(&c.TLSKey, "tls-key", "", "PEM `FILE` of the certificate's key")
	flags.StringVar(&c.RedirectListen, "redirect-listen", "", "`HOST:PORT` on which http is answered with a redirect to https")
	flags.IntVar(&c.MaxConnections, "max-connections", 8192, "most open connections, and requests of HTTP/2; an eighth of them for one address")
	flags.IntVar(&c.MaxRequests, "max-requests", defaultRequests(), "most requests that are worked on at a time, waiting for clients not counted; others wait up to a second, then get 503; unless said 32 for each processor, at least 64")
	flags.IntVar(&c.MaxChannels, "max-channels", 10_000, "most notification channels about one pod; a tenth of them for one subscriber")
	flags.StringVar(&c.BearerTokens, "bearer-tokens", "", "accept own tokens without DPoP: on or off (default on for loopback, else off)")
	flags.StringVar(&c.UpdatesVia, "updates-via", "public", "what can be followed by the older protocol of SolidOS (solid-0.1), which has no sign-in, `WHAT`: public for what everybody may read; all, which tells whoever knows the URL of a private resource when it changes, and no more; or off")
	flags.StringVar(&c.SMTP, "smtp", "", "mail server for letters to residents, `URL`: smtp://USER:PASSWORD@HOST:587 or smtps://…; better in the environment than on the command line (default none; on loopback letters are printed)")
	flags.StringVar(&c.MailFrom, "mail-from", "", "`ADDRESS` that letters come from (default noreply@HOST of the identity URL)")
	c.MaxUpload = 5 << 30
	flags.Var((*byteSize)(&c.MaxUpload), "max-upload", "largest request body, `SIZE`")
	c.MaxDocument = 16 << 20
	flags.Var((*byteSize)(&c.MaxDocument), "max-document", "largest RDF document, `SIZE`; parsing one takes many times the memory")

	flags.StringVar(&c.EncryptionKey, "encryption-key-file", "", encryptionKeyUsage)
	c.MemoryLimit = defaultMemory()
	flags.Var((*byteSize)(&c.Quota), "quota", "most that a new pod may keep, `SIZE` such as 500MB (default no bound)")
	flags.Var((*byteSize)(&c.AccountQuota), "account-quota", "most that all pods of a new account may keep together, `SIZE` (default no bound)")
	c.ChangeRetention = 7 * day
	flags.Var((*span)(&c.ChangeRetention), "change-retention", "how long it is known what changed when by whom, `DURATION` such as 30d or 12h")
	flags.Var((*byteSize)(&c.MemoryLimit), "memory-limit", "`SIZE` that the server's memory stays near, at least 128MB; unless said a quarter of the machine, at most 1GB")

	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(output)
			fmt.Fprintln(output, "Flags of domicile serve:")
			flags.PrintDefaults()
		}
		return Config{}, err
	}
	if flags.NArg() > 0 {
		return Config{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if err := fillFromEnvironment(flags, lookupEnv); err != nil {
		return Config{}, err
	}
	if err := fillFromFile(flags, c.configuration); err != nil {
		return Config{}, err
	}
	return c, c.validate()
}

// said returns the names of the flags that have been set so far.
func said(flags *flag.FlagSet) map[string]bool {
	names := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { names[f.Name] = true })
	return names
}

func fillFromEnvironment(flags *flag.FlagSet, lookupEnv func(string) (string, bool)) (err error) {
	already := said(flags)
	flags.VisitAll(func(f *flag.Flag) {
		name := "DOMICILE_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := lookupEnv(name)
		if !ok || already[f.Name] || err != nil {
			return
		}
		values := []string{value}
		if _, repeatable := f.Value.(interface{ repeatable() }); repeatable {
			values = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
		}
		for _, v := range values {
			if e := set(flags, f.Name, v); e != nil {
				err = fmt.Errorf("environment variable %s: %w", name, e)
			}
		}
	})
	return err
}

// set sets a flag. Values are not in the error: one may hold a password.
func set(flags *flag.FlagSet, name, value string) error {
	err := flags.Set(name, value)
	if err == nil {
		return nil
	}
	if plain, ok := flags.Lookup(name).Value.(flag.Getter); ok {
		switch plain.Get().(type) {
		case bool:
			return errors.New("want true or false")
		case int:
			return errors.New("want a whole number")
		}
	}
	return err
}

func fillFromFile(flags *flag.FlagSet, path string) error {
	if path == "" {
		return nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("configuration: %w", err)
	}
	var entries map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // as it is written
	err = decoder.Decode(&entries)
	if _, end := decoder.Token(); err == nil && end != io.EOF {
		err = errors.New("something follows it")
	}
	if err != nil {
		return fmt.Errorf("configuration %s: want JSON such as {\"listen\": \"127.0.0.1:3000\"}: %w", path, err)
	}
	already := said(flags)
	for name, value := range entries {
		if flags.Lookup(name) == nil || name == "config" {
			return fmt.Errorf("configuration %s: there is no setting %q", path, name)
		}
		if already[name] {
			continue
		}
		values, ok := value.([]any)
		if !ok {
			values = []any{value}
		}
		for _, v := range values {
			switch v.(type) {
			case string, json.Number, bool:
			default:
				return fmt.Errorf("configuration %s: %s: want a string, a number, true, false or a list of them", path, name)
			}
			if err := set(flags, name, fmt.Sprint(v)); err != nil {
				return fmt.Errorf("configuration %s: %s: %w", path, name, err)
			}
		}
	}
	return nil
}

func (c *Config) validate() error {
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		return fmt.Errorf("--listen %q: want HOST:PORT", c.Listen)
	}
	if _, _, err := net.SplitHostPort(c.OpsListen); err != nil && c.OpsListen != "off" {
		return fmt.Errorf("--ops-listen %q: want HOST:PORT or off", c.OpsListen)
	}
	for name, value := range map[string]*string{"--base-url": &c.BaseURL, "--identity-url": &c.IdentityURL} {
		if *value == "" {
			continue
		}
		u, err := url.Parse(*value)
		if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return fmt.Errorf("%s %q: want http:// or https://, a host and nothing else", name, *value)
		}
		*value = u.Scheme + "://" + strings.ToLower(u.Host) + "/"
	}
	if base, err := url.Parse(c.BaseURL); c.Subdomains && err == nil {
		if _, err := netip.ParseAddr(base.Hostname()); err == nil {
			return fmt.Errorf("--subdomains: %s is an address, and only a name has names below it", c.BaseURL)
		}
	}
	if !slices.Contains([]string{"", "open", "invite", "closed"}, c.Registration) {
		return fmt.Errorf("--registration %q: want open, invite or closed", c.Registration)
	}
	if !slices.Contains([]string{"", "on", "off"}, c.BearerTokens) {
		return fmt.Errorf("--bearer-tokens %q: want on or off", c.BearerTokens)
	}
	if !slices.Contains([]string{"public", "all", "off"}, c.UpdatesVia) {
		return fmt.Errorf("--updates-via %q: want public, all or off", c.UpdatesVia)
	}
	if c.MaxDocument <= 0 {
		return errors.New("--max-document: want more than 0 bytes")
	}
	if c.MaxUpload <= 0 {
		return errors.New("--max-upload: want more than 0 bytes")
	}
	if c.MemoryLimit < leastMemory {
		return errors.New("--memory-limit: want at least 128MB")
	}
	if c.MaxConnections <= 0 || c.MaxRequests <= 0 {
		return errors.New("--max-connections and --max-requests: want more than 0")
	}
	if c.MaxChannels <= 0 {
		return errors.New("--max-channels: want more than 0")
	}
	if c.MailFrom != "" && c.SMTP == "" {
		return errors.New("--mail-from: no letters are sent without --smtp")
	}
	if c.Memory && c.EncryptionKey != "" {
		return errors.New("--encryption-key-file: with --memory nothing is kept that could be encrypted")
	}
	return c.validateTLS()
}

func (c *Config) validateTLS() error {
	switch {
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("--tls-cert and --tls-key: want both or neither")
	case c.TLSCert != "" && strings.HasPrefix(c.BaseURL, "http:"):
		return fmt.Errorf("--tls-cert: the --base-url %s has to begin with https", c.BaseURL)
	case c.RedirectListen != "" && c.TLSCert == "":
		return errors.New("--redirect-listen: there is nothing to send people to without --tls-cert")
	}
	return nil
}

// resolve fills in what depends on the port that was bound.
func (c *Config) resolve(port int) {
	if c.BaseURL == "" {
		scheme := "http"
		if c.TLSCert != "" {
			scheme = "https"
		}
		c.BaseURL = fmt.Sprintf("%s://localhost:%d/", scheme, port)
	}
	if c.IdentityURL == "" {
		c.IdentityURL = c.BaseURL
	}
	loopback := isLoopback(c.BaseURL) && isLoopback(c.IdentityURL)
	if c.Registration == "" {
		c.Registration = "invite"
		if loopback {
			c.Registration = "open"
		}
	}
	if c.BearerTokens == "" {
		c.BearerTokens = "off"
		if loopback {
			c.BearerTokens = "on"
		}
	}
}

// isExposed reports whether other machines may reach a server that is set up
// for this one only, by the address that it listens on.
func (c *Config) isExposed(listening net.Addr) bool {
	address, err := netip.ParseAddrPort(listening.String())
	return err == nil && !address.Addr().Unmap().IsLoopback() && isLoopback(c.BaseURL)
}

// isLoopback reports whether a URL reaches this machine only.
func isLoopback(rawURL string) bool {
	u, err := url.Parse(rawURL)
	if err != nil {
		return false
	}
	host := u.Hostname()
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// list is a repeatable flag.
type list []string

func (l *list) repeatable()            {}
func (l *list) String() string         { return strings.Join(*l, ",") }
func (l *list) Set(value string) error { *l = append(*l, value); return nil }

// span is a duration in days, or as Go writes them.
type span time.Duration

const day = 24 * time.Hour

func (s *span) String() string {
	if d := time.Duration(*s); d%day != 0 {
		return d.String()
	}
	return strconv.Itoa(int(time.Duration(*s)/day)) + "d"
}

func (s *span) Set(value string) error {
	d, err := time.ParseDuration(value)
	if days, ok := strings.CutSuffix(value, "d"); ok {
		var n uint64
		n, err = strconv.ParseUint(days, 10, 16) // up to 179 years
		d = time.Duration(n) * day
	}
	if err != nil || d < 0 {
		return fmt.Errorf("%q: want a duration such as 7d or 12h", value)
	}
	*s = span(d)
	return nil
}

type prefixes []netip.Prefix

func (p *prefixes) repeatable() {}

func (p *prefixes) String() string {
	texts := make([]string, len(*p))
	for i, prefix := range *p {
		texts[i] = prefix.String()
	}
	return strings.Join(texts, ",")
}

func (p *prefixes) Set(value string) error {
	prefix, err := netip.ParsePrefix(value)
	if err != nil {
		return fmt.Errorf("%q: want a CIDR such as 10.0.0.0/8, or 10.0.0.1/32 for one address", value)
	}
	*p = append(*p, prefix)
	return nil
}
