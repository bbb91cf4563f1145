package admin

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"path/filepath"
	"syscall"
)

var (
	// ErrNoServer: no server has the data folder's socket open.
	ErrNoServer = errors.New("no server is running on this data folder")
	errCutOff   = errors.New("the server ended before the command did")
)

// Call runs a task in the server that has the data folder open and returns
// when it ended, with the error that it ended with. It returns [ErrNoServer]
// when there is none.
func Call(ctx context.Context, data, task string, input json.RawMessage, out Output) error {
	transport := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", filepath.Join(data, socketName))
	}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://admin/"+task, bytes.NewReader(input))
	if err != nil {
		return err
	}
	answer, err := transport.RoundTrip(request)
	switch {
	case errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED):
		return ErrNoServer
	case err != nil:
		return fmt.Errorf("admin socket: %w", err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("the running server does not know this command (%s): is it of another version?", answer.Status)
	}
	err = receive(gob.NewDecoder(answer.Body), out)
	if errors.Is(err, errCutOff) && ctx.Err() != nil {
		return context.Cause(ctx) // this end gave up
	}
	return err
}

// receive passes on what a task sends until it ended.
func receive(events *gob.Decoder, out Output) error {
	for {
		var e event
		if err := events.Decode(&e); err != nil {
			return fmt.Errorf("%w: %w", errCutOff, err)
		}
		switch {
		case e.Ended && e.Failure != "":
			return errors.New(e.Failure)
		case e.Ended:
			return nil
		case len(e.Output) > 0:
			if _, err := out.Write(e.Output); err != nil {
				return err
			}
		case e.Warning != "":
			out.Warn(e.Warning)
		default:
			out.Progress(e.Progress)
		}
	}
}
