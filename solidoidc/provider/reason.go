package provider

import (
	"cmp"
	"fmt"
	"slices"
)

// reason says what is wrong with what an app sent. Programs are told in English;
// on a page it is in the person's language.
type reason struct {
	text   string // English, the key of its translations; may have %s
	values []any  // for those; reasons are translated too
}

func because(text string, values ...any) error { return reason{text, values} }

func (r reason) Error() string { return r.in("en") }

func (r reason) in(language string) string {
	values := slices.Clone(r.values)
	for i, value := range values {
		if inner, ok := value.(reason); ok {
			values[i] = inner.in(language)
		}
	}
	return fmt.Sprintf(cmp.Or(reasons[language][r.text], r.text), values...)
}

// reasons are the translations.
var reasons = map[string]map[string]string{
	"nl": {
		foreignRedirectURI: "redirect_uri moet een van de redirect_uris van de app zijn, byte voor byte",
		documentRules: "het moet op precies dit adres antwoorden, zonder doorverwijzing, binnen 5 seconden, met status 200, " +
			"als application/ld+json of application/json, in hooguit 64 KiB, " +
			"op poort 443 van een openbaar adres (tenzij de beheerder van deze server een ander heeft geopend)",
		"it is not a URL":                       "ze is geen URL",
		"it has user information or a fragment": "er staat een gebruikersnaam of een fragment in",
		"it is not https":                       "ze is geen https-URL",
		"it is not a JSON object":               "het is geen JSON-object",
		"its @context does not contain %s":      "zijn @context bevat %s niet",
		"its client_id is missing or not a URL, it has to be the URL that it was fetched from, %s": "zijn client_id ontbreekt of is geen URL; het moet de URL zijn waar het is opgehaald, %s",
		"its client_id is %s, it has to be the URL that it was fetched from, %s":                   "zijn client_id is %s; het moet de URL zijn waar het is opgehaald, %s",
		"the member %s holds, or is, a JSON %s where another type belongs":                         "het onderdeel %s bevat, of is, JSON van het type %s waar een ander type hoort",
		"%s has a value that is not supported":                                                     "%s heeft een waarde die hier niet kan",
		"there must be 1 to 20 redirect_uris":                                                      "er moeten 1 tot 20 redirect_uris zijn",
		"a redirect URI is not an absolute URI":                                                    "een redirect-URI is geen absolute URI",
		"a redirect URI has a fragment":                                                            "een redirect-URI heeft een fragment",
		"a redirect URI has user information":                                                      "er staat een gebruikersnaam in een redirect-URI",
		"redirect URIs are https, or http on localhost":                                            "redirect-URI's zijn https, of http op localhost",
		"private-use URI schemes are for application_type native":                                  "eigen URI-schema's zijn voor application_type native",
		"a private-use URI scheme is a reversed domain name":                                       "een eigen URI-schema is een omgekeerde domeinnaam",
		"grant_types does not contain authorization_code":                                          "grant_types bevat authorization_code niet",
		"response_types does not contain code":                                                     "response_types bevat code niet",
		"default_max_age is negative":                                                              "default_max_age is negatief",
		"authorization_details: %s":                                                                "authorization_details: %s",
		malformedDetails:                                                                           "dit moet een JSON-array zijn van objecten met geen andere onderdelen dan type, locations of classes, actions, purpose en until (RFC 3339)",
		"there are more than 16":                                                                   "het zijn er meer dan 16",
		"the only known type is %s":                                                                "het enige bekende type is %s",
		"each names either locations or classes":                                                   "elk noemt locations of classes",
		"one names more than 32 locations or classes":                                              "een ervan noemt meer dan 32 locations of classes",
		"a location is not an absolute http or https URL without query and fragment":               "een location is geen absolute http- of https-URL zonder query en fragment",
		"a class is not an absolute IRI":                                                           "een class is geen absolute IRI",
		"actions are one or more of read, add, edit, control":                                      "actions zijn een of meer van read, add, edit, control",
		"a purpose is longer than 300 characters or has control characters":                        "een purpose is langer dan 300 tekens of bevat stuurtekens",
		"until is past": "until is voorbij",
	},
	"fr": {
		foreignRedirectURI: "redirect_uri doit être l'une des redirect_uris de l'application, à l'octet près",
		documentRules: "il doit répondre à cette adresse même, sans redirection, en moins de 5 secondes, avec le statut 200, " +
			"en application/ld+json ou application/json, en 64 Kio au plus, " +
			"sur le port 443 d'une adresse publique (sauf si l'administrateur de ce serveur en a ouvert une autre)",
		"it is not a URL":                       "ce n'est pas une URL",
		"it has user information or a fragment": "il contient un nom d'utilisateur ou un fragment",
		"it is not https":                       "il n'est pas en https",
		"it is not a JSON object":               "ce n'est pas un objet JSON",
		"its @context does not contain %s":      "son @context ne contient pas %s",
		"its client_id is missing or not a URL, it has to be the URL that it was fetched from, %s": "son client_id manque ou n'est pas une URL\u00a0; ce doit être l'URL où il a été obtenu, %s",
		"its client_id is %s, it has to be the URL that it was fetched from, %s":                   "son client_id est %s\u00a0; ce doit être l'URL où il a été obtenu, %s",
		"the member %s holds, or is, a JSON %s where another type belongs":                         "le membre %s contient, ou est, du JSON de type %s là où il faut un autre type",
		"%s has a value that is not supported":                                                     "%s a une valeur qui n'est pas prise en charge",
		"there must be 1 to 20 redirect_uris":                                                      "il faut de 1 à 20 redirect_uris",
		"a redirect URI is not an absolute URI":                                                    "une URI de redirection n'est pas absolue",
		"a redirect URI has a fragment":                                                            "une URI de redirection a un fragment",
		"a redirect URI has user information":                                                      "une URI de redirection contient un nom d'utilisateur",
		"redirect URIs are https, or http on localhost":                                            "les URI de redirection sont en https, ou en http sur localhost",
		"private-use URI schemes are for application_type native":                                  "les schémas d'URI privés sont pour application_type native",
		"a private-use URI scheme is a reversed domain name":                                       "un schéma d'URI privé est un nom de domaine inversé",
		"grant_types does not contain authorization_code":                                          "grant_types ne contient pas authorization_code",
		"response_types does not contain code":                                                     "response_types ne contient pas code",
		"default_max_age is negative":                                                              "default_max_age est négatif",
		"authorization_details: %s":                                                                "authorization_details\u00a0: %s",
		malformedDetails:                                                                           "il faut un tableau JSON d'objets qui n'ont pas d'autres membres que type, locations ou classes, actions, purpose et until (RFC 3339)",
		"there are more than 16":                                                                   "il y en a plus de 16",
		"the only known type is %s":                                                                "le seul type connu est %s",
		"each names either locations or classes":                                                   "chacun nomme soit des locations, soit des classes",
		"one names more than 32 locations or classes":                                              "l'un d'eux nomme plus de 32 locations ou classes",
		"a location is not an absolute http or https URL without query and fragment":               "une location n'est pas une URL http ou https absolue, sans requête ni fragment",
		"a class is not an absolute IRI":                                                           "une classe n'est pas une IRI absolue",
		"actions are one or more of read, add, edit, control":                                      "les actions sont une ou plusieurs de read, add, edit, control",
		"a purpose is longer than 300 characters or has control characters":                        "un but (purpose) dépasse 300 caractères ou contient des caractères de commande",
		"until is past": "until est passé",
	},
}
