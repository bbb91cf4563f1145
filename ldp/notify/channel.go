package notify

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"iter"
	"strings"
	"time"

	"domicile/ldp"
	"domicile/rdfstore"
	"domicile/rdfstore/resource"
	"domicile/wac"
)

const (
	channels rdfstore.Bucket[Channel] = "notification-channels" // by id
	// holdings has the channels of a storage and those of an agent by
	// [holdingsOf] and id, to count them and to find them.
	holdings rdfstore.Bucket[struct{}] = "notification-channels-of"
	// endings has the channels that were given up, by id, for endingTime.
	endings    rdfstore.Bucket[ending] = "notification-channels-ended"
	endingTime                         = 7 * 24 * time.Hour
)

// ending is why a channel was given up, for its agent.
type ending struct {
	Agent  string // hash of the WebID
	Reason string
}

// Channel is a subscription to one topic. It is kept until it expires.
type Channel struct {
	ID   string
	Type string // name of a [Type]
	// Spelled is the type, and Format.Context the context, as the client wrote it.
	Spelled string
	Storage string
	Path    string
	// Description: the topic is the description resource of what Path names.
	Description bool `json:",omitempty"`
	// Agent is who subscribed and with which app; every message is decided on.
	Agent  wac.Agent
	Format Format
	// Features, as they were granted.
	StartAt, EndAt time.Time
	Rate           time.Duration `json:",omitempty"`
	Accept         string        `json:",omitempty"`
	State          string        `json:",omitempty"`
	// SendTo and Sender are of types that the server sends by itself.
	SendTo string `json:",omitempty"`
	Sender string `json:",omitempty"`
	// Since is the position that messages begin behind. A channel that has
	// been received from once begins anew wherever it is received from.
	Since    uint64
	Received bool `json:",omitempty"`
	Created  time.Time
	Expires  time.Time
}

// topic returns the resource that the channel is about.
func (c Channel) topic() resource.ID {
	id := resource.Root(c.Storage).Entry(c.Path)
	if c.Description {
		return id.Description()
	}
	return id
}

// newSecret makes the secret of a capability URL and the identifier that
// belongs to it.
func newSecret() (secret, id string) {
	secret = rand.Text()
	return secret, idOf(secret)
}

func idOf(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}

// holdingsOf returns the prefixes that a channel is counted under.
func holdingsOf(c Channel) [2]string {
	return [2]string{storageHoldings(c.Storage), agentHoldings(c.Agent.WebID)}
}

func storageHoldings(name string) string { return "storage/" + name + "/" }

// agentHoldings hashes the WebID, which may be long and hold any character. The
// public is one agent.
func agentHoldings(webID string) string { return "agent/" + idOf(webID) + "/" }

// create keeps a new channel, unless its storage or agent has as many as one
// may have. It sets Since.
func (s *Service) create(ctx context.Context, c *Channel) error {
	for prefix, limit := range map[string]int{storageHoldings(c.Storage): s.limits.Storage, agentHoldings(c.Agent.WebID): s.limits.Agent} {
		if full, err := s.isFull(ctx, prefix, limit); err != nil {
			return err
		} else if full {
			return &ldp.Error{Kind: ldp.TooManyRequests, Detail: "There are too many notification channels already. Delete those that are not needed any more, or let them end (endAt)."}
		}
	}
	err := s.store.Update(ctx, func(tx rdfstore.Tx) (err error) {
		if c.Since, err = tx.Revision(); err != nil {
			return err
		}
		for _, prefix := range holdingsOf(*c) {
			if err := holdings.Set(tx, prefix+c.ID, struct{}{}, c.Expires); err != nil {
				return err
			}
		}
		return channels.Set(tx, c.ID, *c, c.Expires)
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, prefix := range holdingsOf(*c) {
		if _, known := s.counts[prefix]; known {
			s.counts[prefix]++
		}
	}
	return nil
}

// isFull reports whether there are as many channels under a prefix as there may
// be. They are counted when that is not known, or seems to be so: those that ended
// are not taken off.
func (s *Service) isFull(ctx context.Context, prefix string, limit int) (bool, error) {
	s.mu.Lock()
	n, known := s.counts[prefix]
	s.mu.Unlock()
	if known && n < limit {
		return false, nil
	}
	n = 0
	err := s.store.View(ctx, func(r rdfstore.Reader) error {
		for _, err := range r.Records(string(holdings), prefix, "") {
			if err != nil {
				return err
			}
			if n++; n == limit {
				break
			}
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts[prefix] = n
	return n == limit, nil
}

// Channel returns a channel, or [rdfstore.ErrNotFound].
func (s *Service) Channel(ctx context.Context, id string) (c Channel, err error) {
	err = s.store.View(ctx, func(r rdfstore.Reader) error {
		c, err = channels.Get(r, id)
		return err
	})
	return c, err
}

// Channels yields all channels of a type.
func (s *Service) Channels(r rdfstore.StateReader, typeName string) iter.Seq2[Channel, error] {
	return func(yield func(Channel, error) bool) {
		for entry, err := range channels.All(r, "") {
			if (err != nil || entry.Value.Type == typeName) && !yield(entry.Value, err) {
				return
			}
		}
	}
}

// Remove ends a channel and forgets it. A missing one is no error.
func (s *Service) Remove(ctx context.Context, id string) error {
	err := s.store.Update(ctx, func(tx rdfstore.Tx) error { return remove(tx, id) })
	if err == nil {
		s.end(id, ErrEnded)
	}
	return err
}

// GiveUp ends a channel that can no longer be served. For a week its subscriber
// can read the reason, a sentence. A missing one is no error.
func (s *Service) GiveUp(ctx context.Context, id, reason string) error {
	err := s.store.Update(ctx, func(tx rdfstore.Tx) error {
		c, err := channels.Get(tx, id)
		if errors.Is(err, rdfstore.ErrNotFound) {
			return nil
		}
		if err == nil {
			err = remove(tx, id)
		}
		if err == nil {
			err = endings.Set(tx, id, ending{idOf(c.Agent.WebID), reason}, s.clock().Add(endingTime))
		}
		return err
	})
	if err == nil {
		s.end(id, ErrEnded)
	}
	return err
}

// endingOf is the error that says why an agent's channel is not there.
func (s *Service) endingOf(ctx context.Context, id, webID string) error {
	var e ending
	err := s.store.View(ctx, func(r rdfstore.Reader) (err error) {
		e, err = endings.Get(r, id)
		return err
	})
	switch {
	case errors.Is(err, rdfstore.ErrNotFound), err == nil && e.Agent != idOf(webID):
		return errNotFound
	case err != nil:
		return err
	}
	return &ldp.Error{Kind: ldp.Gone, Detail: e.Reason}
}

func remove(tx rdfstore.Tx, id string) error {
	c, err := channels.Take(tx, id)
	if errors.Is(err, rdfstore.ErrNotFound) {
		return nil
	}
	for _, prefix := range holdingsOf(c) {
		if err == nil {
			err = holdings.Delete(tx, prefix+id)
		}
	}
	return err
}

// eraseBatch bounds what one write function of an erasure removes.
const eraseBatch = 500

// EraseStorage forgets the channels about a storage.
func EraseStorage(ctx context.Context, store rdfstore.Store, name string) error {
	return erase(ctx, store, storageHoldings(name))
}

// EraseAgent forgets the channels of an agent.
func EraseAgent(ctx context.Context, store rdfstore.Store, webID string) error {
	return erase(ctx, store, agentHoldings(webID))
}

func erase(ctx context.Context, store rdfstore.Store, prefix string) error {
	for erased := eraseBatch; erased == eraseBatch; {
		err := store.Update(ctx, func(tx rdfstore.Tx) error {
			erased = 0
			for record, err := range tx.Records(string(holdings), prefix, "") {
				if err == nil {
					err = remove(tx, strings.TrimPrefix(record.Key, prefix))
				}
				if err == nil {
					err = tx.DeleteRecord(string(holdings), record.Key)
				}
				if err != nil {
					return err
				}
				if erased++; erased == eraseBatch {
					break
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
