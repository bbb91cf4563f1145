package notifications

import (
	"net/url"
	"strings"

	"domicile/conformance/suite"
)

// returning are about those who were away.
var returning = []suite.Case{
	suite.Decision("NOT-FEAT-03", "who comes back with the id of a message (?after=) goes on behind it", func(t *suite.T) {
		topic := document(t, "doc")
		made, _ := subscribe(t.Alice, service(t, webSocket), webSocket, topic, nil)
		l := connect(t, made.ReceiveFrom)
		var ids []string
		for range 6 {
			update(t, topic)
			ids = append(ids, l.want("Update", topic).ID)
		}
		for i, id := range ids[:5] {
			again := connect(t, behind(t, made.ReceiveFrom, id))
			if next := again.want("Update", topic); next.ID != ids[i+1] {
				t.Failf("behind message %d told is %s, want %s", i, again.last, ids[i+1])
			}
		}
	}),
	suite.Decision("NOT-FEAT-03", "who comes back with an id that is not known any more is told the state", func(t *suite.T) {
		topic := document(t, "doc")
		made, _ := subscribe(t.Alice, service(t, webSocket), webSocket, topic, nil)
		l := connect(t, made.ReceiveFrom)
		state := update(t, topic).WantETag()
		id := l.want("Update", topic).ID
		const form = "urn:uuid:" // whose first digits are those of the store's epoch
		if !strings.HasPrefix(id, form) {
			t.Failf("the id is %s", id)
		}
		digit := "0"
		if strings.HasPrefix(id, form+digit) {
			digit = "1"
		}
		again := connect(t, behind(t, made.ReceiveFrom, form+digit+id[len(form)+1:]))
		if m := again.want("Update", topic); m.State == "" || !strings.HasPrefix(strings.Trim(state, `"`), m.State) {
			t.Failf("told is %s, want the state of %s", again.last, state)
		}
	}),
	suite.Decision("NOT-FEAT-04", "with a rate, what is told in the end is the last state", func(t *suite.T) {
		topic := document(t, "doc")
		l := listen(t, t.Alice, topic, map[string]any{"rate": "PT3S"})
		state := ""
		for range 4 {
			state = strings.Trim(update(t, topic).WantETag(), `"`)
		}
		for {
			told := strings.Trim(l.want("Update", topic).State, `"`)
			if told == "" {
				t.NotApplicable("messages have no state")
			}
			if strings.HasPrefix(state, told) {
				return
			}
		}
	}),
}

// behind is where a channel is received from behind a message.
func behind(t *suite.T, receiveFrom, id string) string {
	u, err := url.Parse(receiveFrom)
	if err != nil {
		t.Failf("receiveFrom is %q: %v", receiveFrom, err)
	}
	query := u.Query()
	query.Set("after", id)
	u.RawQuery = query.Encode()
	return u.String()
}
