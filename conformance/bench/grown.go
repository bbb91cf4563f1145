package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
)

// grown is our server in a city: it has many pods beside the one that is
// measured.
const grown = "grown"

// launchGrown starts our server, has it make the other pods as its operator would,
// and starts it again, so that it is known how long that takes.
func launchGrown(ctx context.Context, c config, folder string) (*site, error) {
	s, err := launchOurs(ctx, c, folder)
	if err != nil {
		return nil, err
	}
	residents := filepath.Join(folder, "residents.csv")
	if err := writeResidents(residents, c.pods); err != nil {
		return nil, err
	}
	command := exec.CommandContext(ctx, c.binary, "pod", "create", "--csv", residents, "--result", filepath.Join(folder, "letters.csv"), "--data", s.data)
	output, err := command.CombinedOutput()
	s.process.stop()
	if err != nil {
		return nil, fmt.Errorf("making %d pods: %w\n%s", c.pods, err, output)
	}
	return startOurs(ctx, c, folder, s.address)
}

func writeResidents(name string, n int) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	defer file.Close()
	rows := csv.NewWriter(file)
	_ = rows.Write([]string{"pod", "email"})
	for i := range n {
		pod := "resident" + strconv.Itoa(i)
		_ = rows.Write([]string{pod, pod + "@example.org"})
	}
	rows.Flush()
	return rows.Error()
}
