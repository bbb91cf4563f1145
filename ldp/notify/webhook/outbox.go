package webhook

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"domicile/ldp/notify"
	"domicile/rdfstore"
)

const (
	// faultPause is how long a channel rests after a fault of the server's own.
	faultPause = 10 * time.Second
	// restPause is how far behind the feed the saved cursor of a channel may be
	// whose topic rests.
	restPause = time.Hour
)

// running is what deliveries need.
type running struct {
	ctx     context.Context
	service *notify.Service
	working sync.WaitGroup
}

// Run delivers until ctx is done.
func (o *Outbox) Run(ctx context.Context, service *notify.Service) {
	r := &running{ctx: ctx, service: service}
	o.mu.Lock()
	o.running = r
	o.mu.Unlock()
	for wait := time.Duration(0); sleep(ctx, wait); wait = faultPause {
		kept, err := o.kept(ctx, service)
		if err == nil {
			for id, p := range kept {
				o.serve(id, p)
			}
			break
		}
		if ctx.Err() == nil {
			o.config.Logger.ErrorContext(ctx, "webhook channels not read", "error", err)
		}
	}
	o.saveUntil(ctx)
	r.working.Wait()
	o.save(context.WithoutCancel(ctx))
}

// serve begins to deliver the messages of a channel, unless it is served. Until
// the outbox runs there is nothing to do: it finds the channel in the store.
func (o *Outbox) serve(id string, p progress) {
	o.mu.Lock()
	defer o.mu.Unlock()
	r := o.running
	if _, served := o.serving[id]; served || r == nil || r.ctx.Err() != nil {
		return
	}
	o.serving[id] = struct{}{}
	r.working.Go(func() {
		o.deliver(r, id, p)
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.serving, id)
	})
}

// deliver sends the messages of a channel until it is over or the outbox ends.
func (o *Outbox) deliver(r *running, id string, p progress) {
	for sleep(r.ctx, time.Until(p.Next)) {
		switch err := o.send(r, id, &p); {
		case err == nil: // p says when to try again
		case errors.Is(err, rdfstore.ErrNotFound), errors.Is(err, notify.ErrEnded), errors.Is(err, notify.ErrRevoked):
			o.forget(id)
			return
		case errors.Is(err, notify.ErrShutdown), r.ctx.Err() != nil:
			return
		default:
			o.config.Logger.Error("a webhook channel rests", "channel", id, "error", err)
			p.Next = time.Now().Add(faultPause)
		}
	}
}

// send sends what there is behind p, and what comes, and notes in p how far it
// came. It returns nil when a message has to be tried again.
func (o *Outbox) send(r *running, id string, p *progress) error {
	ctx := r.ctx
	c, err := r.service.Channel(ctx, id)
	if err != nil {
		return err
	}
	st, err := r.service.Open(ctx, c, p.Cursor)
	if errors.Is(err, notify.ErrRevoked) {
		return errors.Join(err, r.service.Remove(ctx, id))
	}
	if err != nil {
		return err
	}
	defer st.Close()
	saved := time.Now()
	for {
		e, err := st.Next(ctx)
		if errors.Is(err, notify.ErrIdle) {
			if cursor := st.Cursor(); cursor != "" && time.Since(saved) >= restPause {
				p.Cursor, saved = cursor, time.Now()
				o.note(c, *p)
			}
			continue
		}
		if err != nil {
			return err
		}
		receipt, noAnswer, err := o.post(ctx, c, st, e)
		if err == nil && noAnswer != nil {
			err = ctx.Err() // if that is why
		}
		if err != nil {
			return err
		}
		p.Failures++
		verdict := judge(receipt, noAnswer, p.Failures)
		if !verdict.delivered {
			return o.failed(r, c, p, verdict)
		}
		o.metrics.delivered.Add(1)
		*p = progress{Cursor: e.ID.String()}
		saved = time.Now()
		o.note(c, *p)
	}
}

// failed notes when to try again, or gives the channel up.
func (o *Outbox) failed(r *running, c notify.Channel, p *progress, verdict outcome) error {
	o.metrics.failed.Add(1)
	if verdict.reason == "" {
		p.Next = time.Now().Add(verdict.pause)
		o.note(c, *p)
		return nil
	}
	o.metrics.givenUp.Add(1)
	o.config.Logger.InfoContext(r.ctx, "webhook channel given up", "channel", c.ID, "reason", verdict.reason)
	if err := r.service.GiveUp(r.ctx, c.ID, verdict.reason); err != nil {
		return err
	}
	return notify.ErrEnded
}

// post sends one message when it is its turn; noAnswer is why there was none.
func (o *Outbox) post(ctx context.Context, c notify.Channel, st *notify.Stream, e *notify.Event) (receipt Receipt, noAnswer, err error) {
	done, err := o.targets.turn(ctx, c.SendTo)
	if err != nil {
		return Receipt{}, nil, err
	}
	defer done()
	if err := st.Confirm(ctx, e); err != nil {
		return Receipt{}, nil, err
	}
	m := Message{MediaType: c.Format.MediaType, Header: http.Header{}}
	if m.Body, err = st.Render(e); err != nil {
		return Receipt{}, nil, err
	}
	if err := o.config.Sender.Authorize(m.Header, http.MethodPost, c.SendTo); err != nil {
		return Receipt{}, nil, err
	}
	receipt, noAnswer = o.config.Client.Post(ctx, c.SendTo, m)
	return receipt, noAnswer, nil
}

// sleep waits and reports whether ctx still holds.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
