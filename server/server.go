package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"domicile/ldp"
	"domicile/ldp/notify"
	"domicile/ldp/notify/webhook"
	"domicile/ldp/updatesvia"
	"domicile/rdfstore"
	"domicile/rdfstore/badgerstore"
	"domicile/rdfstore/keyring"
	"domicile/rdfstore/memstore"
	"domicile/rdfstore/resource"
	"domicile/server/account"
	"domicile/server/grant"
	"domicile/server/language"
	"domicile/server/mail"
	"domicile/server/provision"
	"domicile/solidoidc/dpop"
	"domicile/solidoidc/fetch"
	"domicile/solidoidc/provider"
	"domicile/solidoidc/verify"
)

const (
	// drainTime is how long requests under way may take after SIGTERM.
	drainTime = 30 * time.Second
	// maxProofs bounds the remembered DPoP proofs: about 100 MB and
	// 5,000 requests a second over the three minutes a proof is good for.
	maxProofs     = 1 << 20
	sweepInterval = time.Minute
	// mailGrace is how long letters may keep the end waiting.
	mailGrace  = 5 * time.Second
	sweepLimit = 10_000
	// trimLimit bounds the changes that are forgotten at a time: well over
	// what a minute brings, or they would pile up.
	trimLimit = 1 << 20
)

// Run serves until ctx is done, then drains and returns nil. It prints one
// line that holds the base URL to stdout when it is ready; logs go to stderr.
func Run(ctx context.Context, config Config, stdout, stderr io.Writer) error {
	logger := slog.New(slog.NewTextHandler(stderr, &slog.HandlerOptions{Level: config.LogLevel}))
	listener, err := net.Listen("tcp", config.Listen)
	if err != nil {
		return err
	}
	defer listener.Close()
	config.resolve(listener.Addr().(*net.TCPAddr).Port)
	shareOut(config.MemoryLimit).limitMemory()

	if config.isExposed(listener.Addr()) {
		logger.Warn("other machines may reach this server, which is set up for this one only: say what it is called with --base-url",
			"listening", listener.Addr().String(), "registration", config.Registration, "bearer_tokens", config.BearerTokens)
	}

	s, err := open(ctx, config, logger, stderr)
	if err != nil {
		return err
	}
	defer s.close()
	if config.Seed != "" {
		made, taken, err := seed(ctx, config.Seed, s.accounts)
		if err != nil {
			return err
		}
		if taken > 0 {
			logger.Warn("accounts of the seed were not made, since the names of their pods are taken", "accounts", taken)
		}
		logger.Info("seeded", "accounts", made)
	}
	return s.serve(ctx, listener, stdout)
}

// Server is everything between the configuration and the listeners.
type Server struct {
	config   Config
	pace     pace // of clients
	logger   *slog.Logger
	terminal io.Writer // of whoever started the server
	space    *resource.Space
	store    rdfstore.Store
	replays  *dpop.ReplayLog
	provider *provider.Provider
	verifier *verify.Verifier
	accounts *account.Service
	storage  *ldp.Handler
	notices  *notify.Service
	outbox   *webhook.Outbox
	updates  *updatesvia.Handler // nil: off
	uses     grant.Uses
	letters  *mail.Queue // nil: there is nobody to send them
	ops      *operations
	draining atomic.Bool
}

// open opens the data and connects the parts. Whoever gets a Server closes it.
func open(ctx context.Context, config Config, logger *slog.Logger, terminal io.Writer) (_ *Server, err error) {
	s := &Server{config: config, pace: patience, logger: logger, terminal: terminal}
	defer func() {
		if err != nil {
			s.close()
		}
	}()
	if s.space, err = resource.NewSpace(config.BaseURL, config.Subdomains); err != nil {
		return nil, err
	}
	if err = s.openStore(); err != nil {
		return nil, err
	}
	if err = s.openReplays(); err != nil {
		return nil, err
	}
	here := origin{BaseURL: config.BaseURL, IdentityURL: config.IdentityURL, Subdomains: config.Subdomains}
	if err = claimOrigin(ctx, s.store, here); err != nil {
		return nil, err
	}
	if domain := here.sharedDomain(); domain != "" {
		logger.Warn("accounts and pods share a domain: give accounts another one with --identity-url before residents come", "domain", domain)
	}
	if err = s.connect(ctx); err != nil {
		return nil, err
	}
	s.ops = newOperations(
		s.provider.OperatorIntrospection(),
		check{"store", s.storeServes},
		check{"serving", func(context.Context) error {
			if s.draining.Load() {
				return errors.New("shutting down")
			}
			return nil
		}},
	)
	s.showWebhooks()
	s.ops.countNotices(s.notices.Metrics)
	return s, nil
}

// storeServes is the check that the data can be read and are still in their
// folder.
func (s *Server) storeServes(ctx context.Context) error {
	if !s.config.Memory && !badgerstore.Exists(s.config.Data) {
		return fmt.Errorf("the data folder %s is gone", s.config.Data)
	}
	return s.store.View(ctx, func(rdfstore.Reader) error { return nil })
}

func (s *Server) openStore() (err error) {
	if s.config.Memory {
		s.store = memstore.New()
		return nil
	}
	options, err := s.config.storeOptions(s.logger)
	if err != nil {
		return err
	}
	options.Space = s.space
	s.store, err = badgerstore.Open(s.config.Data, options)
	if errors.Is(err, rdfstore.ErrInUse) {
		return fmt.Errorf("the data folder %s is in use by another process", s.config.Data)
	}
	if err != nil {
		return fmt.Errorf("data folder %s: %w", s.config.Data, err)
	}
	return nil
}

// storeOptions are what a folder is opened with by the server and by commands.
func (c Config) storeOptions(logger *slog.Logger) (options badgerstore.Options, err error) {
	options = badgerstore.Options{Logger: logger, Memory: shareOut(c.MemoryLimit).store}
	if c.EncryptionKey != "" {
		options.Key, err = keyring.ReadKey(c.EncryptionKey)
	}
	return options, err
}

func (s *Server) openReplays() (err error) {
	path := ""
	if !s.config.Memory {
		path = filepath.Join(s.config.Data, "dpop-replay.log")
	}
	s.replays, err = dpop.OpenReplayLog(path, shareOut(s.config.MemoryLimit).proofs)
	return err
}

// connect builds the parts in the order of their needs.
func (s *Server) connect(ctx context.Context) (err error) {
	loopback := isLoopback(s.config.BaseURL)
	bearer := s.config.BearerTokens == "on"
	client, err := fetch.New(fetch.Config{Allow: s.config.AllowFetch, Own: s.isOwnURL, Logger: s.logger})
	if err != nil {
		return UsageError{fmt.Errorf("--allow-fetch: %w", err)}
	}
	proofs := dpop.New(dpop.Config{Replay: s.replays})
	sessions := account.NewSessions(account.SessionsConfig{Store: s.store, Secure: strings.HasPrefix(s.config.IdentityURL, "https:")})
	s.provider, err = provider.New(ctx, provider.Config{
		Issuer:   s.config.IdentityURL,
		Store:    s.store,
		Proofs:   proofs,
		Fetch:    client,
		Sessions: sessions,
		GrantHolds: func(r rdfstore.StateReader, id string) (bool, error) {
			return grant.Holds(r, id, time.Now())
		},
		GrantDetails:   s.grantDetails,
		Canonical:      s.canonicalURL,
		InteractionURL: s.config.IdentityURL + ".account/oidc/consent/",
		StyleURL:       s.config.IdentityURL + ".account/style.css",
		Bearer:         bearer,
		AllowHTTP:      loopback,
		Language:       language.Of,
		Logger:         s.logger,
	})
	if err != nil {
		return err
	}
	var template fs.FS
	if s.config.PodTemplate != "" {
		if _, err := os.ReadDir(s.config.PodTemplate); err != nil {
			return fmt.Errorf("--pod-template: %w", err)
		}
		template = os.DirFS(s.config.PodTemplate)
	}
	pods, err := provision.New(ctx, s.space, s.store, s.config.IdentityURL, template, time.Now)
	if err != nil {
		return err
	}
	pods.Quota = s.config.Quota
	s.outbox = webhook.New(webhook.Config{Store: s.store, Sender: s.provider.Sender(), Client: webhookClient{client}, Logger: s.logger})
	channelTypes := []notify.Type{s.outbox.Type()}
	s.storage, err = ldp.New(ldp.Config{
		Space:               s.space,
		Store:               s.store,
		Authenticate:        s.authenticate,
		Challenge:           verify.Challenge,
		Groups:              newRemoteGroups(client, time.Now),
		Grant:               s.grantOf,
		GrantsURL:           s.config.IdentityURL + ".account/",
		Subscriptions:       notify.Services(s.space, channelTypes...),
		NotificationGateway: notify.Gateway(s.space),
		StrictOrigin:        s.config.StrictOrigin,
		Issuer:              s.config.IdentityURL,
		RulesURL:            s.config.IdentityURL + strings.TrimPrefix(rulesPath, "/"),
		UpdatesVia:          s.updatesURL(),
		Language:            language.Of,
		MaxBody:             s.config.MaxUpload,
		MaxDocument:         s.config.MaxDocument,
		CacheBytes:          shareOut(s.config.MemoryLimit).caches,
		Logger:              s.logger,
	})
	if err != nil {
		return err
	}
	s.notices, err = notify.New(notify.Config{
		Space:     s.space,
		Store:     s.store,
		Resources: s.storage,
		Types:     channelTypes,
		Limits:    notify.Limits{Storage: s.config.MaxChannels, Agent: (s.config.MaxChannels + 9) / 10},
		Logger:    s.logger,
	})
	if err != nil {
		return err
	}
	if err := s.openUpdates(ctx); err != nil {
		return err
	}
	if err := s.openMail(); err != nil {
		return err
	}
	var post account.Post // stays nil when there is no queue
	if s.letters != nil {
		post = s.letters
	}
	s.accounts = account.New(account.Config{
		Post:         post,
		ConfirmFirst: s.config.SMTP != "",
		Profiles:     profiles{s, client},
		ACLs:         s.storage,
		Store:        s.store,
		Sessions:     sessions,
		OIDC:         s.provider,
		Pods:         pods,
		Space:        s.space,
		Explainer:    s.storage,
		BaseURL:      s.config.IdentityURL,
		Registration: account.Registration(s.config.Registration),
		Quota:        s.config.AccountQuota,
		Logger:       s.logger,
	})
	s.verifier = verify.New(verify.Config{
		Issuer:       s.config.IdentityURL,
		OwnKeys:      s.provider.Keys,
		InForce:      s.provider.IsInForce,
		Fetch:        client,
		Proofs:       proofs,
		Bearer:       bearer,
		AllowHTTP:    loopback,
		LocalProfile: s.localProfile,
	})
	return nil
}

// serve listens until ctx is done, then drains.
func (s *Server) serve(ctx context.Context, listener net.Listener, stdout io.Writer) error {
	public, err := s.publicServer()
	if err != nil {
		return err
	}
	failed := make(chan error, 3)
	go func() { failed <- serveOn(public, listener) }()
	defer public.Close()

	if s.config.RedirectListen != "" {
		plainListener, err := net.Listen("tcp", s.config.RedirectListen)
		if err != nil {
			return fmt.Errorf("--redirect-listen: %w", err)
		}
		plain := s.newHTTPServer(http.HandlerFunc(s.redirectToHTTPS))
		go func() { failed <- plain.Serve(plainListener) }()
		defer plain.Close()
	}
	if s.config.OpsListen != "off" {
		opsListener, err := net.Listen("tcp", s.config.OpsListen)
		if err != nil {
			return fmt.Errorf("operations listener: %w (another address with --ops-listen, or off)", err)
		}
		ops := &http.Server{Handler: s.ops.handler(), ReadHeaderTimeout: 10 * time.Second}
		go func() { failed <- ops.Serve(opsListener) }()
		defer ops.Close()
		s.logger.Info("operations", "address", opsListener.Addr().String())
	}
	if !s.config.Memory {
		commands, err := s.serveTasks()
		if err != nil {
			return err
		}
		defer commands.Close()
	}
	defer inBackground(ctx, s.sweep)()
	defer inBackground(context.WithoutCancel(ctx), s.notices.Run)()
	defer inBackground(context.WithoutCancel(ctx), func(ctx context.Context) { s.outbox.Run(ctx, s.notices) })()
	if s.updates != nil {
		defer inBackground(ctx, s.updates.Run)()
	}

	fmt.Fprintf(stdout, "Domicile is ready at %s\n", s.config.BaseURL)
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	s.draining.Store(true)
	s.logger.Info("shutting down", "grace", drainTime)
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	s.notices.Close()
	if err := public.Shutdown(drain); err != nil {
		s.logger.Warn("requests were cut off", "error", err)
	}
	return nil
}

// inBackground runs a task; the function that it returns ends it and waits until
// it has.
func inBackground(ctx context.Context, task func(context.Context)) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() { defer close(ended); task(ctx) }()
	return func() { cancel(); <-ended }
}

// sweep writes down which grants were used, removes expired records and old
// changes now and then, a bounded number at a time, and lets the provider look
// after its keys.
func (s *Server) sweep(ctx context.Context) {
	ticker := time.NewTicker(sweepInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			if err := s.uses.Write(ctx, s.store); err != nil && ctx.Err() == nil {
				s.logger.Error("uses of grants not written", "error", err)
			}
			if err := s.accounts.EraseDue(ctx); err != nil && ctx.Err() == nil {
				s.logger.Error("deleted accounts not erased", "error", err)
			}
			if n, err := s.store.Sweep(ctx, sweepLimit); err != nil && ctx.Err() == nil {
				s.logger.Error("sweep of expired records failed", "error", err)
			} else if n > 0 {
				s.logger.Debug("swept expired records", "count", n)
			}
			if _, err := s.store.TrimChanges(ctx, time.Now().Add(-s.config.ChangeRetention), trimLimit); err != nil && ctx.Err() == nil {
				s.logger.Error("old changes not forgotten", "error", err)
			}
			if err := s.provider.MaintainKeys(ctx); err != nil && ctx.Err() == nil {
				s.logger.Error("signing keys were not looked after", "error", err)
			}
		}
	}
}

// openMail starts sending letters: through the mail server, or on a machine
// that only its developer reaches to the terminal.
func (s *Server) openMail() error {
	var sender mail.Sender
	switch {
	case s.config.SMTP != "":
		from := s.config.MailFrom
		if from == "" {
			identity, err := url.Parse(s.config.IdentityURL)
			if err != nil {
				return err
			}
			from = "noreply@" + identity.Hostname()
		}
		smtp, err := mail.NewSMTP(s.config.SMTP, from)
		if err != nil {
			return UsageError{fmt.Errorf("--smtp, --mail-from: %w", err)}
		}
		sender = smtp
	case isLoopback(s.config.IdentityURL):
		sender = mail.NewTerminal(s.terminal)
	default:
		return nil
	}
	s.letters = mail.NewQueue(sender, s.logger)
	return nil
}

func (s *Server) close() {
	if s.letters != nil {
		ctx, cancel := context.WithTimeout(context.Background(), mailGrace)
		s.letters.Close(ctx)
		cancel()
	}
	if s.replays != nil {
		if err := s.replays.Close(); err != nil {
			s.logger.Error("replay log did not close", "error", err)
		}
	}
	if s.store != nil {
		if err := s.store.Close(); err != nil {
			s.logger.Error("store did not close", "error", err)
		}
	}
}
