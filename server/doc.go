// Package server puts the pod server on the network: it reads the
// configuration, opens the store, connects storage (ldp), identity (solidoidc)
// and accounts, routes requests to them, and runs the listeners from the first
// byte to the last.
//
// It is the only package that sees everything, and the one place where a
// verified identity becomes a [wac.Agent]. It decides nothing about protocol
// or access itself.
//
// Two listeners: the public one serves pods, accounts and the identity
// provider; the operations one (loopback by default) serves /livez, /readyz,
// /metrics and /debug/pprof/.
package server
