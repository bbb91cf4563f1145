package protocol

import (
	"net/http"

	"domicile/conformance/suite"
)

// ranges are about parts of files. Servers need not send any.
func ranges() []suite.Case {
	const content = "0123456789"
	offered := func(t *suite.T) string {
		url := put(t, "file.txt", suite.Text(content))
		if !t.Alice.Head(url).Lists("Accept-Ranges", "bytes") {
			t.NotApplicable("Accept-Ranges does not name bytes")
		}
		return url
	}
	var cases []suite.Case
	for _, row := range []struct {
		title, asked, told, body string
	}{
		{"the first bytes", "bytes=0-3", "bytes 0-3/10", "0123"},
		{"from a byte on", "bytes=7-", "bytes 7-9/10", "789"},
		{"the last bytes", "bytes=-2", "bytes 8-9/10", "89"},
		{"more than there is, at the end", "bytes=8-99", "bytes 8-9/10", "89"},
	} {
		cases = append(cases, suite.May("SP-RNG-01", "a range may be "+row.title, func(t *suite.T) {
			t.Alice.Get(offered(t), suite.Header("Range", row.asked)).Want(http.StatusPartialContent).
				WantValue("Content-Range", row.told).WantBody(row.body)
		}))
	}
	return append(cases,
		suite.Should("SP-RNG-01", "a range past the end is 416, with the length", func(t *suite.T) {
			t.Alice.Get(offered(t), suite.Header("Range", "bytes=10-")).Want(http.StatusRequestedRangeNotSatisfiable).
				WantValue("Content-Range", "bytes */10")
		}),
		suite.May("SP-RNG-01", "ranges that are none are ignored", func(t *suite.T) {
			url := offered(t)
			t.Alice.Get(url, suite.Header("Range", "lines=0-3")).Want(http.StatusOK).WantBody(content)
			for _, asked := range []string{"bytes=3-0", "bytes=x"} { // RFC 9110 §14.2: or refused
				if answer := t.Alice.Get(url, suite.Header("Range", asked)); answer.Status != http.StatusOK {
					answer.WantRefused()
				}
			}
			t.Alice.Put(url, suite.Text(content), suite.Header("Range", "bytes=0-3")).WantSuccess()
			t.Alice.Get(url).WantBody(content)
		}),
		suite.May("SP-RNG-01", "If-Range gives the part of the same state, else all of it", func(t *suite.T) {
			url := offered(t)
			tag := t.Alice.Head(url).WantETag()
			t.Alice.Get(url, suite.Header("Range", "bytes=0-3"), suite.Header("If-Range", tag)).Want(http.StatusPartialContent).WantBody("0123")
			t.Alice.Get(url, suite.Header("Range", "bytes=0-3"), suite.Header("If-Range", `"other"`)).Want(http.StatusOK).WantBody(content)
		}))
}
