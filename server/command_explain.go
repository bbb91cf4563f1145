package server

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/url"
	"strings"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/server/admin"
	"domicile/server/grant"
	"domicile/wac"
)

// whoMay asks what somebody may do with a resource.
type whoMay struct{ Resource, WebID, Client, Issuer, Origin string }

func podExplain(flags *flag.FlagSet) action {
	var q whoMay
	flags.StringVar(&q.WebID, "as", "", "`WEBID` of the agent (default everyone, signed in or not)")
	flags.StringVar(&q.Client, "client", "", "client identifier, `ID`, of the app that the agent uses")
	flags.StringVar(&q.Issuer, "issuer", "", "`ISSUER` that vouches for the agent (default this server)")
	flags.StringVar(&q.Origin, "origin", "", "web `ORIGIN` of the app; it counts under --strict-origin only")
	return func(ctx context.Context, c *invocation, args []string) error {
		if len(args) != 1 {
			return errArguments
		}
		if u, err := url.Parse(q.WebID); q.WebID != "" && (err != nil || u.Scheme == "" || u.Host == "") {
			return UsageError{fmt.Errorf("--as %q: want a WebID, such as https://pods.example/alice/profile/card#me", q.WebID)}
		}
		q.Resource = args[0]
		return c.do(ctx, explainTask, q, c.console)
	}
}

// explain answers with what [ldp.Handler.Explain] says, for the operator.
func (s *Server) explain(ctx context.Context, input whoMay, out admin.Output) error {
	if _, err := s.service(ctx); err != nil {
		return err
	}
	agent, err := s.agentAskedAbout(ctx, input)
	if err != nil {
		return err
	}
	question := ldp.Question{Resource: input.Resource, Agent: agent}
	access, err := s.storage.Explain(ctx, nil, question)
	if err != nil {
		return fmt.Errorf("%s: %w", input.Resource, err)
	}
	describeAccess(out, input.WebID, access)
	if len(access.Members) == 0 {
		return nil
	}
	fmt.Fprintln(out)
	return table(out, "MEMBER\tMAY\tEVERYONE MAY", func(row func(cells ...any)) error {
		for {
			for _, m := range access.Members {
				row(m.Resource, cmp.Or(listed(m.Modes), "-"), cmp.Or(listed(m.Public), "-"))
			}
			if question.After = access.Next; question.After == "" {
				return nil
			}
			if access, err = s.storage.Explain(ctx, nil, question); err != nil {
				return err
			}
		}
	})
}

// agentAskedAbout is the agent of a request with a token like the one described, with
// what was granted to the app when the agent's WebID is in a pod here.
func (s *Server) agentAskedAbout(ctx context.Context, q whoMay) (wac.Agent, error) {
	agent := wac.Agent{WebID: q.WebID, Client: q.Client, Issuer: q.Issuer, Origin: q.Origin}
	if q.WebID == "" {
		return agent, nil
	}
	agent.Issuer = cmp.Or(q.Issuer, s.config.IdentityURL)
	id, err := s.space.ParseIRI(q.WebID)
	if err != nil || q.Client == "" || agent.Issuer != s.config.IdentityURL {
		return agent, nil
	}
	err = s.store.View(ctx, func(r rdfstore.Reader) error {
		pod, err := r.Storage(id.Storage())
		if err != nil {
			return err
		}
		g, err := grant.For(r, pod.Account, q.Client, q.WebID)
		agent.Grant = g.ID
		return err
	})
	if errors.Is(err, rdfstore.ErrNotFound) {
		agent.Grant, err = noGrant, nil
	}
	return agent, err
}

// describeAccess says it in sentences; who is "" for everyone.
func describeAccess(out io.Writer, who string, a ldp.Access) {
	fmt.Fprintln(out, a.Resource)
	if !a.Exists {
		fmt.Fprintln(out, "does not exist; this is what its container passes on")
	}
	if who != "" {
		fmt.Fprintf(out, "%s may %s\n", who, cmp.Or(listed(a.Modes), "do nothing"))
	}
	fmt.Fprintf(out, "everyone may %s\n", cmp.Or(listed(a.Public), "do nothing"))
	if len(a.Ungranted) > 0 {
		fmt.Fprintf(out, "the app was not granted %s\n", listed(a.Ungranted))
	}
	if len(a.Withheld) > 0 {
		fmt.Fprintf(out, "the app's web origin is not allowed %s\n", listed(a.Withheld))
	}
	if a.Owner {
		fmt.Fprintln(out, "it is the owner, who has control whatever the ACLs say")
	}
	switch {
	case a.ACL == "" && len(a.Public) > 0:
		fmt.Fprintln(out, "it describes the storage, which is for everyone whatever the ACLs say")
		return
	case a.ACL == "":
		fmt.Fprintln(out, "there is no ACL up to the root of the pod, so nobody else is allowed anything")
		return
	case a.Unreadable:
		fmt.Fprintf(out, "decided by %s, which cannot be read and so allows nothing\n", a.ACL)
	case a.Inherited:
		fmt.Fprintf(out, "decided by %s, which it inherits\n", a.ACL)
	default:
		fmt.Fprintf(out, "decided by %s\n", a.ACL)
	}
	for _, rule := range a.Authorizations {
		name := strings.TrimPrefix(rule.Authorization, a.ACL)
		if rule.Matches {
			fmt.Fprintf(out, "  %s counts: %s\n", name, listed(rule.Modes))
			continue
		}
		var reasons []string
		for _, reason := range rule.Reasons {
			reasons = append(reasons, reason.Text)
		}
		fmt.Fprintf(out, "  %s does not count: %s\n", name, strings.Join(reasons, "; "))
	}
	for _, change := range a.Changes {
		by := cmp.Or(change.Agent, "everyone")
		if change.Client != "" {
			by += " with " + change.Client
		}
		fmt.Fprintf(out, "%s %s by %s\n", change.At.Format("2006-01-02 15:04"), change.What, by)
	}
}

// listed is modes in a line.
func listed(modes []string) string { return strings.Join(modes, ", ") }
