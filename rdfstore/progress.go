package rdfstore

// Progress tells how far something is that takes long.
type Progress struct {
	Stage string // what is being done: "reading resources"
	Done  int64
	Total int64 // 0: unknown
	Unit  Unit
}

// Unit is what [Progress] counts.
type Unit string

// The units.
const (
	Bytes     Unit = "bytes"
	Resources Unit = "resources"
	Entries   Unit = "entries"
)
