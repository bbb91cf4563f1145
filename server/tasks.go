package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"domicile/rdfstore"
	"domicile/rdfstore/badgerstore"
	"domicile/rdfstore/resource"
	"domicile/server/account"
	"domicile/server/admin"
	"domicile/solidoidc/dpop"
)

// The tasks that commands are made of.
const (
	createAccountTask = "create-account"
	accountsTask      = "accounts"
	disableTask       = "disable-account"
	enableTask        = "enable-account"
	deleteAccountTask = "delete-account"
	accountQuotaTask  = "account-quota"
	inviteTask        = "invite"
	createPodTask     = "create-pod"
	enrolTask         = "enrol"
	podsTask          = "pods"
	explainTask       = "explain"
	quotaTask         = "quota"
	checkTask         = "check"
	replaceKeysTask   = "replace-signing-keys"
	backupTask        = "backup"
	exportTask        = "export"
)

// tasks say what each does on a server whose store is open.
var tasks = map[string]func(*Server, context.Context, json.RawMessage, admin.Output) error{
	createAccountTask: task((*Server).createAccount),
	accountsTask:      task((*Server).listAccounts),
	disableTask:       task((*Server).disableAccount),
	enableTask:        task((*Server).enableAccount),
	deleteAccountTask: task((*Server).deleteAccount),
	accountQuotaTask:  task((*Server).accountQuota),
	inviteTask:        task((*Server).invite),
	createPodTask:     task((*Server).createPod),
	enrolTask:         task((*Server).enrol),
	podsTask:          task((*Server).listPods),
	explainTask:       task((*Server).explain),
	quotaTask:         task((*Server).podQuota),
	checkTask:         task((*Server).check),
	replaceKeysTask:   task((*Server).replaceSigningKeys),
	backupTask:        task((*Server).makeBackup),
	exportTask:        task((*Server).exportPod),
}

// task decodes the input of a method.
func task[I any](do func(*Server, context.Context, I, admin.Output) error) func(*Server, context.Context, json.RawMessage, admin.Output) error {
	return func(s *Server, ctx context.Context, raw json.RawMessage, out admin.Output) error {
		var input I
		if err := json.Unmarshal(raw, &input); err != nil {
			return fmt.Errorf("input of the command: %w", err)
		}
		return do(s, ctx, input, out)
	}
}

// serveTasks opens the admin socket of the data folder.
func (s *Server) serveTasks() (*admin.Server, error) {
	bound := make(map[string]admin.Task, len(tasks))
	for name, task := range tasks {
		bound[name] = func(ctx context.Context, raw json.RawMessage, out admin.Output) error { return task(s, ctx, raw, out) }
	}
	return admin.Listen(s.config.Data, bound, s.logger)
}

// wantData returns an error when no store is in a folder.
func wantData(folder string) error {
	if !badgerstore.Exists(folder) {
		return fmt.Errorf("there are no data in %s", folder)
	}
	return nil
}

// openData opens an existing data folder for a command. Only the store is
// open; what else a task needs it connects, see [Server.service].
func openData(config Config, logger *slog.Logger) (*Server, error) {
	if err := wantData(config.Data); err != nil {
		return nil, err
	}
	s := &Server{config: config, logger: logger}
	if err := s.openStore(); err != nil {
		return nil, err
	}
	return s, nil
}

// service returns the accounts. For a command that opened the data itself it
// connects them first, under the URLs that the data were served by.
func (s *Server) service(ctx context.Context) (_ *account.Service, err error) {
	if s.accounts != nil {
		return s.accounts, nil
	}
	var served origin
	err = s.store.View(ctx, func(r rdfstore.Reader) error {
		served, err = serverBucket.Get(r, originKey)
		return err
	})
	if errors.Is(err, rdfstore.ErrNotFound) {
		return nil, errors.New("the data do not know their base URL yet: start the server once")
	}
	if err != nil {
		return nil, err
	}
	s.config.BaseURL, s.config.IdentityURL, s.config.Subdomains = served.BaseURL, served.IdentityURL, served.Subdomains
	s.config.resolve(0)
	if s.space, err = resource.NewSpace(s.config.BaseURL, s.config.Subdomains); err != nil {
		return nil, err
	}
	if s.replays, err = dpop.OpenReplayLog("", 1); err != nil { // no request will come
		return nil, err
	}
	err = s.connect(ctx)
	return s.accounts, err
}
