package server

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"domicile/rdfstore/badgerstore"
	"domicile/rdfstore/keyring"
)

// rotateKey changes the key that a data folder is encrypted with. It works on
// one small file, so it needs no task in a running server.
func rotateKey(*flag.FlagSet) action {
	return func(_ context.Context, c *invocation, args []string) error {
		if len(args) != 1 {
			return errArguments
		}
		if c.config.EncryptionKey == "" {
			return UsageError{errors.New("say the present key with --encryption-key-file")}
		}
		if err := wantData(c.config.Data); err != nil {
			return err
		}
		old, err := keyring.ReadKey(c.config.EncryptionKey)
		if err != nil {
			return err
		}
		next, err := keyring.ReadKey(args[0])
		if err != nil {
			return err
		}
		if err := badgerstore.RotateKey(c.config.Data, old, next); err != nil {
			return fmt.Errorf("data folder %s: %w", c.config.Data, err)
		}
		_, err = fmt.Fprintf(c.Out, "From the next start on the data in %s open with the key in %s only.\n", c.config.Data, args[0])
		return err
	}
}
