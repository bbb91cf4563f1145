// Package harness runs the real server for tests: it builds the program once,
// starts it on a loopback port with a data folder of its own, waits for the
// line that says it is ready, stops it politely or with SIGKILL, and starts it
// again on the same data and port (the base URL is part of the data).
//
// [CSS] is another server, for what takes two.
//
// It knows of the server what its command line and HTTP say, nothing else.
package harness
