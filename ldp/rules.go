package ldp

import "domicile/rdfstore/n3"

// rule is a requirement that errors name, by the ID that its tests have.
type rule string

const (
	protocol = "https://solidproject.org/TR/protocol#"
	wacSpec  = "https://solidproject.org/TR/wac#"
	http9110 = "https://www.rfc-editor.org/rfc/rfc9110#"
)

// rules is what the page of each rule says. The text is for the author of the
// request that was refused: what counts, and what to do.
var rules = map[rule]struct{ title, text, spec string }{
	"SP-HTTP-03":  {"Access takes credentials", "Send an access token of a kind that WWW-Authenticate names. The Link to the issuer says where a person signs in.", protocol + "server-unauthenticated"},
	"SP-HTTP-04":  {"Access has to be granted", "Whoever owns the storage decides who may read, add, change and control what, and a person decides what an app may do for her. WAC-Allow tells what whoever sent the request may do.", protocol + "server-cors"},
	"SP-HTTP-06":  {"Content has a media type", "Send a Content-Type with every PUT, POST and PATCH that has content.", protocol + "server-content-type-missing"},
	"SP-HTTP-09":  {"Methods apply to kinds of resources", "Allow lists the methods of this resource. POST is for containers, PATCH for RDF, and some resources are the server's own.", protocol + "server-method-not-allowed"},
	"SP-HTTP-10":  {"Requests are well-formed and of bounded size", "Paths have at most 4096 bytes, header fields 64 KiB in all. The detail says what was malformed or too large.", http9110 + "section-15.5"},
	"SP-HTTP-12":  {"A storage has a quota", "What would make a storage, or all storages of its account, keep more than they may is refused. The answer says in bytes what was asked and what is left; delete what is not needed any more, or ask the operator for more.", "https://www.rfc-editor.org/rfc/rfc4918#section-11.5"},
	"SP-URI-02":   {"One of X and X/", "A URL and the same with a slash behind it never name two resources. Delete the one that is there, or choose another name.", protocol + "server-uri-trailing-slash-distinct"},
	"SP-URI-06":   {"Spelling of URLs and reserved names", "No empty or dot segments, no escaped slash, backslash or control character, UTF-8 only. Names that end in .acl or .meta belong to auxiliary resources, and .well-known to the server.", protocol + "apply-normalization-canonicalization"},
	"SP-CON-07":   {"What a container contains is not written", "Create and delete resources: the listing follows. A body may repeat the listing as it is or leave it out.", protocol + "server-protect-containment"},
	"SP-CON-08":   {"Dates, sizes and types of members are the server's", "Leave stat:size, stat:mtime, dcterms:modified and the ldp: types of a container and its members out of what you write.", protocol + "server-protect-contained-resource-metadata"},
	"SP-GET-03":   {"What a resource takes", "Accept-Put, Accept-Post and Accept-Patch list the media types. Content is stored as it is sent, without a Content-Encoding.", protocol + "server-accept-headers"},
	"SP-GET-10":   {"Nothing is there", "The resource does not exist, or not any more. Who may not read a place is told the same of it whether or not something is there.", http9110 + "section-15.5.5"},
	"SP-CN-03":    {"Representations", "RDF comes as Turtle, JSON-LD, N-Triples, N-Quads and TriG; everything else as the type that it was written in. Ask for one of those, or for */*.", http9110 + "section-12.5.1"},
	"SP-CN-07":    {"RDF is valid and in UTF-8", "A document that does not parse is not stored. The detail names the line.", protocol + "server-representation-turtle-jsonld"},
	"SP-CN-08":    {"JSON-LD contexts are not fetched", "Use a context that the server has, or write the context into the document.", protocol + "restrict-untrusted-requests"},
	"SP-ETAG-02":  {"Preconditions", "If-Match and If-Unmodified-Since hold while nobody has changed the resource, If-None-Match: * while it does not exist. Read it again, and decide on what you find.", http9110 + "section-13"},
	"SP-RNG-01":   {"Ranges lie inside of the content", "Content-Range says how long the content is.", http9110 + "section-14"},
	"SP-PUT-02":   {"Missing containers are made", "PUT and PATCH make the containers above a resource that do not exist. Inside of a document there can be none.", protocol + "server-put-patch-intermediate-containers"},
	"SP-PUT-04":   {"A container is RDF", "Its description is written in an RDF media type, or left out.", protocol + "server-basic-container"},
	"SP-PUT-05":   {"The URL of a container ends in a slash", "Add the slash, or leave out the Link that asks for a container.", protocol + "uri-slashes-hierarchical-identifier"},
	"SP-PUT-07":   {"PUT replaces the whole", "Send the resource whole, without Content-Range, or change RDF by PATCH.", http9110 + "section-14.5"},
	"SP-POST-06":  {"Containers are basic containers", "Direct and indirect containers of LDP are not supported.", protocol + "server-basic-container"},
	"SP-N3-02":    {"Patches are in N3 or SPARQL Update", "They change RDF documents. Replace other content by PUT.", protocol + "server-patch-n3-accept"},
	"SP-N3-04":    {"One patch", "The document describes exactly one resource, with the type solid:InsertDeletePatch.", protocol + "server-patch-n3-single"},
	"SP-N3-05":    {"Each clause once", "At most one solid:where, one solid:inserts and one solid:deletes.", protocol + "server-patch-n3-where"},
	"SP-N3-06":    {"Clauses are formulae", "Each is { … } with triples or patterns of triples in it, and no formula inside.", protocol + "server-patch-n3-formulae"},
	"SP-N3-07":    {"Variables come from solid:where", "A variable in solid:inserts or solid:deletes has to occur there.", protocol + "server-patch-n3-variables"},
	"SP-N3-08":    {"No blank nodes in solid:deletes", "Name what is to be deleted by a variable that solid:where binds.", protocol + "server-patch-n3-blank-nodes"},
	"SP-N3-09":    {"Blank nodes stay in their formula", "A label occurs in one formula only.", protocol + "server-patch-n3-blank-nodes-syntax"},
	"SP-N3-10":    {"solid:where matches exactly once", "It matched not at all or several times. Read the document and make the patterns fit one place.", protocol + "server-patch-n3-semantics-no-mapping"},
	"SP-N3-11":    {"What is deleted is there", "A triple of solid:deletes is not in the document. Read it again.", protocol + "server-patch-n3-semantics-deletions-non-empty-all-triples"},
	"SP-SPU-02":   {"SPARQL Update of one document", "INSERT DATA, DELETE DATA, DELETE/INSERT WHERE and DELETE WHERE work, within bounds; LOAD, GRAPH and the management of graphs do not.", "https://www.w3.org/TR/sparql11-update/"},
	"SP-DEL-03":   {"Only empty containers are deleted", "Delete the members first.", protocol + "server-delete-protect-nonempty-container"},
	"SP-DEL-04":   {"A storage's root stays", "The root container and its ACL cannot be deleted. A storage goes with its account.", protocol + "server-delete-protect-root-container"},
	"SP-AUX-02":   {"Auxiliary resources are about something", "Create the resource first; its Link headers name its ACL and description.", protocol + "server-put-patch-auxiliary-resource"},
	"ECO-WID-06":  {"Who vouches for a profile is decided by its account", "solid:oidcIssuer, pim:storage and solid:owner of a hosted profile change with the account, and the profile stays public: others verify the owner's identity by it.", protocol + "protect-sensitive-information"},
	"WAC-COND-02": {"Supported access conditions", "The Link headers of an ACL with rel=\"http://www.w3.org/ns/auth/acl#condition\" list them.", wacSpec + "access-conditions"},
	"WAC-REP-05":  {"Somebody controls a storage", "The ACL of a root container gives acl:Control of it to at least one agent.", wacSpec + "loss-of-control-mitigation"},
}

// patchRules are the IDs of the rules that package n3 names.
var patchRules = map[string]rule{
	n3.RuleSingle: "SP-N3-04", n3.RuleSimpleType: "SP-N3-04", n3.RuleIdentifier: "SP-N3-04",
	n3.RuleWhere: "SP-N3-05", n3.RuleInserts: "SP-N3-05", n3.RuleDeletes: "SP-N3-05",
	n3.RuleFormulae: "SP-N3-06", n3.RuleVariables: "SP-N3-07", n3.RuleBlankNodes: "SP-N3-08", n3.RuleLabels: "SP-N3-09",
}

// ruleURL is where a rule is explained: at this server, or else in its
// specification.
func (h *Handler) ruleURL(r rule) string {
	if h.rulesURL != "" {
		return h.rulesURL + string(r)
	}
	return rules[r].spec
}
