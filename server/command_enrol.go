package server

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"domicile/rdfstore"
	"domicile/server/account"
	"domicile/server/admin"
)

// maxCodeDays bounds for how long a code is good.
const maxCodeDays = 2 * 366

// enrolments are rows of a file of residents.
type enrolments struct {
	Rows []account.Enrolment
}

// enrolled is what became of a row.
type enrolled struct {
	account.Enrolled
	Problem string `json:",omitempty"`
}

// enrolWorkers is how many rows are made at a time: they share commits.
const enrolWorkers = 64

// enrol is the task of pod create --csv.
func (s *Server) enrol(ctx context.Context, input enrolments, out admin.Output) error {
	accounts, err := s.service(ctx)
	if err != nil {
		return err
	}
	results := make([]enrolled, len(input.Rows))
	workers, ctx := errgroup.WithContext(ctx)
	workers.SetLimit(enrolWorkers)
	for i, row := range input.Rows {
		workers.Go(func() error {
			made, err := accounts.Enrol(ctx, row)
			var refusal *account.Error
			switch {
			case err == nil:
				results[i].Enrolled = made
			case errors.As(err, &refusal), errors.Is(err, account.ErrNameInvalid), errors.Is(err, account.ErrNameTaken):
				results[i].Problem = err.Error()
			default:
				return fmt.Errorf("pod %q: %w", row.Pod, err)
			}
			return nil
		})
	}
	if err := workers.Wait(); err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(results)
}

// The columns of the files: those that the operator gives, and those that the
// result has more.
const (
	podColumn   = "pod"
	emailColumn = "email"
)

var resultColumns = []string{"url", "webid", "link", "until"}

// chunkRows is how many rows are sent and written at a time.
const chunkRows = 1000

// enrolment is a run of pod create --csv. Its result grows in a file beside the
// one that it becomes. Codes are kept in another before they are used, so that
// a run that goes on after a crash passes on each code that was given out.
type enrolment struct {
	source *csv.Reader
	pod    int // column of the source
	email  int
	until  time.Time
	result *os.File
	codes  string // name of the file of those in flight
	known  map[string]string
	done   map[string]bool // rows that the result has, by rowKey
	named  map[string]int  // lines of the source, by pod
	failed int
	made   int
}

// pending is what is in the file of codes.
type pending struct {
	Offset int64             // of the result, behind the rows before these
	Codes  map[string]string // by rowKey
}

func rowKey(pod, email string) string { return pod + " " + email }

// enrolResidents makes the accounts and pods of a file's rows and writes what
// they are, with the codes, to another.
func (c *invocation) enrolResidents(ctx context.Context, from, to string, days int) (err error) {
	if _, err := os.Lstat(to); err == nil {
		return fmt.Errorf("%s is there already", to)
	}
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	until := time.Now().AddDate(0, 0, days).UTC().Truncate(time.Second)
	e := &enrolment{source: csv.NewReader(source), until: until, codes: to + ".codes", done: map[string]bool{}, named: map[string]int{}}
	header, err := e.readHeader()
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	partial := to + ".partial"
	if err := e.openResult(partial, header); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.result.Close()) }()

	reached := &reach{invocation: c}
	defer reached.close()
	if err := e.run(ctx, reached, c.console); err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	c.console.Clear()
	fmt.Fprintf(c.Err, "%d rows done, %d were before, %d failed\n", e.made, len(e.done)-e.made, e.failed)
	if e.failed > 0 {
		return fmt.Errorf("%d rows failed: mend them in %s and run this again; what is done is in %s", e.failed, from, partial)
	}
	return errors.Join(e.result.Sync(), os.Rename(partial, to), removeIfThere(e.codes))
}

// readHeader finds the columns.
func (e *enrolment) readHeader() (header []string, err error) {
	header, err = e.source.Read()
	if errors.Is(err, io.EOF) {
		return nil, errors.New("the file is empty: its first line names the columns, among them pod and email")
	}
	if err != nil {
		return nil, err
	}
	header[0] = strings.TrimPrefix(header[0], "\ufeff") // of spreadsheets
	e.pod, e.email = slices.Index(header, podColumn), slices.Index(header, emailColumn)
	if e.pod < 0 || e.email < 0 {
		return nil, fmt.Errorf("the first line names the columns %s: want %s and %s among them", strings.Join(header, ", "), podColumn, emailColumn)
	}
	for _, column := range resultColumns {
		if slices.Contains(header, column) {
			return nil, fmt.Errorf("the result has a column %q of its own", column)
		}
	}
	return append(header, resultColumns...), nil
}

// openResult opens the result of this run or of the one that it goes on with.
func (e *enrolment) openResult(name string, header []string) (err error) {
	if e.result, err = os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if err := e.resume(header); err != nil {
		return errors.Join(fmt.Errorf("%s: %w", name, err), e.result.Close())
	}
	return nil
}

func (e *enrolment) resume(header []string) error {
	var flight pending
	raw, err := os.ReadFile(e.codes)
	if errors.Is(err, fs.ErrNotExist) { // a run that ended before it asked for anything
		if err := e.result.Truncate(0); err != nil {
			return err
		}
		return e.write([][]string{header})
	}
	if err == nil {
		err = json.Unmarshal(raw, &flight)
	}
	if err == nil {
		err = e.result.Truncate(flight.Offset)
	}
	if err != nil {
		return err
	}
	e.known = flight.Codes
	rows := csv.NewReader(e.result)
	found, err := rows.Read()
	if err != nil || !slices.Equal(found, header) {
		return errors.Join(err, errors.New("it is the result of another file: remove it, or name another result"))
	}
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			_, err = e.result.Seek(0, io.SeekEnd)
			return err
		}
		if err != nil {
			return err
		}
		e.done[rowKey(row[e.pod], row[e.email])] = true
	}
}

// run makes the rows, a chunk at a time.
func (e *enrolment) run(ctx context.Context, target *reach, console *admin.Console) error {
	var rows [][]string
	var lines []int
	for {
		row, err := e.source.Read()
		ended := errors.Is(err, io.EOF)
		if err != nil && !ended {
			return err
		}
		if !ended && e.takes(row, console) {
			line, _ := e.source.FieldPos(0)
			rows, lines = append(rows, row), append(lines, line)
		}
		if len(rows) == chunkRows || ended && len(rows) > 0 {
			if err := e.chunk(ctx, target, console, rows, lines); err != nil {
				return err
			}
			rows, lines = nil, nil
		}
		if ended {
			return nil
		}
		console.Progress(rdfstore.Progress{Stage: "making pods", Done: int64(len(e.done) + e.failed), Unit: rdfstore.Resources})
	}
}

// takes reports whether a row is to be made. One pod for two rows is a mistake.
func (e *enrolment) takes(row []string, console *admin.Console) bool {
	line, _ := e.source.FieldPos(0)
	pod := row[e.pod]
	if earlier := e.named[pod]; earlier > 0 {
		e.fail(console, line, row, fmt.Sprintf("line %d has this pod already", earlier))
		return false
	}
	e.named[pod] = line
	return !e.done[rowKey(pod, row[e.email])]
}

func (e *enrolment) fail(console *admin.Console, line int, row []string, why string) {
	e.failed++
	console.Warn(fmt.Sprintf("line %d: pod %q of %s: %s", line, row[e.pod], row[e.email], why))
}

// chunk makes some rows: codes first, then accounts, then lines of the result.
func (e *enrolment) chunk(ctx context.Context, target *reach, console *admin.Console, rows [][]string, lines []int) error {
	input, err := e.prepare(rows)
	if err != nil {
		return err
	}
	answer := &captured{Console: console}
	if err := target.do(ctx, enrolTask, input, answer); err != nil {
		return err
	}
	var results []enrolled
	if err := json.Unmarshal(answer.Bytes(), &results); err != nil {
		return err
	}
	made := rows[:0]
	for i, result := range results {
		if result.Problem != "" {
			e.fail(console, lines[i], rows[i], result.Problem)
			continue
		}
		until := ""
		if result.Link != "" {
			until = result.Until.Format(time.RFC3339)
		}
		e.done[rowKey(rows[i][e.pod], rows[i][e.email])] = true
		made = append(made, append(rows[i], result.URL, result.WebID, result.Link, until))
	}
	e.made += len(made)
	return e.write(made)
}

// prepare gives each row a code and keeps the codes.
func (e *enrolment) prepare(rows [][]string) (input enrolments, err error) {
	flight := pending{Codes: make(map[string]string, len(rows))}
	if flight.Offset, err = e.result.Seek(0, io.SeekCurrent); err != nil {
		return enrolments{}, err
	}
	for _, row := range rows {
		key := rowKey(row[e.pod], row[e.email])
		code, ok := e.known[key]
		if !ok {
			code = account.NewCode()
		}
		flight.Codes[key] = code
		input.Rows = append(input.Rows, account.Enrolment{Email: row[e.email], Pod: row[e.pod], Code: code, Expires: e.until})
	}
	raw, err := json.Marshal(flight)
	if err != nil {
		return enrolments{}, err
	}
	return input, writeSynced(e.codes, raw)
}

// write adds lines to the result and syncs it.
func (e *enrolment) write(rows [][]string) error {
	return errors.Join(csv.NewWriter(e.result).WriteAll(rows), e.result.Sync())
}

// captured is the [admin.Output] of a task whose result the command reads.
type captured struct {
	*admin.Console
	bytes.Buffer
}

// Write implements [admin.Output].
func (c *captured) Write(p []byte) (int, error) { return c.Buffer.Write(p) }

// writeSynced replaces a file by one that is on disk.
func writeSynced(name string, content []byte) error {
	file, err := os.OpenFile(name+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	return errors.Join(err, file.Sync(), file.Close(), os.Rename(file.Name(), name))
}

func removeIfThere(name string) error {
	if err := os.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
