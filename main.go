// Command domicile is a Solid pod server: it stores each resident's data as
// RDF resources under her own URL, governed by Web Access Control, and is the
// OpenID provider that she signs in with.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"

	"domicile/server"
)

// Exit codes (contract).
const (
	exitFine   = 0
	exitFailed = 1
	exitUsage  = 2
)

const usage = `Domicile keeps Solid pods.

Usage:
  domicile [serve] [flags]   serve pods (the default command)
  domicile healthcheck       ask the running server's operations listener whether it is ready
  domicile version           print the version
  domicile help              print this text

Flags of serve are listed by "domicile serve -h". Each is also an environment
variable (--base-url is DOMICILE_BASE_URL) and a key of the --config file.
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.LookupEnv, os.Stdout, os.Stderr))
}

func run(ctx context.Context, args []string, lookupEnv func(string) (string, bool), stdout, stderr io.Writer) int {
	command := "serve"
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		command, args = args[0], args[1:]
	}
	switch command {
	case "serve", "healthcheck":
		config, err := server.Configure(args, lookupEnv, stderr)
		switch {
		case errors.Is(err, server.ErrHelp):
			return exitFine
		case err != nil:
			fmt.Fprintln(stderr, "domicile:", err)
			return exitUsage
		}
		execute := server.Run
		if command == "healthcheck" {
			execute = server.CheckHealth
		}
		if err := execute(ctx, config, stdout, stderr); err != nil {
			fmt.Fprintln(stderr, "domicile:", err)
			return exitFailed
		}
	case "version":
		fmt.Fprintln(stdout, "domicile", version())
	case "help":
		fmt.Fprint(stdout, usage)
	default:
		fmt.Fprintf(stderr, "domicile: there is no command %q\n\n%s", command, usage)
		return exitUsage
	}
	return exitFine
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			return info.Main.Version + " " + setting.Value
		}
	}
	return info.Main.Version
}
