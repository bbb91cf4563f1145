package suite

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxBody bounds what is read of an answer.
const maxBody = 16 << 20

// send sends a request as an agent and reads the answer. When there is none,
// the exchange says why.
func send(ctx context.Context, as *Identity, method, target string, parts []Part) *Answer {
	d := draft{header: http.Header{}}
	for _, part := range parts {
		part(&d)
	}
	answer := &Answer{Exchange: Exchange{
		Agent: as.Name, Method: method, URL: target,
		RequestHeader: quoteHeader(d.header), RequestBody: quoteBody([]byte(d.quoted)),
	}}
	response, body, err := d.exchange(ctx, as, method, target)
	if err != nil {
		answer.Error = err.Error()
		return answer
	}
	answer.Status, answer.Exchange.Header, answer.Exchange.Body = response.StatusCode, quoteHeader(response.Header), quoteBody(body)
	answer.Header, answer.Body = response.Header, string(body)
	return answer
}

func (d *draft) exchange(ctx context.Context, as *Identity, method, target string) (*http.Response, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, method, target, d.body)
	if err != nil {
		if request, err = malformed(ctx, method, target, d.body); err != nil {
			return nil, nil, err
		}
	}
	request.Header = d.header
	if len(request.Header.Values("Accept-Encoding")) == 0 {
		request.Header.Set("Accept-Encoding", "identity") // or net/http asks for gzip and hides that it did
	}
	if origin := request.Header.Get("Host"); origin != "" {
		request.Host = origin
	}
	response, err := as.transport.RoundTrip(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = fmt.Errorf("the answer is longer than %d bytes", maxBody)
	}
	return response, body, err
}

// malformed makes a request whose path package url refuses.
func malformed(ctx context.Context, method, target string, body io.Reader) (*http.Request, error) {
	scheme, rest, _ := strings.Cut(target, "://")
	host, path, _ := strings.Cut(rest, "/")
	request, err := http.NewRequestWithContext(ctx, method, scheme+"://"+host+"/", body)
	if err != nil {
		return nil, err
	}
	request.URL = &url.URL{Scheme: scheme, Host: host, Opaque: "/" + path}
	return request, nil
}
