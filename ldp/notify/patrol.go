package notify

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"domicile/rdfstore"
)

const (
	// patrolTime is how often all channels are looked at.
	patrolTime  = 10 * time.Minute
	patrolBatch = 200
)

// patrol removes the channels of agents that lost access to topics at which
// nothing happened since, with their grant for example, and ends streams whose
// channel is no longer kept.
func (s *Service) patrol(ctx context.Context) error {
	for after := ""; ; {
		var batch []Channel
		err := s.store.View(ctx, func(r rdfstore.Reader) error {
			for record, err := range r.Records(string(channels), "", after) {
				if err != nil {
					return err
				}
				var c Channel
				if err := json.Unmarshal(record.Value, &c); err != nil {
					return err
				}
				batch, after = append(batch, c), record.Key
				if len(batch) == patrolBatch {
					break
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, c := range batch {
			readable, err := s.resources.Readable(ctx, c.Agent, c.topic())
			if err == nil && !readable.Now {
				s.metrics.revoked.Add(1)
				err = s.Remove(ctx, c.ID)
			}
			if err != nil {
				return err
			}
		}
		if len(batch) < patrolBatch {
			return s.endForgotten(ctx)
		}
	}
}

// endForgotten ends the streams whose channels have been erased, and forgets how
// many there are.
func (s *Service) endForgotten(ctx context.Context) error {
	s.mu.Lock()
	clear(s.counts)
	var ids []string
	for id := range s.live {
		ids = append(ids, id)
	}
	s.mu.Unlock()
	for _, id := range ids {
		_, err := s.Channel(ctx, id)
		if errors.Is(err, rdfstore.ErrNotFound) {
			s.end(id, ErrEnded)
		} else if err != nil {
			return err
		}
	}
	return nil
}
