package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"domicile/clients/solid"
)

// Exit codes.
const (
	failed      = 1
	usage       = 2
	consentOver = 3
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	flags := flag.NewFlagSet("library", flag.ExitOnError) // which exits with 2
	issuer := flags.String("issuer", "", "`URL` of the server that gave the library its credentials")
	container := flags.String("container", "", "`URL` of the container that the resident has opened")
	lender := flags.String("lender", "", "`URL` that stands for the library in the data (default: the WebID that it acts under)")
	_ = flags.Parse(os.Args[1:])
	credentials := solid.Credentials{ID: os.Getenv("LIBRARY_ID"), Secret: os.Getenv("LIBRARY_SECRET")}
	if *issuer == "" || !strings.HasSuffix(*container, "/") || flags.NArg() > 0 || credentials.ID == "" || credentials.Secret == "" {
		fmt.Fprintln(os.Stderr, "library: needs --issuer and --container (a URL that ends in a slash), and LIBRARY_ID and LIBRARY_SECRET in its environment")
		flags.PrintDefaults()
		os.Exit(usage)
	}
	if err := run(ctx, *issuer, credentials, *container, os.Stdin, os.Stdout, *lender); err != nil {
		fmt.Fprintln(os.Stderr, "library:", err)
		if errors.Is(err, errConsentOver) {
			os.Exit(consentOver)
		}
		os.Exit(failed)
	}
}

// errConsentOver says that the pod is closed to the library, and why it stops.
var errConsentOver = errors.New("stopped: the resident's consent has ended, or was not given. Nothing more is sent. Ask her for it before you start again")

// run deposits loans until there are no more, and says of each what it did.
func run(ctx context.Context, issuer string, credentials solid.Credentials, container string, loans io.Reader, out io.Writer, lender string) error {
	session, err := solid.Login(ctx, issuer, credentials)
	if errors.Is(err, solid.ErrUnauthorized) {
		return fmt.Errorf("%w (signing in: %w)", errConsentOver, err)
	}
	if err != nil {
		return fmt.Errorf("signing in: %w", err)
	}
	client := solid.NewClient(session.Client())
	lines := bufio.NewScanner(loans)
	for n := 1; lines.Scan(); n++ {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		l, err := parseLoan(lines.Text())
		if err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		resource, changed, err := deposit(ctx, client, container, cmp.Or(lender, session.WebID()), l)
		switch {
		case errors.Is(err, solid.ErrForbidden), errors.Is(err, solid.ErrUnauthorized):
			return fmt.Errorf("%w (%w)", errConsentOver, err)
		case err != nil:
			return fmt.Errorf("line %d: %w", n, err)
		case changed:
			fmt.Fprintln(out, "deposited", resource)
		default:
			fmt.Fprintln(out, "unchanged", resource)
		}
	}
	return lines.Err()
}
