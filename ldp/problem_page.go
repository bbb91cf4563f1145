package ldp

import (
	"cmp"
	"net/http"
)

// problemPage is what a person sees of a problem: what kind it is and what to do
// next in her language, and the detail, which is for developers, in English.
var problemPage = newPage(`<p>{{.Meaning}}</p>
{{with .Next}}<p>{{.}}</p>
{{end}}{{with .Detail}}<p lang="en">{{.}}</p>
{{end}}<p><a href="{{.Start}}">{{.Words.Start}}</a></p>
<p><small>{{.Words.Help}} <code>{{.Status}} {{.Instance}}</code></small></p>
`)

type problemView struct {
	Language, Title, Meaning string
	Next                     string // "" when there is nothing to add
	Detail                   string // "" when there is none but the meaning
	Start                    string // URL of the server's first page
	Words                    problemWords
	Status                   int
	Instance                 string
}

type problemWords struct{ Start, Help string }

// writeProblemPage sends a problem as a page.
func (h *Handler) writeProblemPage(w http.ResponseWriter, r *http.Request, e *Error, instance string) {
	tag := h.language(r)
	view := problemView{
		Language: tag, Title: cmp.Or(translations[tag][e.Kind].title, kinds[e.Kind].title), Meaning: cmp.Or(translations[tag][e.Kind].meaning, kinds[e.Kind].detail),
		Next: nextSteps[tag][e.Kind], Detail: e.Detail, Start: h.space.BaseURL(), Words: wordsOfProblems[tag], Status: e.Status(), Instance: instance,
	}
	header := w.Header()
	header.Add("Vary", "Accept-Language, Cookie")
	header.Set("Content-Language", view.Language)
	header.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(view.Status)
	if r.Method != http.MethodHead {
		// The client is gone when this fails; there is nobody to tell.
		_ = problemPage.Execute(w, view)
	}
}

var wordsOfProblems = map[string]problemWords{
	"nl": {"Naar de startpagina van deze server", "Vraag je om hulp, geef dan dit nummer:"},
	"fr": {"Vers la page d'accueil de ce serveur", "Si vous demandez de l'aide, donnez ce numéro\u00a0:"},
	"en": {"To the start page of this server", "If you ask for help, give this number:"},
}

// nextSteps say what a person can do who has opened an address in a browser.
var nextSteps = map[string]map[Kind]string{
	"nl": {
		Unauthenticated: "Is het je eigen pod? Een app die je met je pod gebruikt kan het tonen. Is het die van iemand anders? Vraag haar om jou toegang te geven: daarvoor heeft ze je WebID nodig.",
		Forbidden:       "Vraag wie de pod bezit om je toegang te geven: daarvoor is je WebID nodig. Liet je de app zelf minder doen? Dat wijzig je bij je account.",
		NotFound:        "Kijk of het adres juist getypt is, of ga naar de map erboven.",
	},
	"fr": {
		Unauthenticated: "C'est votre pod\u00a0? Une application que vous utilisez avec votre pod peut l'afficher. C'est celui de quelqu'un d'autre\u00a0? Demandez-lui de vous donner accès\u00a0: il lui faut votre WebID.",
		Forbidden:       "Demandez au propriétaire du pod de vous donner accès\u00a0: il lui faut votre WebID. C'est vous qui avez limité l'application\u00a0? Cela se change dans votre compte.",
		NotFound:        "Vérifiez l'adresse, ou allez au dossier parent.",
	},
	"en": {
		Unauthenticated: "Is it your own pod? An app that you use with your pod can show it. Is it somebody else's? Ask her to let you in: for that she needs your WebID.",
		Forbidden:       "Ask who owns the pod to let you in: for that she needs your WebID. Did you let the app do less yourself? You change that in your account.",
		NotFound:        "See whether the address is typed well, or go to the folder above.",
	},
}

// translations are the titles and meanings of [kinds] in other languages, and in
// English for people where those are for developers.
var translations = map[string][len(kinds)]struct{ title, meaning string }{
	"en": {
		Unauthenticated: {"Signing in is required", "Open this address with an app in which you are signed in."},
	},
	"nl": {
		Internal:             {"Er ging iets mis op de server", "Het is genoteerd en ligt niet aan jou. Probeer het nog eens."},
		Invalid:              {"Het verzoek klopt niet", "De server begrijpt het niet."},
		Unauthenticated:      {"Aanmelden is nodig", "Open dit adres met een app waarin je bent aangemeld."},
		Forbidden:            {"Geen toegang", "Wie is aangemeld, heeft niet de toegang gekregen die hiervoor nodig is."},
		NotFound:             {"Op dit adres is niets", "Er staat hier niets, of niets meer."},
		Gone:                 {"Wat hier was, is voorbij", "Het komt niet terug."},
		MethodNotAllowed:     {"Dat kan hier niet", "Dit adres is niet op deze manier te gebruiken."},
		NotAcceptable:        {"Niet beschikbaar in deze vorm", "Vraag om een ander mediatype."},
		Conflict:             {"Het verzoek past niet bij wat er staat", "Lees het opnieuw en probeer het dan nog eens."},
		PreconditionFailed:   {"Er is intussen iets veranderd", "Wat er staat, is niet wat het verzoek verwachtte. Lees het opnieuw."},
		TooSlow:              {"De inhoud kwam te langzaam binnen", "Het verzoek is afgebroken. Stuur het opnieuw over een betere verbinding."},
		TooLarge:             {"De inhoud is te groot", "Het is meer dan deze server aanneemt."},
		URLTooLong:           {"Het adres is te lang", "Het is langer dan deze server aanneemt."},
		UnsupportedMediaType: {"Dit mediatype kan hier niet", "Deze server neemt hier andere mediatypes aan."},
		RangeNotSatisfiable:  {"Dat deel is er niet", "Het gevraagde deel ligt buiten de inhoud."},
		Unprocessable:        {"De inhoud kan niet worden verwerkt", "De vorm klopt, maar het is niet toe te passen."},
		TooManyRequests:      {"Te veel verzoeken", "Probeer het later opnieuw."},
		MethodUnknown:        {"De methode is onbekend", "Deze server kent haar niet."},
		Unavailable:          {"De server is nu niet beschikbaar", "Probeer het later opnieuw."},
		InsufficientStorage:  {"Er is geen plaats meer", "Verwijder wat niet meer nodig is, of probeer het later opnieuw."},
	},
	"fr": {
		Internal:             {"Quelque chose s'est mal passé sur le serveur", "C'est noté, et ce n'est pas votre faute. Réessayez."},
		Invalid:              {"La demande est incorrecte", "Le serveur ne la comprend pas."},
		Unauthenticated:      {"Il faut se connecter", "Ouvrez cette adresse avec une application où vous êtes connecté."},
		Forbidden:            {"Accès refusé", "La personne connectée n'a pas reçu l'accès qu'il faut pour cela."},
		NotFound:             {"Il n'y a rien à cette adresse", "Il n'y a rien ici, ou il n'y a plus rien."},
		Gone:                 {"Ce qui était ici est terminé", "Cela ne reviendra pas."},
		MethodNotAllowed:     {"Ce n'est pas possible ici", "Cette adresse ne s'utilise pas de cette manière."},
		NotAcceptable:        {"Indisponible sous cette forme", "Demandez un autre type de média."},
		Conflict:             {"La demande ne convient pas à ce qui s'y trouve", "Relisez-le, puis réessayez."},
		PreconditionFailed:   {"Quelque chose a changé entre-temps", "Ce qui s'y trouve n'est pas ce que la demande attendait. Relisez-le."},
		TooSlow:              {"Le contenu est arrivé trop lentement", "La demande a été abandonnée. Envoyez-la de nouveau avec une meilleure connexion."},
		TooLarge:             {"Le contenu est trop grand", "Il dépasse ce que ce serveur accepte."},
		URLTooLong:           {"L'adresse est trop longue", "Elle dépasse ce que ce serveur accepte."},
		UnsupportedMediaType: {"Ce type de média n'est pas accepté ici", "Ce serveur accepte ici d'autres types de média."},
		RangeNotSatisfiable:  {"Cette partie n'existe pas", "La partie demandée est hors du contenu."},
		Unprocessable:        {"Le contenu ne peut pas être traité", "Sa forme est correcte, mais il ne peut pas être appliqué."},
		TooManyRequests:      {"Trop de demandes", "Réessayez plus tard."},
		MethodUnknown:        {"La méthode est inconnue", "Ce serveur ne la connaît pas."},
		Unavailable:          {"Le serveur n'est pas disponible pour le moment", "Réessayez plus tard."},
		InsufficientStorage:  {"Il n'y a plus de place", "Supprimez ce qui ne sert plus, ou réessayez plus tard."},
	},
}
