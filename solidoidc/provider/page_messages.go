package provider

// message is the key of a text on a page.
type message string

// Messages that code chooses; the templates name the others.
const (
	signInFailed    message = "sign-in-failed"
	signOutFailed   message = "sign-out-failed"
	unreadable      message = "unreadable"
	namedTwice      message = "named-twice"
	foreignRedirect message = "foreign-redirect"
	noClientID      message = "no-client-id"
	unknownClient   message = "unknown-client"
	badClientID     message = "bad-client-id"
	noDocument      message = "no-document"
	badDocument     message = "bad-document"
	pageTooOld      message = "too-old"
	tooManyRequests message = "too-many"
)

var messages = map[string]map[message]string{"nl": dutch, "fr": french, "en": english}

var english = map[message]string{
	signInFailed:    "The app cannot sign you in",
	signOutFailed:   "Signing out did not work",
	"advice":        "Nothing has been shared. Go back to the app and try again. If it goes on, tell those who make the app:",
	unreadable:      "The app sent a request that cannot be read.",
	namedTwice:      "The app named itself or its address twice.",
	foreignRedirect: "The app wants you to be sent to an address that it has not registered (redirect_uri).",
	noClientID:      "The app did not say which app it is (client_id).",
	unknownClient:   "The app is not registered here, or its registration has expired. Clear what the app has stored about this server, or register it again.",
	badClientID:     "The app's client identifier cannot be used.",
	noDocument:      "The document that describes the app could not be fetched.",
	badDocument:     "The document that describes the app cannot be used.",
	pageTooOld:      "This page is too old. Sign out again.",
	tooManyRequests: "There are too many requests from your network. Try again in a moment.",
	"colon":         ":",
	"sign-out?":     "Sign out?",
	"sign-out":      "Sign out",
	"signed-out":    "You are signed out",
	"close":         "You can close this page.",
}

var dutch = map[message]string{
	signInFailed:    "De app kan je niet aanmelden",
	signOutFailed:   "Het afmelden is niet gelukt",
	"advice":        "Er is niets gedeeld. Ga terug naar de app en probeer het opnieuw. Blijft het misgaan, meld dan aan de makers van de app:",
	unreadable:      "De app stuurde een verzoek dat niet te lezen is.",
	namedTwice:      "De app noemde zichzelf of haar adres twee keer.",
	foreignRedirect: "De app wil je naar een adres laten sturen dat ze niet heeft geregistreerd (redirect_uri).",
	noClientID:      "De app zei niet welke app ze is (client_id).",
	unknownClient:   "De app is hier niet geregistreerd, of haar registratie is verlopen. Wis wat de app over deze server heeft bewaard, of registreer haar opnieuw.",
	badClientID:     "De identificatie van de app is niet bruikbaar.",
	noDocument:      "Het document dat de app beschrijft, kon niet worden opgehaald.",
	badDocument:     "Het document dat de app beschrijft, is niet bruikbaar.",
	pageTooOld:      "Deze pagina is te oud. Meld je opnieuw af.",
	tooManyRequests: "Er komen te veel verzoeken van je netwerk. Probeer het zo dadelijk nog eens.",
	"colon":         ":",
	"sign-out?":     "Afmelden?",
	"sign-out":      "Afmelden",
	"signed-out":    "Je bent afgemeld",
	"close":         "Je kunt deze pagina sluiten.",
}

var french = map[message]string{
	signInFailed:    "L'application ne peut pas vous connecter",
	signOutFailed:   "La déconnexion n'a pas réussi",
	"advice":        "Rien n'a été partagé. Revenez à l'application et réessayez. Si cela continue, signalez ceci à ses auteurs\u00a0:",
	unreadable:      "L'application a envoyé une demande illisible.",
	namedTwice:      "L'application a donné deux fois son nom ou son adresse.",
	foreignRedirect: "L'application veut vous envoyer à une adresse qu'elle n'a pas enregistrée (redirect_uri).",
	noClientID:      "L'application n'a pas dit qui elle est (client_id).",
	unknownClient:   "L'application n'est pas enregistrée ici, ou son enregistrement a expiré. Effacez ce qu'elle a gardé sur ce serveur, ou enregistrez-la à nouveau.",
	badClientID:     "L'identifiant de l'application est inutilisable.",
	noDocument:      "Le document qui décrit l'application n'a pas pu être obtenu.",
	badDocument:     "Le document qui décrit l'application est inutilisable.",
	pageTooOld:      "Cette page est trop ancienne. Déconnectez-vous à nouveau.",
	tooManyRequests: "Il y a trop de demandes depuis votre réseau. Réessayez dans un instant.",
	"colon":         "\u00a0:",
	"sign-out?":     "Se déconnecter\u00a0?",
	"sign-out":      "Se déconnecter",
	"signed-out":    "Vous êtes déconnecté",
	"close":         "Vous pouvez fermer cette page.",
}
