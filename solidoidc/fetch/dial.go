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
	resolved, err := d.resolve(ctx, host)
	if err != nil {
		return nil, &Error{Reason: ErrUnreachable, Cause: err}
	}
	failure := &Error{Reason: ErrForbidden, Cause: errors.New("no address of the host may be connected to")}
	attempts := 0
	for _, address := range resolved {
		if !d.policy.permits(d.scheme, host, uint16(port), address) {
			continue
		}
		target := netip.AddrPortFrom(address.Unmap(), uint16(port))
		conn, err := (&net.Dialer{Timeout: connectTimeout}).DialContext(ctx, "tcp", target.String())
		if err == nil {
			return conn, nil
		}
		failure = &Error{Reason: ErrUnreachable, Cause: err}
		if attempts++; attempts == maxAttempts || ctx.Err() != nil {
			break
		}
	}
	return nil, failure
}

func (d dialer) resolve(ctx context.Context, host string) ([]netip.Addr, error) {
	if address, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{address}, nil
	}
	return d.resolver.LookupNetIP(ctx, "ip", host)
}
