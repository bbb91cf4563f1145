package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"domicile/rdfstore"
	"domicile/server/account"
)

// seedEntry is one account of a --seed file, in the form that Community Solid
// Server takes.
type seedEntry struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	Pods     []struct {
		Name string `json:"name"`
	} `json:"pods"`
}

// seeder makes accounts and pods.
type seeder interface {
	AccountByEmail(ctx context.Context, email string) (accountID string, err error)
	CreateAccount(ctx context.Context, email, password string, pods ...string) (accountID string, err error)
}

// seed makes the accounts of the file that do not exist yet, each whole or not
// at all; existing accounts are left alone. It returns how many it made, and how
// many it could not since the name of a pod is taken: of an account that has
// another address by now, or was erased, which is no reason not to start.
func seed(ctx context.Context, path string, accounts seeder) (made, taken int, err error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, fmt.Errorf("seed: %w", err)
	}
	var entries []seedEntry
	if err := json.Unmarshal(raw, &entries); err != nil {
		return 0, 0, fmt.Errorf(`seed %s: want JSON such as [{"email": "…", "password": "…", "pods": [{"name": "alice"}]}]: %w`, path, err)
	}
	for i, entry := range entries {
		_, err := accounts.AccountByEmail(ctx, entry.Email)
		if err == nil {
			continue
		}
		if !errors.Is(err, rdfstore.ErrNotFound) {
			return made, taken, fmt.Errorf("seed %s, account %d: %w", path, i+1, err)
		}
		var pods []string
		for _, pod := range entry.Pods {
			pods = append(pods, pod.Name)
		}
		_, err = accounts.CreateAccount(ctx, entry.Email, entry.Password, pods...)
		if errors.Is(err, account.ErrNameTaken) {
			taken++
			continue
		}
		if err != nil {
			return made, taken, fmt.Errorf("seed %s, account %d: %w", path, i+1, err)
		}
		made++
	}
	return made, taken, nil
}
