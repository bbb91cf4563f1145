package ldp

import (
	"math"
	"net/http"

	"domicile/rdfstore"
)

// allowance is how much content a request may have for the quotas of its
// storage: the room that they leave and what the content replaces.
type allowance struct {
	room     rdfstore.Room
	replaced int64
}

// most is the most bytes of content.
func (a *allowance) most() int64 {
	if a.room.Left > math.MaxInt64-a.replaced {
		return math.MaxInt64
	}
	return a.room.Left + a.replaced
}

// admit refuses content of so many bytes, if it has no room.
func (a *allowance) admit(bytes int64) error { return a.room.Admit(bytes - a.replaced) }

// checkRoom refuses content that announces to exceed a quota, before it comes
// (SP-HTTP-15), and notes how much may come. The store decides when it has come
// (SP-HTTP-10). What describes a container is stored in another form, of a
// size that nobody knows yet.
func (s *session) checkRoom(q *request, t *target, makesContainer bool) error {
	if makesContainer || describesContainer(t.id) && q.Method == http.MethodPut {
		return nil
	}
	room, err := rdfstore.RoomOf(s.Reader, t.storage)
	if err != nil {
		return err
	}
	q.allowance = &allowance{room: room}
	if q.Method == http.MethodPut {
		q.allowance.replaced = t.record.Size
	}
	return q.allowance.admit(q.ContentLength)
}
