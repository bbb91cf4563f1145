package kvstore

import (
	"encoding/binary"
	"errors"
	"fmt"

	"domicile/rdfstore"
)

var errQuota = errors.New("a quota is not negative")

// Usage implements [rdfstore.Reader].
func (r *reader) Usage(holder rdfstore.Holder) (rdfstore.Usage, error) {
	usage, found, err := r.usage(holder)
	if err == nil && !found && holder.Kind == rdfstore.StorageHolder {
		err = rdfstore.ErrNotFound
	}
	return usage, err
}

func (r *reader) usage(holder rdfstore.Holder) (usage rdfstore.Usage, found bool, err error) {
	raw, found, err := r.get(usageKey(holder))
	if err != nil || !found {
		return rdfstore.Usage{}, false, err
	}
	usage, err = decodeUsage(raw)
	return usage, true, err
}

// SetQuota implements [rdfstore.Tx].
func (t *tx) SetQuota(holder rdfstore.Holder, bytes int64) error {
	if bytes < 0 {
		return errQuota
	}
	usage, err := t.Usage(holder)
	if err != nil {
		return err
	}
	usage.Quota = bytes
	return t.setUsage(holder, usage)
}

// setUsage stores what a holder keeps; nothing of an account is kept as no record.
func (t *tx) setUsage(holder rdfstore.Holder, usage rdfstore.Usage) error {
	if holder.Kind == rdfstore.AccountHolder && usage == (rdfstore.Usage{}) {
		return t.delete(usageKey(holder))
	}
	return t.set(usageKey(holder), encodeUsage(usage))
}

// charge counts what a change adds to what a storage keeps, less than 0 for
// what it takes away. Each change of a body's size and of the number of
// resources comes by here, before it is made: charge refuses with a
// [*rdfstore.QuotaError] and has counted nothing then.
func (t *tx) charge(storage string, bytes, resources int64) error {
	if bytes == 0 && resources == 0 {
		return nil
	}
	s, err := t.Storage(storage)
	if err != nil {
		return err
	}
	holders := s.Holders()
	usages := make([]rdfstore.Usage, len(holders))
	for i, holder := range holders {
		usage, _, err := t.usage(holder)
		if err == nil {
			err = rdfstore.Room{Left: usage.Left(), Whose: holder}.Admit(bytes)
		}
		if err != nil {
			return err
		}
		usage.Bytes += bytes
		usage.Resources += resources
		if usage.Bytes < 0 || usage.Resources < 0 {
			return fmt.Errorf("%w: usage of a %s", errCorrupt, holder.Kind)
		}
		usages[i] = usage
	}
	for i, holder := range holders {
		if err := t.setUsage(holder, usages[i]); err != nil {
			return err
		}
	}
	return nil
}

// encodeUsage: version, bytes, resources, quota.
func encodeUsage(u rdfstore.Usage) []byte {
	b := binary.AppendUvarint([]byte{encodingVersion}, uint64(u.Bytes))
	b = binary.AppendUvarint(b, uint64(u.Resources))
	return binary.AppendUvarint(b, uint64(u.Quota))
}

func decodeUsage(raw []byte) (rdfstore.Usage, error) {
	d := newDecoder(raw)
	u := rdfstore.Usage{Bytes: int64(d.uvarint()), Resources: int64(d.uvarint()), Quota: int64(d.uvarint())}
	if d.failed || u.Bytes < 0 || u.Resources < 0 || u.Quota < 0 {
		return rdfstore.Usage{}, fmt.Errorf("%w: usage", errCorrupt)
	}
	return u, nil
}
