package memstore

import (
	"testing"

	"domicile/rdfstore/kvstore"
	"domicile/rdfstore/kvstore/enginetest"
)

func TestEngine(t *testing.T) {
	enginetest.Run(t, func(*testing.T) kvstore.Engine { return newSortedMap() })
}
