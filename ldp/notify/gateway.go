package notify

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"

	"domicile/ldp"
	"domicile/rdfstore/codec"
	"domicile/rdfstore/rdf"
	"domicile/rdfstore/resource"
)

// gatewayName is where clients of the protocol before 2022 ask which service
// to use, and here use it at the same URL. Inrupt's libraries do still; what
// they get is a channel of WebSocketChannel2023.
const gatewayName = "gateway"

// WellKnown is where such clients look for the gateway: at the root of the
// host, whatever storages are below it.
const WellKnown = "/.well-known/solid"

// Gateway is the URL that descriptions of storages name for such clients.
func Gateway(space *resource.Space) string {
	return strings.TrimSuffix(space.BaseURL(), "/") + Prefix + gatewayName
}

// negotiation answers the first of two requests: which protocol, and where.
type negotiation struct {
	Endpoint string   `json:"endpoint"`
	Protocol string   `json:"protocol"`
	Features []string `json:"features"`
}

func (s *Service) serveWellKnown(w http.ResponseWriter, r *http.Request) error {
	if answered, err := allow(w, r, http.MethodGet, http.MethodHead); answered {
		return err
	}
	w.Header().Set("Content-Type", "text/turtle")
	_, _ = fmt.Fprintf(w, "<> <%snotificationGateway> <%s> .\n", rdf.Solid, Gateway(s.space)) // fails when the client is gone
	return nil
}

func (s *Service) serveGateway(w http.ResponseWriter, r *http.Request) error {
	if answered, err := allow(w, r, http.MethodPost); answered {
		return err
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return &ldp.Error{Kind: ldp.UnsupportedMediaType, Detail: "Ask in JSON."}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		return &ldp.Error{Kind: ldp.TooLarge, Err: err}
	}
	var asked map[string]any
	if json.Unmarshal(body, &asked) != nil {
		return &ldp.Error{Kind: ldp.Invalid, Detail: "The content is no JSON object."}
	}
	t := &s.types[slices.IndexFunc(s.types, func(t Type) bool { return t.Name == webSocketType })]
	if asked["topic"] == nil {
		protocols, _ := asked["protocols"].([]any)
		if len(protocols) > 0 && !slices.Contains(protocols, any("ws")) {
			return unprocessable("The one protocol here is ws.")
		}
		return sendJSON(w, negotiation{Gateway(s.space), "ws", t.Features})
	}
	agent, err := s.resources.Agent(r)
	if err != nil {
		return err
	}
	asked["@context"], asked["type"] = contextV1, t.Name
	delete(asked, "@id")
	delete(asked, "id")
	document, err := json.Marshal(asked)
	if err != nil {
		return err
	}
	q, err := parseRequest(r.Context(), codec.JSONLD, document, s.space, t, serviceURL(s.space, t.Name))
	if err != nil {
		return err
	}
	_, receiveFrom, err := s.subscribe(r, t, q, agent)
	if err != nil {
		return err
	}
	return sendJSON(w, negotiation{receiveFrom, "ws", t.Features})
}

func sendJSON(w http.ResponseWriter, content any) error {
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(text) // fails when the client is gone
	return nil
}
