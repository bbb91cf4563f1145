package webhook

import (
	"net/http"
	"strings"
	"testing"
)

func TestSubscription(t *testing.T) {
	inWorld(t, func(w *world) {
		for name, test := range map[string]struct {
			as     string
			topic  string
			sendTo string
			status int
			says   string
		}{
			"NOT-WH-01 nobody":                   {"", "shared/", hook, http.StatusUnauthorized, "token"},
			"N04 somebody without access":        {"https://eve.example/#me", "shared/", hook, http.StatusForbidden, ""},
			"N06 no sendTo":                      {bob, "shared/", "", http.StatusUnprocessableEntity, "sendTo"},
			"N17 where nothing can be sent":      {bob, "shared/", "http://127.0.0.1/", http.StatusUnprocessableEntity, "public address"},
			"who has no access is not looked up": {"https://eve.example/#me", "shared/", "http://127.0.0.1/", http.StatusForbidden, ""},
		} {
			wanted := map[string]string{"topic": w.url(test.topic)}
			if test.sendTo != "" {
				wanted["sendTo"] = test.sendTo
			}
			a := w.ask(test.as, wanted)
			if a.Code != test.status || !strings.Contains(a.Body.String(), test.says) || strings.Contains(a.Body.String(), errRefused.Error()) {
				t.Errorf("%s: %d %s", name, a.Code, a.Body)
			}
		}
		a := w.ask(bob, map[string]string{"topic": w.url("shared/"), "sendTo": hook})
		for _, part := range []string{`"sendTo":"` + hook, `"sender":"` + sender, `"topic":"` + w.url("shared/"), `"id":"` + base + ".notifications/channels/"} {
			if a.Code != http.StatusOK || !strings.Contains(a.Body.String(), part) {
				t.Errorf("NOT-SUB-06: %d without %s: %s", a.Code, part, a.Body)
			}
		}
		if strings.Contains(a.Body.String(), "receiveFrom") {
			t.Errorf("there is something to receive from: %s", a.Body)
		}
	})
}

// TestPublicTopic: who is not signed in gets no webhook of what everybody may
// read either.
func TestPublicTopic(t *testing.T) {
	inWorld(t, func(w *world) {
		w.put("shared/.acl", w.acl("shared/", "acl:agentClass <http://xmlns.com/foaf/0.1/Agent>"))
		a := w.ask("", map[string]string{"topic": w.url("shared/"), "sendTo": hook})
		if a.Code != http.StatusUnauthorized || a.Header().Get("WWW-Authenticate") == "" {
			t.Errorf("NOT-WH-01: %d %s", a.Code, a.Body)
		}
		w.subscribe("shared/", hook)
	})
}
