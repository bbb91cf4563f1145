package server

import (
	"context"
	"fmt"

	"domicile/server/admin"
)

// replaceSigningKeys makes what a leaked key signs worthless, and ends what may
// have come of it.
func (s *Server) replaceSigningKeys(ctx context.Context, _ struct{}, out admin.Output) error {
	accounts, err := s.service(ctx)
	if err != nil {
		return err
	}
	if err := s.provider.ReplaceKeys(ctx); err != nil {
		return err
	}
	if err := accounts.SignEverybodyOut(ctx); err != nil {
		return fmt.Errorf("the keys were replaced, but not everybody was signed out: %w", err)
	}
	_, err = fmt.Fprintln(out, "Tokens are signed with new keys, the old ones are trusted no more, and everybody has to sign in again.")
	return err
}
