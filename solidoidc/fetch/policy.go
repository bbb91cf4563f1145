package fetch

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// policy tells which URLs and addresses may be fetched from.
type policy struct {
	opened []allowance
	own    func(*url.URL) bool
}

// allowance is what the operator opened: a host name or a network, on one port
// or on all.
type allowance struct {
	name   string       // lower case; "" when prefix counts
	prefix netip.Prefix // one address or a network
	port   uint16       // 0: any
}

func newPolicy(entries []string, own func(*url.URL) bool) (policy, error) {
	p := policy{own: own}
	for _, entry := range entries {
		a, err := parseAllowance(entry)
		if err != nil {
			return policy{}, err
		}
		p.opened = append(p.opened, a)
	}
	return p, nil
}

// parseAllowance reads HOST, HOST:PORT, an address, ADDRESS:PORT or a CIDR.
func parseAllowance(entry string) (allowance, error) {
	if prefix, err := netip.ParsePrefix(entry); err == nil {
		return networkAllowance(entry, prefix, 0)
	}
	host, port := entry, uint16(0)
	if h, text, err := net.SplitHostPort(entry); err == nil {
		n, err := strconv.ParseUint(text, 10, 16)
		if err != nil || n == 0 {
			return allowance{}, fmt.Errorf("%q: want a port from 1 to 65535", entry)
		}
		host, port = h, uint16(n)
	}
	if address, err := netip.ParseAddr(host); err == nil {
		address = address.Unmap()
		return networkAllowance(entry, netip.PrefixFrom(address, address.BitLen()), port)
	}
	name := canonicalName(host)
	if name == "" || strings.ContainsFunc(name, notInHostName) {
		return allowance{}, fmt.Errorf("%q: want HOST, HOST:PORT or a CIDR", entry)
	}
	return allowance{name: name, port: port}, nil
}

func networkAllowance(entry string, prefix netip.Prefix, port uint16) (allowance, error) {
	if !prefix.IsValid() || prefix.Addr().Is4In6() || prefix.Addr().Zone() != "" {
		return allowance{}, fmt.Errorf("%q: want a plain IPv4 or IPv6 address or network", entry)
	}
	for _, never := range neverReachable {
		if never.Contains(prefix.Addr()) && never.Bits() <= prefix.Bits() {
			return allowance{}, fmt.Errorf("%q: link-local, metadata, multicast and unspecified addresses cannot be opened", entry)
		}
	}
	return allowance{prefix: prefix.Masked(), port: port}, nil
}

func notInHostName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_'
}

// canonicalName gives a host name its one spelling: lower case, without the
// dot of the DNS root.
func canonicalName(host string) string { return strings.ToLower(strings.TrimSuffix(host, ".")) }

// checkURL refuses what no address could make acceptable, before any name is
// resolved.
func (p policy) checkURL(u *url.URL) error {
	forbidden := func(why string) error { return &Error{Reason: ErrForbidden, Cause: fmt.Errorf("%s", why)} }
	if u.Scheme != "https" && u.Scheme != "http" {
		return forbidden("the scheme is neither https nor http")
	}
	if u.Hostname() == "" || u.Opaque != "" {
		return forbidden("the URL has no host")
	}
	if u.User != nil {
		return forbidden("the URL holds credentials")
	}
	if p.own != nil && p.own(canonicalHost(u)) {
		return forbidden("the URL is this server's own")
	}
	port, err := portOf(u)
	if err != nil {
		return forbidden("the port is not a number")
	}
	if u.Scheme == "https" && port == 443 {
		return nil
	}
	for _, a := range p.opened {
		if (a.port == 0 || a.port == port) && (a.name == "" || a.name == canonicalName(u.Hostname())) {
			return nil
		}
	}
	return forbidden("only https on port 443 is allowed; the operator can open a host or a network")
}

// canonicalHost returns u with its host in its one spelling.
func canonicalHost(u *url.URL) *url.URL {
	c := *u
	name := canonicalName(u.Hostname())
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	if c.Host = name; u.Port() != "" {
		c.Host += ":" + u.Port()
	}
	return &c
}

func portOf(u *url.URL) (uint16, error) {
	if u.Port() == "" {
		return map[string]uint16{"http": 80, "https": 443}[u.Scheme], nil
	}
	n, err := strconv.ParseUint(u.Port(), 10, 16)
	return uint16(n), err
}

// permits tells whether a connection for scheme://host:port may go to address,
// to which host resolved.
func (p policy) permits(scheme, host string, port uint16, address netip.Addr) bool {
	address = address.Unmap()
	if !address.IsValid() || address.Zone() != "" || within(address, neverReachable) {
		return false
	}
	for _, a := range p.opened {
		if a.port != 0 && a.port != port {
			continue
		}
		if a.covers(host, address) {
			return true
		}
	}
	return scheme == "https" && port == 443 && isPublic(address)
}

func (a allowance) covers(host string, address netip.Addr) bool {
	if a.name != "" {
		return a.name == canonicalName(host)
	}
	return a.prefix.Contains(address)
}

// isPublic tells whether an address is globally reachable by the IANA
// special-purpose address registries (RFC 6890). For IPv6 that is the global
// unicast space less what is set aside in it.
func isPublic(address netip.Addr) bool {
	if address.Is4() {
		return !within(address, specialIPv4)
	}
	return globalUnicastIPv6.Contains(address) && !within(address, specialIPv6)
}

func within(address netip.Addr, prefixes []netip.Prefix) bool {
	for _, prefix := range prefixes {
		if prefix.Contains(address) {
			return true
		}
	}
	return false
}

func prefixes(cidrs ...string) []netip.Prefix {
	parsed := make([]netip.Prefix, len(cidrs))
	for i, cidr := range cidrs {
		parsed[i] = netip.MustParsePrefix(cidr)
	}
	return parsed
}

var (
	// neverReachable cannot be opened by configuration: no document that a
	// stranger names is there, and cloud credentials are.
	neverReachable = prefixes(
		"0.0.0.0/8",          // "this host": Linux connects to loopback
		"169.254.0.0/16",     // link-local, metadata of most clouds
		"224.0.0.0/4",        // multicast
		"255.255.255.255/32", // broadcast
		"100.100.100.200/32", // metadata, Alibaba
		"168.63.129.16/32",   // platform services, Azure
		"192.0.0.192/32",     // metadata, Oracle
		"::/128",             // unspecified
		"fe80::/10",          // link-local
		"ff00::/8",           // multicast
		"fd00:ec2::/32",      // metadata, Amazon
		"fd20:ce::254/128",   // metadata, Google
		"::ffff:0:0:0/96",    // IPv4 translated, RFC 2765
		"64:ff9b::/96",       // IPv4 translated, RFC 6052
		"64:ff9b:1::/48",     // IPv4 translated, RFC 8215
		"2002::/16",          // 6to4
		"2001::/32",          // Teredo
	)
	specialIPv4 = prefixes(
		"0.0.0.0/8",
		"10.0.0.0/8",      // private
		"100.64.0.0/10",   // carrier-grade NAT
		"127.0.0.0/8",     // loopback
		"169.254.0.0/16",  // link-local
		"172.16.0.0/12",   // private
		"192.0.0.0/24",    // IETF protocol assignments
		"192.0.2.0/24",    // documentation
		"192.88.99.0/24",  // 6to4 relay
		"192.168.0.0/16",  // private
		"198.18.0.0/15",   // benchmarking
		"198.51.100.0/24", // documentation
		"203.0.113.0/24",  // documentation
		"224.0.0.0/4",     // multicast
		"240.0.0.0/4",     // reserved, broadcast
	)
	globalUnicastIPv6 = netip.MustParsePrefix("2000::/3")
	specialIPv6       = prefixes(
		"2001::/23",     // IETF protocol assignments, Teredo
		"2001:db8::/32", // documentation
		"2002::/16",     // 6to4
		"3fff::/20",     // documentation
	)
)
