package protocol

import (
	"net/http"
	"strings"

	"domicile/conformance/suite"
)

// prose is content that is worth compressing.
var prose = strings.Repeat("All happy families are alike; each unhappy family is unhappy in its own way.\n", 400)

// codings are about compressed content (RFC 9110 §8.4).
var codings = []suite.Case{
	suite.Must("SP-ETAG-01 SP-HTTP-13", "compressed content has a tag of its own, and caches are told that it depends on what is accepted", func(t *suite.T) {
		plain, zipped := compressed(t)
		if zipped.WantETag() == plain.WantETag() {
			zipped.Failf("the tag %s is that of the plain content", zipped.WantETag())
		}
		plain.WantListed("Vary", "Accept-Encoding")
		zipped.WantListed("Vary", "Accept-Encoding")
	}),
	suite.Must("SP-ETAG-03", "who has the plain content does not have the compressed one", func(t *suite.T) {
		plain, zipped := compressed(t)
		accept := suite.Header("Accept-Encoding", "gzip")
		t.Alice.Get(plain.URL, accept, suite.IfNoneMatch(plain.WantETag())).Want(http.StatusOK)
		t.Alice.Get(plain.URL, accept, suite.IfNoneMatch(zipped.WantETag())).Want(http.StatusNotModified)
		t.Alice.Get(plain.URL, suite.IfNoneMatch(zipped.WantETag())).Want(http.StatusOK)
	}),
	suite.Must("SP-HTTP-01", "a coding that is refused is not used", func(t *suite.T) {
		url := t.URL("prose.txt")
		t.Alice.Put(url, suite.Text(prose)).WantSuccess()
		for _, accepted := range []string{"gzip;q=0", "gzip;q=0, identity", "gzip;q=0.2, identity;q=0.9", "*;q=0, identity"} {
			t.Alice.Get(url, suite.Header("Accept-Encoding", accepted)).Want(http.StatusOK).WantNoHeader("Content-Encoding").WantBody(prose)
		}
	}),
	suite.Decision("SP-HTTP-01", "what is compressed already is not compressed again", func(t *suite.T) {
		url := t.URL("photo.jpg")
		t.Alice.Put(url, suite.Body("image/jpeg", prose)).WantSuccess()
		t.Alice.Get(url, suite.Header("Accept-Encoding", "gzip")).Want(http.StatusOK).WantNoHeader("Content-Encoding")
	}),
	suite.Decision("SP-RNG-01", "a range is one of the plain content, whatever is accepted", func(t *suite.T) {
		plain, _ := compressed(t)
		t.Alice.Get(plain.URL, suite.Header("Accept-Encoding", "gzip"), suite.Header("Range", "bytes=10-19")).
			Want(http.StatusPartialContent).WantNoHeader("Content-Encoding").WantBody(prose[10:20])
	}),
}

// compressed gets prose plain and compressed. A server need not compress.
func compressed(t *suite.T) (plain, zipped *suite.Answer) {
	url := t.URL("prose.txt")
	t.Alice.Put(url, suite.Text(prose)).WantSuccess()
	plain = t.Alice.Get(url).Want(http.StatusOK).WantNoHeader("Content-Encoding").WantBody(prose)
	zipped = t.Alice.Get(url, suite.Header("Accept-Encoding", "gzip")).Want(http.StatusOK)
	if zipped.List("Content-Encoding") != "gzip" {
		t.NotApplicable("the server does not compress text")
	}
	return plain, zipped
}
