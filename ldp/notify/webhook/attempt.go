package webhook

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"
)

// delays are the pauses behind failed tries of one message. A receiver that is
// down for a day loses nothing; then the channel is removed (NOT-WH-04).
var delays = [...]time.Duration{10 * time.Second, time.Minute, 10 * time.Minute, time.Hour, 6 * time.Hour, 24 * time.Hour}

const (
	// jitter spreads the tries of many channels whose receiver came back, as a
	// part of the pause.
	jitter = 0.2
	// maxRetryAfter bounds what a receiver may ask for.
	maxRetryAfter = 24 * time.Hour
)

// Receipt is how a receiver answered.
type Receipt struct {
	Status     int
	RetryAfter time.Duration // that it asks for; 0 when it does not
}

// outcome is what a try led to.
type outcome struct {
	delivered bool
	// reason why the channel is removed, for its creator; "" when it is not.
	reason string
	pause  time.Duration // until the next try
}

// judge says what follows from the failures-th try without success, this one
// included. The error says that there was no answer.
func judge(receipt Receipt, err error, failures int) outcome {
	switch {
	case err == nil && receipt.Status >= 200 && receipt.Status < 300:
		return outcome{delivered: true}
	case err == nil && receipt.Status == http.StatusGone:
		return outcome{reason: "The receiver answered 410 Gone."}
	case failures > len(delays):
		last := "there was no answer"
		if err == nil {
			last = fmt.Sprintf("the last answer was %d", receipt.Status)
		}
		return outcome{reason: fmt.Sprintf("A message could not be delivered in %d tries; %s.", failures, last)}
	}
	pause := delays[failures-1]
	pause += time.Duration((2*rand.Float64() - 1) * jitter * float64(pause))
	return outcome{pause: max(pause, min(receipt.RetryAfter, maxRetryAfter))}
}
