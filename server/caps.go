package server

import (
	"net"
	"net/http"
	"net/netip"
	"sync"
)

// tally bounds how many of something there are, of all clients together and of
// one address, of which an IPv6 client has a /64. Trusted proxies speak for many
// and are bound by the total only.
type tally struct {
	most, mostOfOne int
	trusted         []netip.Prefix

	mu      sync.Mutex
	total   int
	clients map[netip.Prefix]int
}

func newTally(most int, trusted []netip.Prefix) *tally {
	return &tally{most: most, mostOfOne: max(1, most/8), trusted: trusted, clients: map[netip.Prefix]int{}}
}

// add reports whether there may be one more of a client. If so the caller
// removes it when it is gone.
func (t *tally) add(client netip.Prefix) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.total >= t.most || t.clients[client] >= t.mostOfOne && !contains(t.trusted, client.Addr()) {
		return false
	}
	t.total++
	t.clients[client]++
	return true
}

func (t *tally) remove(client netip.Prefix) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.total--
	if t.clients[client]--; t.clients[client] == 0 {
		delete(t.clients, client)
	}
}

// connections bounds the open connections. What is too many is closed, not
// queued.
type connections struct {
	tally *tally
	open  sync.Map // net.Conn → netip.Prefix
}

func newConnections(most int, trusted []netip.Prefix) *connections {
	return &connections{tally: newTally(most, trusted)}
}

// track is an [http.Server.ConnState]. A hijacked connection is no longer
// counted: whoever took it has bounds of its own.
func (c *connections) track(conn net.Conn, state http.ConnState) {
	switch state {
	case http.StateNew:
		if !c.admit(conn) {
			_ = conn.Close() // its request is never read
		}
	case http.StateClosed, http.StateHijacked:
		c.release(conn)
	}
}

func (c *connections) admit(conn net.Conn) bool {
	client := clientAt(conn.RemoteAddr().String())
	if !c.tally.add(client) {
		return false
	}
	c.open.Store(conn, client)
	return true
}

func (c *connections) release(conn net.Conn) {
	if client, counted := c.open.LoadAndDelete(conn); counted {
		c.tally.remove(client.(netip.Prefix))
	}
}

// clientAt returns the addresses that count as one client with the one of a
// connection.
func clientAt(remote string) netip.Prefix {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Prefix{} // no TCP: all such are one
	}
	address, bits := peer.Addr().Unmap(), 32
	if address.Is6() {
		bits = 64
	}
	prefix, _ := address.WithZone("").Prefix(bits) // both fit
	return prefix
}
