package solid

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// maxAnswer bounds the JSON answers that the package reads.
const maxAnswer = 1 << 20

// StatusError is an answer outside 200–299.
type StatusError struct {
	Status int // HTTP status code
	// Message is what the server says about it: message of the account API,
	// error_description or error of OAuth, detail of RFC 9457; may be empty.
	Message string
}

func (e *StatusError) Error() string {
	text := fmt.Sprintf("%d %s", e.Status, http.StatusText(e.Status))
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

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
	return send(request, output)
}

func send(request *http.Request, output any) error {
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return err
	}
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return &StatusError{Status: response.StatusCode, Message: messageOf(raw)}
	}
	if output == nil {
		return nil
	}
	if err := json.Unmarshal(raw, output); err != nil {
		return fmt.Errorf("answer of %s: %w", request.URL.Redacted(), err)
	}
	return nil
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
