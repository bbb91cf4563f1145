package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
)

// maxBody bounds the body of any request, in bytes.
const maxBody = 64 << 10

// field describes one member of a control's input. The same table checks the
// input and answers GET.
type field struct {
	name     string
	kind     string // "string", "boolean", "array" or "object"
	required bool
	fields   []field // of an object
}

// describe returns the fields in the form that CSS gives them.
func describe(fields []field) map[string]any {
	described := map[string]any{}
	for _, f := range fields {
		d := map[string]any{"required": f.required, "type": f.kind}
		if f.fields != nil {
			d["fields"] = describe(f.fields)
		}
		described[f.name] = d
	}
	return described
}

// input is what a caller sent to a control.
type input map[string]any

// text returns a string member without surrounding space; "" when missing.
func (in input) text(name string) string {
	return strings.TrimSpace(in.secret(name))
}

// secret returns a string member as sent; "" when missing.
func (in input) secret(name string) string {
	text, _ := in[name].(string)
	return text
}

func (in input) flag(name string) bool {
	set, _ := in[name].(bool)
	return set
}

func (in input) object(name string) input {
	object, _ := in[name].(map[string]any)
	return object
}

// check returns an error for the first member that does not fit its field.
// Members that no field describes are ignored, as CSS does.
func (in input) check(fields []field) error {
	for _, f := range fields {
		value, ok := in[f.name]
		if !ok || value == nil || value == "" {
			if f.required {
				return missingInput(f.name)
			}
			continue
		}
		switch value := value.(type) {
		case string:
			ok = f.kind == "string"
		case bool:
			ok = f.kind == "boolean"
		case []any:
			ok = f.kind == "array"
		case map[string]any:
			ok = f.kind == "object"
			if ok {
				if err := input(value).check(f.fields); err != nil {
					return err
				}
			}
		default:
			ok = false
		}
		if !ok {
			return badInput(f.name, fmt.Sprintf("%s must be of type %s", f.name, f.kind))
		}
	}
	return nil
}

// readInput reads the JSON body of a request. No body is an empty object.
func readInput(r *http.Request) (input, error) {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, badInput("", "The body could not be read.")
	}
	if len(body) == 0 {
		return input{}, nil
	}
	mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || mediaType != "application/json" {
		return nil, errMediaType
	}
	var in input
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, badInput("", "The body must be a JSON object: "+err.Error())
	}
	return in, nil
}
