package solid

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// newAccountAPI answers as Community Solid Server 7 does, with URLs that only
// a reader of the controls can know.
func newAccountAPI(t *testing.T) *httptest.Server {
	const token = "CSS-Account-Token t0k3n"
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	signedIn := func(r *http.Request) bool { return r.Header.Get("Authorization") == token }
	mux.HandleFunc("GET /.account/", func(w http.ResponseWriter, r *http.Request) {
		at := func(path string) string { return server.URL + path }
		controls := map[string]any{
			"account":  map[string]string{"create": at("/x/make")},
			"password": map[string]string{"login": at("/x/in")},
		}
		if signedIn(r) {
			controls["account"] = map[string]string{"pod": at("/x/7/pods"), "clientCredentials": at("/x/7/keys"), "logout": at("/x/7/out")}
			controls["password"] = map[string]string{"create": at("/x/7/password")}
		}
		writeJSON(w, http.StatusOK, map[string]any{"version": "0.5", "controls": controls})
	})
	post := func(path string, needsAccount bool, answer func(input map[string]string) (int, any)) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			if needsAccount && !signedIn(r) {
				writeJSON(w, http.StatusUnauthorized, map[string]any{"message": "sign in"})
				return
			}
			var input map[string]string
			if r.Header.Get("Content-Type") != "application/json" || json.NewDecoder(r.Body).Decode(&input) != nil {
				writeJSON(w, http.StatusBadRequest, map[string]any{"message": "not JSON"})
				return
			}
			status, value := answer(input)
			writeJSON(w, status, value)
		})
	}
	authorization := map[string]any{"authorization": "t0k3n"}
	post("/x/make", false, func(map[string]string) (int, any) { return http.StatusOK, authorization })
	post("/x/in", false, func(input map[string]string) (int, any) {
		if input["password"] != "right" {
			return http.StatusForbidden, map[string]any{"name": "ForbiddenHttpError", "message": "Invalid email/password combination.", "statusCode": 403}
		}
		return http.StatusOK, authorization
	})
	post("/x/7/password", true, func(input map[string]string) (int, any) {
		if input["email"] == "taken@example.org" {
			return http.StatusBadRequest, map[string]any{"message": "There already is a login for this e-mail address."}
		}
		return http.StatusOK, map[string]any{"resource": server.URL + "/x/7/password/1"}
	})
	post("/x/7/pods", true, func(input map[string]string) (int, any) {
		base := server.URL + "/" + input["name"] + "/"
		return http.StatusOK, map[string]any{"pod": base, "webId": base + "profile/card#me"}
	})
	post("/x/7/keys", true, func(input map[string]string) (int, any) {
		return http.StatusOK, map[string]any{"id": input["name"] + "_1", "secret": "s", "resource": server.URL + "/x/7/keys/1"}
	})
	post("/x/7/out", true, func(map[string]string) (int, any) { return http.StatusOK, map[string]any{} })
	mux.HandleFunc("GET /x/7/pods", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"pods": map[string]string{"https://b/": "2", "https://a/": "1"}})
	})
	mux.HandleFunc("DELETE /x/7/keys/1", func(w http.ResponseWriter, r *http.Request) {
		if !signedIn(r) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		writeJSON(w, http.StatusOK, map[string]any{})
	})
	return server
}

func TestAccount(t *testing.T) {
	server, ctx := newAccountAPI(t), t.Context()
	account, err := SignUp(ctx, server.URL+"/", "alice@example.org", "right")
	if err != nil {
		t.Fatal(err)
	}
	pod, err := account.CreatePod(ctx, "alice")
	if err != nil {
		t.Fatal(err)
	}
	if want := (Pod{URL: server.URL + "/alice/", WebID: server.URL + "/alice/profile/card#me"}); pod != want {
		t.Errorf("pod is %+v, want %+v", pod, want)
	}
	credentials, err := account.CreateCredentials(ctx, "script", pod.WebID)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Credentials{ID: "script_1", Secret: "s", Resource: server.URL + "/x/7/keys/1"}); credentials != want {
		t.Errorf("credentials are %+v, want %+v", credentials, want)
	}
	if err := account.DeleteCredentials(ctx, credentials); err != nil {
		t.Error(err)
	}
	if pods, err := account.Pods(ctx); err != nil || !slices.Equal(pods, []string{"https://a/", "https://b/"}) {
		t.Errorf("pods are %v, %v", pods, err)
	}
	if err := account.SignOut(ctx); err != nil {
		t.Error(err)
	}
	if _, err := SignIn(ctx, server.URL, "alice@example.org", "right"); err != nil {
		t.Error(err)
	}
}

func TestAccountRefusals(t *testing.T) {
	server := newAccountAPI(t)
	for name, test := range map[string]struct {
		open    func() (*Account, error)
		status  int
		message string
	}{
		"e-mail is taken": {
			func() (*Account, error) { return SignUp(t.Context(), server.URL, "taken@example.org", "right") },
			http.StatusBadRequest, "There already is a login for this e-mail address.",
		},
		"wrong password": {
			func() (*Account, error) { return SignIn(t.Context(), server.URL, "alice@example.org", "wrong") },
			http.StatusForbidden, "Invalid email/password combination.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := test.open()
			var refused *StatusError
			if !errors.As(err, &refused) || refused.Status != test.status || refused.Message != test.message {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAccountControlIsMissing(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]any{"controls": map[string]any{}})
	}))
	t.Cleanup(server.Close)
	_, err := SignUp(t.Context(), server.URL, "alice@example.org", "right")
	if err == nil || !strings.Contains(err.Error(), "does not offer account.create") {
		t.Errorf("got %v", err)
	}
}
