package account

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
)

const (
	minPassword = 8    // characters, NIST SP 800-63B §3.1.1.2
	maxPassword = 1024 // bytes; more is an attack on the hasher
	maxEmail    = 254  // bytes, RFC 5321 §4.5.3.1.3
	maxWebID    = 2048 // bytes
	maxName     = 200  // bytes of the name of client credentials
)

// normaliseEmail returns the form in which an address is kept and compared.
// It accepts what looks like an address; whether mail arrives there only mail
// can tell.
func normaliseEmail(text string) (string, error) {
	email := strings.ToLower(strings.TrimSpace(text))
	local, domain, _ := strings.Cut(email, "@")
	odd := func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || strings.ContainsRune(`@<>()[],;:"\`, r)
	}
	if local == "" || domain == "" || len(email) > maxEmail || !utf8.ValidString(text) ||
		strings.ContainsFunc(local, odd) || strings.ContainsFunc(domain, odd) {
		return "", errEmailInvalid
	}
	return email, nil
}

// CheckPassword says why a password that somebody chooses for an e-mail address is
// none to choose: an [*Error].
func CheckPassword(password, email string) error {
	email, err := normaliseEmail(email)
	if err != nil {
		return err
	}
	return checkPassword(password, email)
}

// checkPassword applies the rules for a password that somebody chooses for
// the login with the given normalised address.
func checkPassword(password, email string) error {
	local, _, _ := strings.Cut(email, "@")
	switch typed := strings.ToLower(strings.TrimSpace(password)); {
	case len(password) > maxPassword:
		return errPasswordLong
	case utf8.RuneCountInString(password) < minPassword:
		return errPasswordShort
	case typed == email || typed == local:
		return errPasswordEmail
	case isGuessed(typed, local):
		return errPasswordWeak
	}
	return nil
}

const (
	// fewGuesses: whoever tries the likeliest passwords first gets here within
	// as many, from leaked lists or by the ways people vary a word.
	fewGuesses = 1e6
	// judged bounds what is looked at: the work grows faster than the length.
	judged = 64
)

// commonHere are words that passwords are made of where people speak Dutch or
// French; the lists of the library are English.
var commonHere = []string{
	"welkom", "wachtwoord", "geheim", "ikhouvanjou", "liefde", "schatje", "hallo", "zomer", "winter", "lente", "herfst", "voetbal",
	"belgie", "vlaanderen", "gent", "antwerpen", "brussel", "anderlecht", "nederland", "ajax", "feyenoord", "konijn", "vakantie",
	"bienvenue", "motdepasse", "secret", "jetaime", "amour", "doudou", "loulou", "bonjour", "soleil", "printemps", "automne", "hiver",
	"azerty", "azertyuiop", "belgique", "bruxelles", "france", "marseille", "chouchou", "vacances", "domicile",
}

// isGuessed reports whether a password is among those that are guessed first.
func isGuessed(typed, local string) bool {
	start := typed[:min(len(typed), judged)]
	return zxcvbn.PasswordStrength(strings.ToValidUTF8(start, ""), append(slices.Clone(commonHere), local)).Guesses < fewGuesses
}

// podName makes a storage name of what somebody typed, as CSS does: "Anna
// Smith" becomes "anna-smith". Whether the result is allowed [Pods] decides.
func podName(text string) string {
	var name strings.Builder
	for _, r := range strings.ToLower(strings.TrimSpace(text)) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			name.WriteRune(r)
		} else if !strings.HasSuffix(name.String(), "-") {
			name.WriteByte('-')
		}
	}
	return strings.Trim(name.String(), "-")
}
