package server

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// behindProxy believes what a trusted proxy says of a request: who made it
// (RemoteAddr), for which host (Host) and by which protocol. When people have
// to come by https and this one came by http, she is sent there (SP-HTTP-02).
// From anyone else the header fields mean nothing.
func (s *Server) behindProxy(next http.Handler) http.Handler {
	trusted := s.config.TrustedProxy
	if len(trusted) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if err != nil || !contains(trusted, peer.Addr()) {
			next.ServeHTTP(w, r)
			return
		}
		said := forwardedBy(r.Header)
		client, proxies := said.client(peer.Addr(), trusted)
		r = r.Clone(r.Context())
		r.RemoteAddr = net.JoinHostPort(client.String(), "0")
		if host := nth(said.hosts, proxies); host != "" {
			r.Host = host
		}
		if nth(said.protocols, proxies) == "http" && strings.HasPrefix(s.config.BaseURL, "https:") {
			s.redirectToHTTPS(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// forwarded are the values that proxies added, the nearest proxy's last.
type forwarded struct{ clients, protocols, hosts []string }

// forwardedBy reads X-Forwarded-For, -Proto and -Host or, when there are none
// of these, Forwarded (RFC 7239). Never both: a proxy that sets one family
// lets the client's own values of the other through.
func forwardedBy(header http.Header) forwarded {
	f := forwarded{
		clients:   splitList(header.Values("X-Forwarded-For")),
		protocols: splitList(header.Values("X-Forwarded-Proto")),
		hosts:     splitList(header.Values("X-Forwarded-Host")),
	}
	if len(f.clients)+len(f.protocols)+len(f.hosts) > 0 {
		return f
	}
	for _, element := range splitList(header.Values("Forwarded")) {
		var client, protocol, host string
		for pair := range strings.SplitSeq(element, ";") {
			name, value, _ := strings.Cut(strings.TrimSpace(pair), "=")
			value = strings.Trim(value, `"`) // no value that counts has a quote or comma in it
			switch strings.ToLower(name) {
			case "for":
				client = value
			case "proto":
				protocol = value
			case "host":
				host = value
			}
		}
		f.clients = append(f.clients, client)
		f.protocols = append(f.protocols, protocol)
		f.hosts = append(f.hosts, host)
	}
	return f
}

// client returns the nearest address that is no trusted proxy's, and how many
// proxies that are trusted stand between it and the peer.
func (f forwarded) client(peer netip.Addr, trusted []netip.Prefix) (netip.Addr, int) {
	client := peer
	for i := len(f.clients) - 1; i >= 0; i-- {
		address, ok := parseAddress(f.clients[i])
		if !ok {
			return client, len(f.clients) - 1 - i
		}
		client = address
		if !contains(trusted, address) {
			return client, len(f.clients) - 1 - i
		}
	}
	return client, max(0, len(f.clients)-1)
}

// nth returns the value that the proxy added behind which n more stand; one
// that overwrites the field leaves a single value.
func nth(values []string, n int) string {
	if len(values) == 0 {
		return ""
	}
	return strings.ToLower(values[max(0, len(values)-1-n)])
}

func splitList(fields []string) []string {
	var values []string
	for _, field := range fields {
		for value := range strings.SplitSeq(field, ",") {
			values = append(values, strings.TrimSpace(value))
		}
	}
	return values
}

// parseAddress takes an address with or without a port.
func parseAddress(text string) (netip.Addr, bool) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr(), true
	}
	address, err := netip.ParseAddr(strings.Trim(text, "[]"))
	return address, err == nil
}

func contains(prefixes []netip.Prefix, address netip.Addr) bool {
	for _, prefix := range prefixes {
		if prefix.Contains(address.Unmap()) {
			return true
		}
	}
	return false
}

// redirectToHTTPS sends a request that came by http to the same path by https,
// whatever its method. The host is one of this server's, whatever Host says.
func (s *Server) redirectToHTTPS(w http.ResponseWriter, r *http.Request) {
	target, err := url.Parse(s.config.BaseURL)
	if err != nil {
		panic("server: base URL: " + err.Error()) // validated at start
	}
	name, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		name = r.Host
	}
	if asked := (&url.URL{Scheme: "https", Host: strings.ToLower(name)}); s.isOwnName(asked) {
		target.Host = asked.Host + portOf(target)
	}
	w.Header().Set("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		w.Header().Set("Access-Control-Allow-Origin", origin)
	}
	path := r.URL.RequestURI()
	if !strings.HasPrefix(path, "/") {
		path = "/" // of "OPTIONS *"
	}
	http.Redirect(w, r, "https://"+target.Host+path, http.StatusMovedPermanently)
}

// isOwnName reports whether a host name, without a port, is one that this
// server has URLs with.
func (s *Server) isOwnName(asked *url.URL) bool {
	for _, own := range []string{s.config.BaseURL, s.config.IdentityURL} {
		u, err := url.Parse(own)
		if err != nil {
			continue
		}
		if asked.Host == u.Hostname() || s.config.Subdomains && strings.HasSuffix(asked.Host, "."+u.Hostname()) {
			return true
		}
	}
	return false
}

func portOf(u *url.URL) string {
	if port := u.Port(); port != "" {
		return ":" + port
	}
	return ""
}
