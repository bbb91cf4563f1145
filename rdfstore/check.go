package rdfstore

import "context"

// Problem is something in the data that is not as it has to be.
type Problem struct {
	What string
	// Repaired says what was done about it; "" when it was left as it is,
	// because nothing was to be done or it cannot be mended without guessing.
	Repaired string
}

// CheckOptions are what a check can be told.
type CheckOptions struct {
	// Repair mends what follows from other data: counters, listings, index
	// entries and what belongs to nothing. Bodies are never changed.
	Repair bool
	// Report is told of each problem.
	Report func(Problem)
	// Progress, when set, is told how far the check is.
	Progress func(Progress)
}

// CheckResult counts what a check has seen.
type CheckResult struct {
	Storages, Resources, Blobs, Records int64
	Problems, Repaired                  int
}

// Checker checks what a store keeps.
type Checker interface {
	// Check compares everything in the store with what has to be, bodies with
	// their hashes included, in one state and while writes go on.
	Check(ctx context.Context, options CheckOptions) (CheckResult, error)
}
