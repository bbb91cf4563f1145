package suite

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"domicile/rdfstore/rdf"
)

// T is a case that is being tried.
type T struct {
	// Alice owns the storage; Bob is somebody else, there for cases that need
	// [SecondAgent]; Nobody is not signed in.
	Alice, Bob, Nobody *Agent
	Target             *Target

	ctx      context.Context
	slug     string
	started  time.Time
	patience *patience
	once     sync.Once

	mu        sync.Mutex
	expires   time.Time   // when the time of the case is up
	expiry    *time.Timer // ends ctx then
	exchanges []Exchange
	outcome   Outcome // Passed until something else is known
	reason    string
	blamed    int
	made      bool // the container exists
	cleanups  []func(context.Context)
}

// newT returns a case whose context ends with another or after a time. The
// function releases what that takes.
func newT(ctx context.Context, target *Target, slug string, limit time.Duration, patience *patience) (*T, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	now := time.Now()
	t := &T{
		Target: target, ctx: ctx, slug: slug, started: now, patience: patience, outcome: Passed, blamed: -1,
		expires: now.Add(limit), expiry: time.AfterFunc(limit, cancel),
	}
	t.Alice, t.Nobody = &Agent{t, target.Alice}, &Agent{t, target.nobody}
	if target.Bob != nil {
		t.Bob = &Agent{t, target.Bob}
	}
	return t, func() {
		t.expiry.Stop()
		cancel()
	}
}

// Context ends when the time of the case is up.
func (t *T) Context() context.Context { return t.ctx }

// Container returns the URL of the case's own container. It is empty at
// first, and nobody but Alice may do anything in it.
func (t *T) Container() string {
	container := t.Target.container + t.slug + "/"
	t.once.Do(func() {
		t.mu.Lock()
		t.made = true
		t.mu.Unlock()
		t.Alice.Put(container, Turtle(""), TypeLink(BasicContainer)).WantSuccess()
	})
	return container
}

// URL returns the URL of something in the case's container.
func (t *T) URL(name string) string { return t.Container() + name }

// Failf ends the case: what the server did is not right.
func (t *T) Failf(format string, args ...any) {
	t.end(Failed, -1, fmt.Sprintf(format, args...))
	t.stop()
}

// NotApplicable ends the case: the server does not offer what it is about, and
// need not.
func (t *T) NotApplicable(format string, args ...any) {
	t.end(Inapplicable, -1, fmt.Sprintf(format, args...))
	t.stop()
}

// untested ends the case: the run lacks the means to try it.
func (t *T) untested(reason string) {
	t.end(Untested, -1, reason)
	t.stop()
}

// Cleanup has something done after the case, the latest first. The case's
// container is deleted anyway.
func (t *T) Cleanup(do func(context.Context)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.cleanups = append(t.cleanups, do)
}

// end keeps the first thing that ends the case.
func (t *T) end(outcome Outcome, blamed int, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.outcome == Passed {
		t.outcome, t.blamed, t.reason = outcome, blamed, reason
	}
}

// run runs the case in a goroutine of its own, so that one that hangs or
// panics is a result too.
func (t *T) run(do func(*T)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer func() {
			if value := recover(); value != nil {
				t.end(Failed, -1, fmt.Sprintf("panic: %v\n%s", value, debug.Stack()))
			}
		}()
		do(t)
	}()
	select {
	case <-done:
	case <-t.ctx.Done():
		t.end(Failed, -1, "the time of the case was up")
	}
}

// clean deletes what the case made.
func (t *T) clean(ctx context.Context) {
	t.mu.Lock()
	cleanups, made := t.cleanups, t.made
	t.mu.Unlock()
	for i := len(cleanups) - 1; i >= 0; i-- {
		cleanups[i](ctx)
	}
	if made {
		t.Target.remove(ctx, t.Target.container+t.slug+"/")
	}
}

// SetACL gives a resource an ACL document with the authorizations, which are
// the insides of blank nodes in Turtle, such as
//
//	acl:agentClass foaf:Agent; acl:accessTo <…>; acl:mode acl:Read
//
// Alice keeps all modes on the resource and, if it is a container, on what is
// in it.
func (t *T) SetACL(resource string, authorizations ...string) {
	acl := t.Alice.Head(resource).WantSuccess().WantLink("acl")
	t.PutACL(acl, append(authorizations, fmt.Sprintf(
		"acl:agent <%s>; acl:accessTo <%s>; acl:default <%[2]s>; acl:mode acl:Read, acl:Write, acl:Control", t.Alice.WebID, resource))...)
}

// PutACL writes an ACL document of these authorizations and no other.
func (t *T) PutACL(acl string, authorizations ...string) {
	text := fmt.Sprintf("@prefix acl: <%s>.\n@prefix foaf: <%s>.\n", rdf.ACL, rdf.FOAF)
	for _, authorization := range authorizations {
		text += "[] a acl:Authorization; " + strings.TrimRight(authorization, " .") + ".\n"
	}
	t.Alice.Put(acl, Turtle(text)).WantSuccess()
}

// Agent is who sends requests in a case.
type Agent struct {
	t *T
	*Identity
}

// Get, Head, Options, Put, Post, Patch and Delete send a request of that
// method; Do sends any. Redirects are not followed. The path is sent as it
// stands, malformed ones included.
func (a *Agent) Get(url string, parts ...Part) *Answer  { return a.Do(http.MethodGet, url, parts...) }
func (a *Agent) Head(url string, parts ...Part) *Answer { return a.Do(http.MethodHead, url, parts...) }
func (a *Agent) Options(url string, parts ...Part) *Answer {
	return a.Do(http.MethodOptions, url, parts...)
}
func (a *Agent) Put(url string, parts ...Part) *Answer  { return a.Do(http.MethodPut, url, parts...) }
func (a *Agent) Post(url string, parts ...Part) *Answer { return a.Do(http.MethodPost, url, parts...) }
func (a *Agent) Patch(url string, parts ...Part) *Answer {
	return a.Do(http.MethodPatch, url, parts...)
}
func (a *Agent) Delete(url string, parts ...Part) *Answer {
	return a.Do(http.MethodDelete, url, parts...)
}

// Do sends a request. Without an answer the case fails. When the server says
// that it is asked too often, it is asked again later, unless with a proof of
// the case's own, which is good once.
func (a *Agent) Do(method, url string, parts ...Part) *Answer {
	for {
		answer := a.Try(method, url, parts...)
		if answer.Status == 0 {
			answer.Failf("no answer: %s", answer.Error)
		}
		if answer.Status != http.StatusTooManyRequests {
			return answer
		}
		if answer.RequestHeader.Get("DPoP") != "" || !a.t.pause(answer) {
			a.t.untested("the server says that it is asked too often: try again later")
		}
	}
}

// Try sends a request that may get no answer; the status is 0 then.
func (a *Agent) Try(method, url string, parts ...Part) *Answer {
	began := time.Since(a.t.started)
	answer := send(a.t.ctx, a.Identity, method, url, parts)
	answer.t, answer.Exchange.At = a.t, began
	a.t.mu.Lock()
	defer a.t.mu.Unlock()
	answer.index = len(a.t.exchanges)
	a.t.exchanges = append(a.t.exchanges, answer.Exchange)
	return answer
}

// stop ends the goroutine that the case runs in.
func (t *T) stop() { runtime.Goexit() }
