package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"domicile/ldp/notify"
)

// check is one named condition of readiness.
type check struct {
	name string
	run  func(context.Context) error
}

// operations is what operators see on their own listener.
type operations struct {
	registry *prometheus.Registry
	requests *prometheus.HistogramVec
	inFlight prometheus.Gauge
	waiting  prometheus.Gauge
	refused  *prometheus.CounterVec
	checks   []check
	// introspection serves RFC 7662; operators may look into every token.
	introspection http.Handler
}

func newOperations(introspection http.Handler, checks ...check) *operations {
	ops := &operations{
		introspection: introspection,
		registry:      prometheus.NewRegistry(),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "domicile_http_request_duration_seconds",
			Help:    "Time from the request's header to the last byte of the answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 60},
		}, []string{"area", "method", "status"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "domicile_http_requests_in_flight",
			Help: "Requests being answered now.",
		}),
		waiting: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "domicile_http_requests_waiting",
			Help: "Requests that wait for their turn, as many being worked on as may be.",
		}),
		refused: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "domicile_http_requests_refused_total",
			Help: "Requests that were refused: busy, as too many waited or for too long; client, as one client had too many at a time.",
		}, []string{"reason"}),
		checks: checks,
	}
	ops.registry.MustRegister(ops.requests, ops.inFlight, ops.waiting, ops.refused,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return ops
}

// count shows a number that somebody else counts.
func (o *operations) count(name, help string, now func() int64) {
	o.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help}, func() float64 { return float64(now()) }))
}

// countNotices shows the counts of notifications.
func (o *operations) countNotices(metrics func() notify.Metrics) {
	o.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "domicile_notification_streams", Help: "Notification channels that messages are sent to now.",
	}, func() float64 { return float64(metrics().Streams) }))
	o.count("domicile_notification_messages_total", "Notifications sent, those that say to read anew included.",
		func() int64 { return metrics().Sent })
	o.count("domicile_notification_resyncs_total", "Times that a subscriber was told to read anew because it was too far behind.",
		func() int64 { return metrics().Resyncs })
	o.count("domicile_notification_revoked_total", "Notification channels that ended because access was withdrawn.",
		func() int64 { return metrics().Revoked })
}

// observe counts a finished request. Methods that the server does not know are
// one label, so that a stranger cannot grow the set.
func (o *operations) observe(area, method string, status int, elapsed time.Duration) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodPost, http.MethodPatch, http.MethodDelete:
	default:
		method = "other"
	}
	o.requests.WithLabelValues(area, method, strconv.Itoa(status)).Observe(elapsed.Seconds())
}

// handler serves /livez, /readyz, /metrics, /introspect and /debug/pprof/.
func (o *operations) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "ok") })
	mux.HandleFunc("GET /readyz", o.readyz)
	mux.Handle("GET /metrics", promhttp.HandlerFor(o.registry, promhttp.HandlerOpts{}))
	mux.Handle("POST /introspect", o.introspection)
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}

// readyz runs every check and answers 503 when one fails.
func (o *operations) readyz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	status, report := http.StatusOK, ""
	for _, c := range o.checks {
		if err := c.run(ctx); err != nil {
			status = http.StatusServiceUnavailable
			report += fmt.Sprintf("[-] %s: %v\n", c.name, err)
		} else {
			report += fmt.Sprintf("[+] %s ok\n", c.name)
		}
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, report)
}

// CheckHealth asks the operations listener of a running server whether it is
// ready; a container's health check runs it.
func CheckHealth(ctx context.Context, c Config, stdout, _ io.Writer) error {
	if c.OpsListen == "off" {
		return errors.New("the operations listener is off")
	}
	host, port, err := net.SplitHostPort(c.OpsListen)
	if err != nil {
		return err
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+net.JoinHostPort(host, port)+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	report, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready:\n%s", report)
	}
	_, err = stdout.Write(report)
	return err
}
