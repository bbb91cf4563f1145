package webhook

import (
	"context"
	"errors"
	"maps"
	"time"

	"domicile/ldp/notify"
	"domicile/rdfstore"
)

const (
	progresses rdfstore.Bucket[progress] = "webhook-progress" // by channel
	// saveInterval is how much of what was delivered a crash may repeat. It puts
	// the progress of many channels into one write.
	saveInterval = time.Second
	// savedAtOnce bounds that write.
	savedAtOnce = 5000
)

// progress is how far the delivery of a channel has come. It is kept until the
// channel expires.
type progress struct {
	Cursor   string    // of the stream, behind the last message that was delivered; "" at the beginning
	Failures int       `json:",omitempty"` // tries of the next one
	Next     time.Time `json:",omitzero"`  // when it is tried again
}

// unsaved is progress to save; nil to delete.
type unsaved struct {
	progress *progress
	expires  time.Time
}

// kept returns the channels that there are, with their progress.
func (o *Outbox) kept(ctx context.Context, service *notify.Service) (map[string]progress, error) {
	kept := map[string]progress{}
	err := o.config.Store.View(ctx, func(r rdfstore.Reader) error {
		for c, err := range service.Channels(r, TypeName) {
			if err != nil {
				return err
			}
			p, err := progresses.Get(r, c.ID)
			if err != nil && !errors.Is(err, rdfstore.ErrNotFound) {
				return err
			}
			kept[c.ID] = p
		}
		return nil
	})
	return kept, err
}

// note has progress saved soon, forget deleted.
func (o *Outbox) note(c notify.Channel, p progress) {
	o.noteAll(map[string]unsaved{c.ID: {&p, c.Expires}})
}

func (o *Outbox) forget(id string) { o.noteAll(map[string]unsaved{id: {}}) }

func (o *Outbox) noteAll(all map[string]unsaved) {
	o.mu.Lock()
	defer o.mu.Unlock()
	maps.Copy(o.unsaved, all)
	select {
	case o.noted <- struct{}{}:
	default:
	}
}

// saveUntil saves what is noted until ctx is done.
func (o *Outbox) saveUntil(ctx context.Context) {
	for {
		select {
		case <-o.noted:
		case <-ctx.Done():
			return
		}
		if !sleep(ctx, saveInterval) {
			return
		}
		o.save(ctx)
	}
}

// save writes what has been noted.
func (o *Outbox) save(ctx context.Context) {
	for some := o.takeUnsaved(); len(some) > 0; some = o.takeUnsaved() {
		err := o.config.Store.Update(ctx, func(tx rdfstore.Tx) error { return write(tx, some) })
		if err == nil {
			continue
		}
		if ctx.Err() == nil {
			o.config.Logger.ErrorContext(ctx, "progress of webhooks not saved", "error", err)
		}
		o.mu.Lock()
		for id := range o.unsaved {
			delete(some, id) // there is newer
		}
		o.mu.Unlock()
		o.noteAll(some)
		return
	}
}

func write(w rdfstore.StateWriter, some map[string]unsaved) error {
	for id, u := range some {
		err := error(nil)
		if u.progress == nil {
			err = progresses.Delete(w, id)
		} else {
			err = progresses.Set(w, id, *u.progress, u.expires)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (o *Outbox) takeUnsaved() map[string]unsaved {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.unsaved) <= savedAtOnce {
		all := o.unsaved
		o.unsaved = map[string]unsaved{}
		return all
	}
	some := map[string]unsaved{}
	for id, u := range o.unsaved {
		if len(some) == savedAtOnce {
			break
		}
		some[id] = u
		delete(o.unsaved, id)
	}
	return some
}
