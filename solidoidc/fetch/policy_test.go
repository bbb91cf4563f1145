package fetch

import (
	"net/netip"
	"net/url"
	"testing"
)

// TestPolicyOfAddresses covers security requirement 2.1: what a stranger's
// name may resolve to.
func TestPolicyOfAddresses(t *testing.T) {
	for _, c := range []struct {
		name    string
		allow   []string
		scheme  string
		host    string
		port    uint16
		address string
		want    bool
	}{
		{"public IPv4", nil, "https", "a.example", 443, "93.184.216.34", true},
		{"public IPv6", nil, "https", "a.example", 443, "2606:4700::1111", true},
		{"public address as IPv4-mapped, as resolvers give it", nil, "https", "a.example", 443, "::ffff:93.184.216.34", true},
		{"http", nil, "http", "a.example", 80, "93.184.216.34", false},
		{"http on the https port", nil, "http", "a.example", 443, "93.184.216.34", false},
		{"another port", nil, "https", "a.example", 8443, "93.184.216.34", false},
		{"loopback", nil, "https", "a.example", 443, "127.0.0.1", false},
		{"all of loopback", nil, "https", "a.example", 443, "127.99.0.1", false},
		{"loopback IPv6", nil, "https", "a.example", 443, "::1", false},
		{"loopback as IPv4-mapped", nil, "https", "a.example", 443, "::ffff:127.0.0.1", false},
		{"private 10/8", nil, "https", "a.example", 443, "10.1.2.3", false},
		{"private 172.16/12", nil, "https", "a.example", 443, "172.31.255.255", false},
		{"private 192.168/16", nil, "https", "a.example", 443, "192.168.0.1", false},
		{"private as IPv4-mapped", nil, "https", "a.example", 443, "::ffff:10.1.2.3", false},
		{"carrier-grade NAT", nil, "https", "a.example", 443, "100.64.0.1", false},
		{"this host", nil, "https", "a.example", 443, "0.0.0.0", false},
		{"this network", nil, "https", "a.example", 443, "0.1.2.3", false},
		{"metadata", nil, "https", "a.example", 443, "169.254.169.254", false},
		{"metadata as IPv4-mapped", nil, "https", "a.example", 443, "::ffff:169.254.169.254", false},
		{"metadata, Azure", nil, "https", "a.example", 443, "168.63.129.16", false},
		{"multicast", nil, "https", "a.example", 443, "224.0.0.1", false},
		{"reserved", nil, "https", "a.example", 443, "240.0.0.1", false},
		{"broadcast", nil, "https", "a.example", 443, "255.255.255.255", false},
		{"benchmarking", nil, "https", "a.example", 443, "198.19.0.1", false},
		{"unspecified IPv6", nil, "https", "a.example", 443, "::", false},
		{"unique local", nil, "https", "a.example", 443, "fd12:3456::1", false},
		{"link-local IPv6", nil, "https", "a.example", 443, "fe80::1", false},
		{"zone", nil, "https", "a.example", 443, "2606:4700::1111%eth0", false},
		{"site-local", nil, "https", "a.example", 443, "fec0::1", false},
		{"multicast IPv6", nil, "https", "a.example", 443, "ff02::1", false},
		{"documentation IPv6", nil, "https", "a.example", 443, "2001:db8::1", false},
		{"NAT64 of loopback", nil, "https", "a.example", 443, "64:ff9b::7f00:1", false},
		{"6to4 of private", nil, "https", "a.example", 443, "2002:a01:203::1", false},
		{"Teredo", nil, "https", "a.example", 443, "2001:0:7f00:1::1", false},
		{"IPv4-compatible", nil, "https", "a.example", 443, "::7f00:1", false},

		{"opened host and port", []string{"pods.lan:8080"}, "http", "pods.lan", 8080, "10.0.0.5", true},
		{"opened host, case and root dot", []string{"Pods.lan:8080"}, "http", "PODS.lan.", 8080, "10.0.0.5", true},
		{"opened host, other port", []string{"pods.lan:8080"}, "http", "pods.lan", 8081, "10.0.0.5", false},
		{"other host, same address", []string{"pods.lan:8080"}, "http", "evil.example", 8080, "10.0.0.5", false},
		{"opened host, all ports", []string{"pods.lan"}, "http", "pods.lan", 9000, "10.0.0.5", true},
		{"opened host that resolves to metadata", []string{"pods.lan"}, "http", "pods.lan", 80, "169.254.169.254", false},
		{"opened network", []string{"10.0.0.0/8"}, "http", "any.example", 80, "10.9.9.9", true},
		{"beside the opened network", []string{"10.0.0.0/8"}, "http", "any.example", 80, "11.0.0.1", false},
		{"opened network as IPv4-mapped", []string{"10.0.0.0/8"}, "https", "any.example", 443, "::ffff:10.0.0.1", true},
		{"a host that is only a dot is no network", []string{"10.0.0.0/8"}, "http", ".", 80, "127.0.0.1", false},
		{"opened address and port", []string{"127.0.0.1:3001"}, "http", "localhost", 3001, "127.0.0.1", true},
		{"opened address, other port", []string{"127.0.0.1:3001"}, "http", "localhost", 3002, "127.0.0.1", false},
		{"opened IPv6 address and port", []string{"[::1]:3001"}, "http", "localhost", 3001, "::1", true},
		{"opened everything but metadata", []string{"0.0.0.0/0", "::/0"}, "http", "a.example", 80, "169.254.169.254", false},
		{"opened everything but its translations", []string{"0.0.0.0/0", "::/0"}, "http", "a.example", 80, "64:ff9b::a9fe:a9fe", false},
		{"opened everything", []string{"0.0.0.0/0", "::/0"}, "http", "a.example", 80, "192.168.1.1", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p, err := newPolicy(c.allow, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.permits(c.scheme, c.host, c.port, netip.MustParseAddr(c.address)); got != c.want {
				t.Errorf("permits = %v, want %v", got, c.want)
			}
		})
	}
}

func TestPolicyOfURLs(t *testing.T) {
	own := func(u *url.URL) bool { return u.Host == "ours.example" || u.Host == "[2606:4700::1]:443" }
	p, err := newPolicy([]string{"pods.lan:8080"}, own)
	if err != nil {
		t.Fatal(err)
	}
	for raw, want := range map[string]bool{
		"https://a.example/":           true,
		"https://a.example:443/x":      true,
		"http://pods.lan:8080/":        true,
		"https://pods.lan:8080/":       true,
		"http://a.example/":            false,
		"https://a.example:22/":        false,
		"https://a.example:65536/":     false,
		"http://pods.lan/":             false,
		"https://user@a.example/":      false,
		"https://user:pass@a.example/": false,
		"https:a.example":              false,
		"https:///path":                false,
		"file:///etc/passwd":           false,
		"gopher://a.example/":          false,
		"//a.example/":                 false,
		"https://ours.example/alice/":  false,
		"https://OURS.example./alice/": false,
		"https://[2606:4700::1]:443/":  false,
		"https://[2606:4700::2]:443/":  true,
	} {
		t.Run(raw, func(t *testing.T) {
			u, err := url.Parse(raw)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.checkURL(u) == nil; got != want {
				t.Errorf("allowed = %v, want %v", got, want)
			}
		})
	}
}

func TestWrongAllowances(t *testing.T) {
	for _, entry := range []string{
		"", ":80", "a b", "host:0", "host:65536", "host:http", "http://host/", "10.0.0.0/33",
		"169.254.0.0/16", "169.254.169.254", "169.254.169.254:80", "fe80::/10", "fe80::1%eth0", "::ffff:10.0.0.0/104",
		"0.0.0.0", "::", "224.0.0.1", "100.100.100.200",
	} {
		if _, err := New(Config{Allow: []string{entry}}); err == nil {
			t.Errorf("%q was accepted", entry)
		}
	}
}
