package solid

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
)

// maxAnswer bounds the JSON answers that the package reads.
const maxAnswer = 1 << 20

// What a [StatusError] can be, for errors.Is.
var (
	ErrNotModified        = errors.New("not modified")                // 304
	ErrUnauthorized       = errors.New("not signed in")               // 401
	ErrForbidden          = errors.New("access is not granted")       // 403
	ErrNotFound           = errors.New("no such resource")            // 404, 410
	ErrConflict           = errors.New("conflicts with the state")    // 409
	ErrPreconditionFailed = errors.New("a precondition doesn't hold") // 412
)

var statusesOf = map[error][]int{
	ErrNotModified:        {http.StatusNotModified},
	ErrUnauthorized:       {http.StatusUnauthorized},
	ErrForbidden:          {http.StatusForbidden},
	ErrNotFound:           {http.StatusNotFound, http.StatusGone},
	ErrConflict:           {http.StatusConflict},
	ErrPreconditionFailed: {http.StatusPreconditionFailed},
}

// StatusError is an answer outside 200–299. With errors.Is it is the Err… that
// belongs to its status.
type StatusError struct {
	Status int // HTTP status code
	// Message is what the server says about it: message of the account API,
	// error_description or error of OAuth, detail of RFC 9457; may be empty.
	Message string
	Header  http.Header // of the answer
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// Is makes the error one of the Err… by its status.
func (e *StatusError) Is(target error) bool { return slices.Contains(statusesOf[target], e.Status) }

// callJSON sends input (nil: no body) and reads the answer into output (nil:
// not read). The authorization may be empty.
func callJSON(ctx context.Context, method, url, authorization string, input, output any) error {
	var body io.Reader
	if input != nil {
		raw, err := json.Marshal(input)
		if err != nil {
			return err
		}
		body = bytes.NewReader(raw)
	}
	request, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		return err
	}
	request.Header.Set("Accept", "application/json")
	if input != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	response, err := send(anonymous, request)
	if err != nil {
		return err
	}
	if output == nil {
		return response.Body.Close()
	}
	return readJSON(response, output)
}

// readJSON reads an answer to its end.
func readJSON(response *http.Response, output any) error {
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, output); err != nil {
		return fmt.Errorf("answer of %s: %w", response.Request.URL.Redacted(), err)
	}
	return nil
}

// send returns an answer of 200–299, whose body the caller closes, or an error.
func send(client *http.Client, request *http.Request) (*http.Response, error) {
	response, err := client.Do(request)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 200 && response.StatusCode <= 299 {
		return response, nil
	}
	defer response.Body.Close()
	raw, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer)) // the status says most
	return nil, &StatusError{Status: response.StatusCode, Message: messageOf(raw), Header: response.Header}
}

// messageOf picks the sentence for people out of an error answer.
func messageOf(raw []byte) string {
	var answer struct {
		Message          string `json:"message"`
		ErrorDescription string `json:"error_description"`
		Error            string `json:"error"`
		Detail           string `json:"detail"`
	}
	if json.Unmarshal(raw, &answer) != nil {
		return ""
	}
	for _, text := range []string{answer.Message, answer.ErrorDescription, answer.Detail, answer.Error} {
		if text != "" {
			return text
		}
	}
	return ""
}
