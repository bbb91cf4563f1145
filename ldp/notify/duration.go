package notify

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// duration is an xsd:duration that is not negative, in any case: the drafts
// have PT10s in their examples.
var duration = regexp.MustCompile(`^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?$`)

// units of the parts of a duration. Years and months are about as long.
var units = [...]time.Duration{365 * 24 * time.Hour, 30 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second}

// parseDuration reads an xsd:duration; what is longer than a channel lasts
// counts as that.
func parseDuration(text string) (time.Duration, error) {
	parts := duration.FindStringSubmatch(strings.ToUpper(text))
	if parts == nil || strings.HasSuffix(strings.ToUpper(text), "T") || len(text) == 1 {
		return 0, fmt.Errorf("%.40q is no xsd:duration such as PT10S", text)
	}
	total := 0.0
	for i, part := range parts[1:] {
		if part == "" {
			continue
		}
		n, err := strconv.ParseFloat(part, 64)
		if err != nil {
			return 0, fmt.Errorf("%.40q is too long", text)
		}
		total += n * float64(units[i])
	}
	if total >= float64(maxLifetime) {
		return maxLifetime, nil
	}
	return time.Duration(total), nil
}

// formatDuration writes an xsd:duration.
func formatDuration(d time.Duration) string {
	return "PT" + strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "S"
}
