package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"domicile/clients/solid"
)

const (
	agents   = 8
	password = "correct horse battery"
	// everything is what the public may do in the public container, so that
	// writes can be measured without tokens.
	everything = "acl:Read, acl:Append, acl:Write"
)

// sizes of the large containers.
var sizes = []int{1000, 10_000}

// largest is the size of a container that is made for its own cases only.
const largest = 100_000

func listPath(s *site, n int) string { return fmt.Sprintf("%slist-%d/", s.public, n) }

// seedByHTTP seeds a server with the account API, as its users would.
func seedByHTTP(ctx context.Context, s *site) error {
	account, err := solid.SignUp(ctx, s.origin, "alice@example.org", password)
	if err != nil {
		return err
	}
	pod, err := account.CreatePod(ctx, "alice")
	if err != nil {
		return err
	}
	credentials, err := account.CreateCredentials(ctx, "bench", pod.WebID)
	if err != nil {
		return err
	}
	s.owner = pod.WebID
	for range agents {
		session, err := solid.Login(ctx, s.origin, credentials)
		if err != nil {
			return err
		}
		s.agents = append(s.agents, session)
	}
	var calls []call
	for container, public := range map[string]string{s.public: everything, s.private: ""} {
		// The document brings the container, which its ACL needs.
		first := []call{put(container+"first.ttl", turtle, document(0)), put(container+".acl", turtle, acl(s.origin+container, s.owner, public))}
		for _, c := range first {
			if err := s.send(ctx, 1, func(int) call { return c.asOwner() }); err != nil {
				return err
			}
		}
		for i := range documents {
			calls = append(calls, put(documentPath(container, i), turtle, document(i)).asOwner())
		}
	}
	for i := range documents {
		calls = append(calls, put(editPath(s, i), turtle, document(i)).asOwner())
	}
	calls = append(calls, put(s.public+"blob.bin", binary, blob()).asOwner())
	if err := s.send(ctx, len(calls), func(i int) call { return calls[i] }); err != nil {
		return err
	}
	for _, n := range sizes {
		if s.name == "css" {
			err = memberFiles(s, listPath(s, n), n/s.thin)
		} else {
			err = fill(ctx, s, n)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func fill(ctx context.Context, s *site, n int) error {
	return s.send(ctx, n/s.thin, func(i int) call { return put(listPath(s, n)+memberName(i), turtle, member(i)) })
}

// fillLargest makes the largest container and starts the server again, so that its
// memory is not that of the writing. Listings of 1,000 bring it to what any
// listing takes.
func fillLargest(ctx context.Context, s *site) error {
	if s.hasLargest {
		return nil
	}
	s.hasLargest = true
	if err := fill(ctx, s, largest); err != nil {
		return err
	}
	first := s.process
	first.stop()
	if err := s.start(ctx); err != nil {
		return err
	}
	s.process.started, s.process.memory = first.started, first.memory // what is reported of its start
	small, err := s.encodeAll(ctx, 1, func(int) call { return get(listPath(s, sizes[0]), turtle) })
	if err != nil {
		return err
	}
	_, err = drive(ctx, s.address, small, load{connections: 8, during: 2 * time.Second, again: true})
	return err
}

// seedJSS writes files, since the server takes 60 writes a minute; pod and
// token come from its API.
func seedJSS(ctx context.Context, s *site) error {
	login := map[string]string{"name": "alice", "email": "alice@example.org", "password": password}
	var pod struct {
		WebID string `json:"webId"`
	}
	if err := postJSON(ctx, s.origin+"/.pods", "", login, &pod); err != nil {
		return err
	}
	s.owner = pod.WebID
	for range agents {
		a, err := loginToJSS(ctx, s.origin, login)
		if err != nil {
			return err
		}
		s.agents = append(s.agents, a)
	}
	file := func(path, text string) error {
		name := filepath.Join(s.data, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		return os.WriteFile(name, []byte(text), 0o644)
	}
	for container, public := range map[string]string{s.public: "acl:Read", s.private: ""} {
		if err := file(container+".acl", acl(s.origin+container, s.owner, public)); err != nil {
			return err
		}
		for i := range documents {
			if err := file(documentPath(container, i), document(i)); err != nil {
				return err
			}
		}
	}
	for _, n := range sizes {
		if err := memberFiles(s, listPath(s, n), n/s.thin); err != nil {
			return err
		}
	}
	return file(s.public+"blob.bin", blob())
}

// fixed is an agent whose token is not renewed.
type fixed struct {
	token string
	key   *solid.Key
}

func (f fixed) Token(context.Context) (string, error) { return f.token, nil }
func (f fixed) Key() *solid.Key                       { return f.key }

func loginToJSS(ctx context.Context, origin string, login map[string]string) (agent, error) {
	key, err := solid.NewKey()
	if err != nil {
		return nil, err
	}
	endpoint := origin + "/idp/credentials"
	proof, err := key.Sign(solid.Proof{Method: http.MethodPost, URL: endpoint})
	if err != nil {
		return nil, err
	}
	var answer struct {
		Token string `json:"access_token"`
	}
	err = postJSON(ctx, endpoint, proof, login, &answer)
	return fixed{answer.Token, key}, err
}

func postJSON(ctx context.Context, url, proof string, input, output any) error {
	raw, err := json.Marshal(input)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if proof != "" {
		request.Header.Set("DPoP", proof)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode >= 300 {
		return fmt.Errorf("POST %s: %s", url, response.Status)
	}
	return json.NewDecoder(response.Body).Decode(output)
}

func documentPath(container string, i int) string {
	return fmt.Sprintf("%sdocuments/d%d.ttl", container, i%documents)
}

// editPath is of documents that are only written, so that those that are read
// stay as they are.
func editPath(s *site, i int) string { return fmt.Sprintf("%sedit/e%d.ttl", s.public, i%documents) }
