package fetch

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strconv"
	"time"
)

// Resolver finds the addresses of a host name. A *net.Resolver is one.
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

const (
	// connectTimeout bounds one attempt, so that a dead address leaves time
	// for the next.
	connectTimeout = 2 * time.Second
	maxAttempts    = 3
)

// dialer connects to addresses that the policy permits, and pins them: what is
// checked is what is dialled.
type dialer struct {
	policy   policy
	scheme   string
	resolver Resolver
}

func (d dialer) dial(ctx context.Context, _, hostPort string) (net.Conn, error) {
	host, portText, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, &Error{Reason: ErrForbidden, Cause: err}
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, &Error{Reason: ErrForbidden, Cause: err}
	}
	targets, err := d.permitted(ctx, host, uint16(port))
	if err != nil {
		return nil, err
	}
	for _, target := range targets[:min(len(targets), maxAttempts)] {
		var conn net.Conn
		conn, err = (&net.Dialer{Timeout: connectTimeout}).DialContext(ctx, "tcp", target.String())
		if err == nil {
			return conn, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return nil, &Error{Reason: ErrUnreachable, Cause: err}
}

// permitted returns where a connection for a host may go, one place at least.
func (d dialer) permitted(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error) {
	resolved, err := d.resolve(ctx, host)
	if err != nil {
		return nil, &Error{Reason: ErrUnreachable, Cause: err}
	}
	var targets []netip.AddrPort
	for _, address := range resolved {
		if d.policy.permits(d.scheme, host, port, address) {
			targets = append(targets, netip.AddrPortFrom(address.Unmap(), port))
		}
	}
	if len(targets) == 0 {
		return nil, &Error{Reason: ErrForbidden, Cause: errors.New("no address of the host may be connected to")}
	}
	return targets, nil
}

func (d dialer) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}, nil
	}
	return d.resolver.LookupNetIP(ctx, "ip", host)
}
