package ldp

import (
	"cmp"
	"net/http"
	"strings"
)

var rulePage = newPage(`<p>{{.Text}}</p>
<p>{{.Words.Requirement}} <code>{{.ID}}</code>{{.Words.Of}} <a href="{{.Spec}}">{{.Spec}}</a></p>
<nav aria-label="{{.Words.Languages}}">
{{range .Languages}}<a href="?lang={{.Tag}}" lang="{{.Tag}}" hreflang="{{.Tag}}"{{if eq .Tag $.Language}} aria-current="true"{{end}}>{{.Name}}</a>
{{end}}</nav>
`)

type ruleView struct {
	ID                          rule
	Language, Title, Text, Spec string
	Words                       ruleWords
	Languages                   []pageLanguage
}

type ruleWords struct{ Requirement, Of, Languages string }

var wordsOfRules = map[string]ruleWords{
	"nl": {"Vereiste", ", uit", "Taal"},
	"fr": {"Exigence", ", tirée de", "Langue"},
	"en": {"Requirement", ", from", "Language"},
}

// pageLanguage is a language in its own name.
type pageLanguage struct{ Tag, Name string }

var pageLanguages = []pageLanguage{{"nl", "Nederlands"}, {"fr", "Français"}, {"en", "English"}}

// Rules serves a page for each rule at its ID, the last segment of the path:
// what an error's type and rel=constrainedBy link to (SP-HTTP-11, SP-HTTP-12).
// The language is "nl", "fr" or "en"; the pages link themselves with ?lang= for
// each.
func Rules(language func(*http.Request) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := rule(r.URL.Path[strings.LastIndexByte(r.URL.Path, '/')+1:])
		found, known := rules[id]
		if !known {
			http.NotFound(w, r)
			return
		}
		header := w.Header()
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			header.Set("Allow", "GET, HEAD")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		tag := language(r)
		translated := ruleTranslations[tag][id]
		setUntrusted(header) // not that it is
		header.Set("Content-Type", htmlType)
		header.Set("Content-Language", tag)
		header.Set("Vary", "Accept-Language, Cookie")
		header.Set("Cache-Control", "max-age=3600")
		header.Set("Access-Control-Allow-Origin", "*")
		_ = rulePage.Execute(w, ruleView{
			ID: id, Language: tag, Title: cmp.Or(translated.title, found.title), Text: cmp.Or(translated.text, found.text),
			Spec: found.spec, Words: wordsOfRules[tag], Languages: pageLanguages,
		}) // fails when the client is gone
	})
}

// ruleTranslations are the titles and texts of [rules] in other languages.
var ruleTranslations = map[string]map[rule]struct{ title, text string }{
	"nl": {
		"SP-HTTP-03":  {"Toegang vraagt om een token", "Stuur een toegangstoken van een soort die WWW-Authenticate noemt. De Link naar de uitgever zegt waar een persoon zich aanmeldt."},
		"SP-HTTP-04":  {"Toegang moet gegeven worden", "Wie de opslag bezit, beslist wie wat mag lezen, toevoegen, wijzigen en beheren, en een persoon beslist wat een app in haar naam mag. WAC-Allow zegt wat wie het verzoek stuurde mag doen."},
		"SP-HTTP-06":  {"Inhoud heeft een mediatype", "Stuur een Content-Type mee met elke PUT, POST en PATCH die inhoud heeft."},
		"SP-HTTP-09":  {"Methodes horen bij soorten van resources", "Allow noemt de methodes van deze resource. POST is voor containers, PATCH voor RDF, en sommige resources zijn van de server zelf."},
		"SP-HTTP-10":  {"Verzoeken zijn welgevormd en niet te groot", "Paden hebben hooguit 4096 bytes, alle headervelden samen 64 KiB. Het detail zegt wat misvormd of te groot was."},
		"SP-HTTP-12":  {"Een opslag heeft een quotum", "Wat een opslag, of alle opslag van haar account samen, meer zou laten bewaren dan mag, wordt geweigerd. Het antwoord zegt in bytes wat er gevraagd is en wat er over is; verwijder wat niet meer nodig is, of vraag de beheerder om meer."},
		"SP-URI-02":   {"Een van X en X/", "Een URL en dezelfde met een schuine streep erachter noemen nooit twee resources. Verwijder degene die er is, of kies een andere naam."},
		"SP-URI-06":   {"De spelling van URL's, en namen die bezet zijn", "Geen lege segmenten en geen punten als segment, geen gecodeerde schuine streep, backslash of stuurtekens, alleen UTF-8. Namen die op .acl of .meta eindigen zijn van hulpresources, en .well-known is van de server."},
		"SP-CON-07":   {"Wat een container bevat, wordt niet geschreven", "Maak en verwijder resources: de lijst volgt. Een verzoek mag de lijst herhalen zoals ze is, of weglaten."},
		"SP-CON-08":   {"Datums, groottes en types van leden zijn aan de server", "Laat stat:size, stat:mtime, dcterms:modified en de ldp:-types van een container en zijn leden weg uit wat je schrijft."},
		"SP-GET-03":   {"Wat een resource aanneemt", "Accept-Put, Accept-Post en Accept-Patch noemen de mediatypes. Inhoud wordt bewaard zoals ze gestuurd is, zonder Content-Encoding."},
		"SP-GET-10":   {"Er is niets", "De resource bestaat niet, of niet meer. Wie ergens niet mag lezen, hoort daarover hetzelfde of er nu iets is of niet."},
		"SP-CN-03":    {"Vormen", "RDF komt als Turtle, JSON-LD, N-Triples, N-Quads en TriG; al het andere in het type waarin het geschreven is. Vraag om een daarvan, of om */*."},
		"SP-CN-07":    {"RDF is geldig en in UTF-8", "Een document dat niet te lezen is, wordt niet bewaard. Het detail noemt de regel."},
		"SP-CN-08":    {"Contexten van JSON-LD worden niet opgehaald", "Gebruik een context die de server heeft, of schrijf de context in het document."},
		"SP-ETAG-02":  {"Voorwaarden", "If-Match en If-Unmodified-Since gelden zolang niemand de resource veranderd heeft, If-None-Match: * zolang ze niet bestaat. Lees haar opnieuw, en beslis op wat je vindt."},
		"SP-RNG-01":   {"Delen liggen binnen de inhoud", "Content-Range zegt hoe lang de inhoud is."},
		"SP-PUT-02":   {"Containers die ontbreken, worden gemaakt", "PUT en PATCH maken de containers boven een resource die er niet zijn. In een document kan er geen zijn."},
		"SP-PUT-04":   {"Een container is RDF", "Zijn beschrijving is in een mediatype van RDF geschreven, of weggelaten."},
		"SP-PUT-05":   {"De URL van een container eindigt op een schuine streep", "Voeg de schuine streep toe, of laat de Link weg die om een container vraagt."},
		"SP-PUT-07":   {"PUT vervangt het geheel", "Stuur de resource in haar geheel, zonder Content-Range, of wijzig RDF met PATCH."},
		"SP-POST-06":  {"Containers zijn gewone containers", "Directe en indirecte containers van LDP worden niet ondersteund."},
		"SP-N3-02":    {"Patches zijn in N3 of SPARQL Update", "Ze wijzigen RDF-documenten. Vervang andere inhoud met PUT."},
		"SP-N3-04":    {"Eén patch", "Het document beschrijft precies één resource, van het type solid:InsertDeletePatch."},
		"SP-N3-05":    {"Elk deel één keer", "Hooguit één solid:where, één solid:inserts en één solid:deletes."},
		"SP-N3-06":    {"De delen zijn formules", "Elk is { … } met triples of patronen van triples erin, en zonder formule daarbinnen."},
		"SP-N3-07":    {"Variabelen komen uit solid:where", "Een variabele in solid:inserts of solid:deletes moet daar voorkomen."},
		"SP-N3-08":    {"Geen blank nodes in solid:deletes", "Noem wat weg moet met een variabele die solid:where invult."},
		"SP-N3-09":    {"Blank nodes blijven in hun formule", "Een label komt maar in één formule voor."},
		"SP-N3-10":    {"solid:where past precies één keer", "Het paste nergens of op meer plaatsen. Lees het document en laat de patronen op één plaats passen."},
		"SP-N3-11":    {"Wat verwijderd wordt, is er", "Een triple van solid:deletes staat niet in het document. Lees het opnieuw."},
		"SP-SPU-02":   {"SPARQL Update van één document", "INSERT DATA, DELETE DATA, DELETE/INSERT WHERE en DELETE WHERE werken, binnen grenzen; LOAD, GRAPH en het beheer van grafen niet."},
		"SP-DEL-03":   {"Alleen lege containers worden verwijderd", "Verwijder eerst de leden."},
		"SP-DEL-04":   {"De wortel van een opslag blijft", "De wortelcontainer en zijn ACL kunnen niet worden verwijderd. Een opslag verdwijnt met haar account."},
		"SP-AUX-02":   {"Hulpresources gaan over iets", "Maak eerst de resource; haar Link-headers noemen haar ACL en haar beschrijving."},
		"ECO-WID-06":  {"Wie voor een profiel instaat, beslist zijn account", "solid:oidcIssuer, pim:storage en solid:owner van een profiel op deze server veranderen met het account, en het profiel blijft openbaar: anderen controleren daarmee de identiteit van de eigenaar."},
		"WAC-COND-02": {"Ondersteunde toegangsvoorwaarden", "De Link-headers van een ACL met rel=\"http://www.w3.org/ns/auth/acl#condition\" noemen ze."},
		"WAC-REP-05":  {"Iemand beheert een opslag", "De ACL van een wortelcontainer geeft minstens één agent acl:Control erover."},
	},
	"fr": {
		"SP-HTTP-03":  {"L'accès demande un jeton", "Envoyez un jeton d'accès d'une sorte que WWW-Authenticate nomme. Le Link vers l'émetteur dit où une personne se connecte."},
		"SP-HTTP-04":  {"L'accès doit être accordé", "Le propriétaire de l'espace de stockage décide qui peut y lire, ajouter, modifier et contrôler quoi, et une personne décide de ce qu'une application peut faire en son nom. WAC-Allow dit ce que peut faire l'auteur de la demande."},
		"SP-HTTP-06":  {"Un contenu a un type de média", "Envoyez un Content-Type avec chaque PUT, POST et PATCH qui a un contenu."},
		"SP-HTTP-09":  {"Les méthodes dépendent de la sorte de ressource", "Allow énumère les méthodes de cette ressource. POST est pour les conteneurs, PATCH pour le RDF, et certaines ressources appartiennent au serveur."},
		"SP-HTTP-10":  {"Les demandes sont bien formées et de taille limitée", "Un chemin a 4096 octets au plus, tous les champs d'en-tête ensemble 64 Kio. Le détail dit ce qui était mal formé ou trop grand."},
		"SP-HTTP-12":  {"Un espace de stockage a un quota", "Ce qui ferait garder à un espace de stockage, ou à tous ceux de son compte, plus que permis est refusé. La réponse dit en octets ce qui est demandé et ce qui reste\u00a0; supprimez ce qui ne sert plus, ou demandez davantage à l'administrateur."},
		"SP-URI-02":   {"X ou X/, pas les deux", "Une URL et la même suivie d'une barre oblique ne nomment jamais deux ressources. Supprimez celle qui est là, ou choisissez un autre nom."},
		"SP-URI-06":   {"L'écriture des URL et les noms réservés", "Pas de segments vides ni de points comme segments, pas de barre oblique, de barre inverse ni de caractère de commande encodés, UTF-8 seulement. Les noms en .acl ou .meta sont ceux des ressources auxiliaires, et .well-known est au serveur."},
		"SP-CON-07":   {"Ce qu'un conteneur contient ne s'écrit pas", "Créez et supprimez des ressources\u00a0: la liste suit. Un contenu peut répéter la liste telle qu'elle est, ou l'omettre."},
		"SP-CON-08":   {"Les dates, tailles et types des membres sont au serveur", "Omettez de ce que vous écrivez stat:size, stat:mtime, dcterms:modified et les types ldp: d'un conteneur et de ses membres."},
		"SP-GET-03":   {"Ce qu'une ressource accepte", "Accept-Put, Accept-Post et Accept-Patch énumèrent les types de média. Le contenu est gardé tel qu'il est envoyé, sans Content-Encoding."},
		"SP-GET-10":   {"Il n'y a rien", "La ressource n'existe pas, ou n'existe plus. Qui ne peut pas lire à un endroit y reçoit la même réponse, qu'il y ait quelque chose ou non."},
		"SP-CN-03":    {"Représentations", "Le RDF s'obtient en Turtle, JSON-LD, N-Triples, N-Quads et TriG\u00a0; tout le reste dans le type où il a été écrit. Demandez l'un d'eux, ou */*."},
		"SP-CN-07":    {"Le RDF est valide et en UTF-8", "Un document illisible n'est pas gardé. Le détail nomme la ligne."},
		"SP-CN-08":    {"Les contextes JSON-LD ne sont pas recherchés", "Employez un contexte que le serveur connaît, ou écrivez le contexte dans le document."},
		"SP-ETAG-02":  {"Conditions", "If-Match et If-Unmodified-Since tiennent tant que personne n'a changé la ressource, If-None-Match: * tant qu'elle n'existe pas. Relisez-la, et décidez d'après ce que vous trouvez."},
		"SP-RNG-01":   {"Une partie se trouve dans le contenu", "Content-Range dit la longueur du contenu."},
		"SP-PUT-02":   {"Les conteneurs manquants sont créés", "PUT et PATCH créent les conteneurs qui manquent au-dessus d'une ressource. Dans un document, il ne peut pas y en avoir."},
		"SP-PUT-04":   {"Un conteneur est en RDF", "Sa description est écrite dans un type de média RDF, ou omise."},
		"SP-PUT-05":   {"L'URL d'un conteneur finit par une barre oblique", "Ajoutez la barre oblique, ou omettez le Link qui demande un conteneur."},
		"SP-PUT-07":   {"PUT remplace le tout", "Envoyez la ressource entière, sans Content-Range, ou modifiez le RDF par PATCH."},
		"SP-POST-06":  {"Les conteneurs sont des conteneurs simples", "Les conteneurs directs et indirects de LDP ne sont pas pris en charge."},
		"SP-N3-02":    {"Les patchs sont en N3 ou SPARQL Update", "Ils modifient des documents RDF. Remplacez tout autre contenu par PUT."},
		"SP-N3-04":    {"Un seul patch", "Le document décrit exactement une ressource, de type solid:InsertDeletePatch."},
		"SP-N3-05":    {"Chaque partie une fois", "Au plus un solid:where, un solid:inserts et un solid:deletes."},
		"SP-N3-06":    {"Les parties sont des formules", "Chacune est { … } avec des triplets ou des motifs de triplets, et sans formule à l'intérieur."},
		"SP-N3-07":    {"Les variables viennent de solid:where", "Une variable de solid:inserts ou solid:deletes doit s'y trouver."},
		"SP-N3-08":    {"Pas de nœud anonyme dans solid:deletes", "Nommez ce qui est à supprimer par une variable que solid:where lie."},
		"SP-N3-09":    {"Les nœuds anonymes restent dans leur formule", "Une étiquette ne se trouve que dans une formule."},
		"SP-N3-10":    {"solid:where convient exactement une fois", "Il ne convenait nulle part, ou à plusieurs endroits. Lisez le document et faites que les motifs conviennent à un seul endroit."},
		"SP-N3-11":    {"Ce qui est supprimé s'y trouve", "Un triplet de solid:deletes n'est pas dans le document. Relisez-le."},
		"SP-SPU-02":   {"SPARQL Update d'un seul document", "INSERT DATA, DELETE DATA, DELETE/INSERT WHERE et DELETE WHERE fonctionnent, dans certaines limites\u00a0; LOAD, GRAPH et la gestion des graphes, non."},
		"SP-DEL-03":   {"Seuls les conteneurs vides sont supprimés", "Supprimez d'abord les membres."},
		"SP-DEL-04":   {"La racine d'un espace de stockage reste", "Le conteneur racine et son ACL ne peuvent pas être supprimés. Un espace de stockage part avec son compte."},
		"SP-AUX-02":   {"Les ressources auxiliaires portent sur quelque chose", "Créez d'abord la ressource\u00a0; ses en-têtes Link nomment son ACL et sa description."},
		"ECO-WID-06":  {"Le compte décide qui se porte garant d'un profil", "solid:oidcIssuer, pim:storage et solid:owner d'un profil de ce serveur changent avec le compte, et le profil reste public\u00a0: d'autres vérifient par lui l'identité du propriétaire."},
		"WAC-COND-02": {"Conditions d'accès prises en charge", "Les en-têtes Link d'une ACL avec rel=\"http://www.w3.org/ns/auth/acl#condition\" les énumèrent."},
		"WAC-REP-05":  {"Quelqu'un contrôle un espace de stockage", "L'ACL d'un conteneur racine en donne acl:Control à un agent au moins."},
	},
}
