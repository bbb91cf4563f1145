package ldp_test

import (
	"testing"

	"domicile/ldp"
)

// TestUpdatesVia: every URL of a storage names the socket of older clients, which
// scripts may read, and no URL elsewhere does (NOT-OLD-01).
func TestUpdatesVia(t *testing.T) {
	const socket = "wss://pods.example/.notifications/solid-0.1"
	p := newPod(t, []given{{"c/r", ttl, note}}, func(c *ldp.Config) { c.UpdatesVia = socket })
	for _, c := range []call{
		{as: alice, method: "GET", path: "/alice/c/r"},
		{as: alice, method: "HEAD", path: "/alice/c/"},
		{as: alice, method: "OPTIONS", path: "/alice/c/r"},
		{as: public, method: "GET", path: "/alice/c/r"}, // 401
		{as: alice, method: "GET", path: "/alice/c/absent"},
	} {
		c.fields = fields{"Origin": app}
		a := p.send(c)
		a.has(fields{"Updates-Via": socket})
		checkExposed(a)
	}
	p.send(call{as: alice, method: "GET", path: "/nobody/x"}).lacks(fields{"Updates-Via": socket})
	newPod(t, nil).send(call{as: alice, method: "GET", path: "/alice/"}).lacks(fields{"Updates-Via": ""})
}
