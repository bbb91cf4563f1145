package conformance

import (
	"encoding/csv"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestEnrolmentSurvivesKills kills the making of pods again and again, and
// looks whether each resident has one pod and a link that works.
func TestEnrolmentSurvivesKills(t *testing.T) {
	const residents = 4000
	server := program.Start(t)
	folder := t.TempDir()
	source, result := filepath.Join(folder, "residents.csv"), filepath.Join(folder, "result.csv")
	var text strings.Builder
	text.WriteString("pod,email\n")
	for i := range residents {
		fmt.Fprintf(&text, "r%d,r%d@example.org\n", i, i)
	}
	if err := os.WriteFile(source, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}

	kills := 0
	for round := 1; ; round++ {
		command := exec.Command(program.Path(t), "pod", "create", "--csv", source, "--result", result, "--data", server.Data)
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		guard := time.AfterFunc(time.Duration(round)*150*time.Millisecond, func() { _ = command.Process.Kill() })
		err := command.Wait()
		guard.Stop()
		if err == nil {
			break
		}
		if command.ProcessState.Exited() {
			t.Fatalf("it failed: %v", err)
		}
		if kills++; kills == 2 { // the server dies too
			server.Kill()
			server.Restart()
		}
	}
	if kills < 2 {
		t.Fatalf("it was killed %d times only", kills)
	}

	file, err := os.Open(result)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != residents+1 {
		t.Fatalf("%d rows", len(rows)-1)
	}
	seen := map[string]bool{}
	for i, row := range rows[1:] {
		if want := fmt.Sprintf("r%d", i); row[0] != want || row[2] != server.BaseURL+want+"/" || seen[row[4]] {
			t.Fatalf("row %d is %q", i, row)
		}
		seen[row[4]] = true
		if i%37 != 0 {
			continue
		}
		request, err := http.NewRequest(http.MethodGet, row[4], nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Accept", "text/html")
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
		if answer.StatusCode != http.StatusOK {
			t.Errorf("the link of %s answers %d", row[0], answer.StatusCode)
		}
	}
	_, pods, _ := program.Run(t, "pod", "list", "--data", server.Data)
	if n := strings.Count(pods, "\n") - 1; n != residents {
		t.Errorf("there are %d pods", n)
	}
}
