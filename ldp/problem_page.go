package ldp

import (
	"html/template"
	"net/http"
)

// problemPage is what a person sees of a problem: what kind it is in her
// language, and the detail, which is for developers, in English.
var problemPage = template.Must(template.New("problem").Parse(`<!DOCTYPE html>
<html lang="{{.Language}}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Title}}</title></head>
<body>
<h1>{{.Title}}</h1>
<p>{{.Meaning}}</p>
{{with .Detail}}<p lang="en">{{.}}</p>
{{end}}<p>{{.Help}} <code>{{.Status}} {{.Instance}}</code></p>
</body>
</html>
`))

type problemView struct {
	Language, Title, Meaning string
	Detail                   string // "" when there is none but the meaning
	Help                     string
	Status                   int
	Instance                 string
}

// writeProblemPage sends a problem as a page.
func (h *Handler) writeProblemPage(w http.ResponseWriter, r *http.Request, e *Error, instance string) {
	view := problemView{Detail: e.Detail, Status: e.Status(), Instance: instance}
	view.Language = h.language(r)
	view.Help = askForHelp[view.Language]
	view.Title, view.Meaning = kinds[e.Kind].title, kinds[e.Kind].detail
	if texts, ok := translations[view.Language]; ok {
		view.Title, view.Meaning = texts[e.Kind].title, texts[e.Kind].meaning
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

var askForHelp = map[string]string{
	"nl": "Vraag je om hulp, geef dan dit nummer:",
	"fr": "Si vous demandez de l'aide, donnez ce numéro :",
	"en": "If you ask for help, give this number:",
}

// translations are the titles and meanings of [kinds] in other languages.
var translations = map[string][len(kinds)]struct{ title, meaning string }{
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
