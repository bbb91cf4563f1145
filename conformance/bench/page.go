package main

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"time"
)

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// writePage writes the report as one page that needs nothing else.
func (r *report) writePage(w io.Writer) error {
	type row struct {
		Server, Rate, P50, P99, CPU, Memory, RateRatio, CPURatio string
		Connections, Errors                                      int
	}
	type section struct {
		Title  string
		Charts []chart
		Rows   []row
		Lacks  []string
	}
	page := struct {
		*report
		Date     string
		Ours     string
		Targets  []judged
		Sections []section
	}{report: r, Date: r.Begun.Format(time.DateTime), Ours: servers[0].title, Targets: r.judge()}
	for _, c := range cases {
		s := section{Title: c.title}
		rates, cpus := chart{Title: "requests a second"}, chart{Title: "server CPU, ms a request"}
		latencies := chart{Title: "latency, ms: p50 to p99"}
		for i, server := range r.Servers {
			if why := server.Lacks[c.name]; why != "" {
				s.Lacks = append(s.Lacks, server.Title+": "+why)
			}
			turns := r.of(server.Name, c.name)
			if len(turns) == 0 {
				continue
			}
			rate, cpu := spreadOf(each(turns, rateOf)), spreadOf(each(turns, cpuOf))
			p50, p99 := spreadOf(each(turns, p50Of)), spreadOf(each(turns, p99Of))
			rates.add(server.Title, i, rate, rate.String())
			cpus.add(server.Title, i, cpu, cpu.String())
			latencies.add(server.Title, i, spread{p50.Median, p50.Median, p99.Median}, significant(p50.Median)+" to "+significant(p99.Median))
			line := row{Server: server.Title, Connections: turns[0].Connections, Rate: rate.String(), P50: p50.String(), P99: p99.String(), CPU: cpu.String()}
			memory := int64(0)
			for _, t := range turns {
				line.Errors += t.Errors
				memory = max(memory, t.Memory)
			}
			line.Memory = significant(mega(memory))
			if server.Name != servers[0].name {
				line.RateRatio = r.ratio(c.name, servers[0].name, server.Name, rateOf).String()
				line.CPURatio = r.ratio(c.name, servers[0].name, server.Name, cpuOf).String()
			}
			s.Rows = append(s.Rows, line)
		}
		if len(s.Rows) > 0 {
			s.Charts = []chart{rates, cpus, latencies}
			page.Sections = append(page.Sections, s)
		}
	}
	return pageTemplate.Execute(w, page)
}

// chart is a chart of horizontal bars on a logarithmic scale.
type chart struct {
	Title string
	Bars  []bar
}

// bar is a value with a line from the least to the most.
type bar struct {
	Label, Text string
	Colour      string
	value       spread
}

// colours are told apart by people who do not see all colours (Okabe and Ito).
var colours = []string{"#0072b2", "#999999", "#d55e00", "#009e73"}

func (c *chart) add(label string, i int, value spread, text string) {
	if value.Median > 0 { // a logarithm needs more than nothing
		c.Bars = append(c.Bars, bar{label, text, colours[i%len(colours)], value})
	}
}

const (
	chartWidth, labelWidth, textWidth = 620, 190, 150
	barHeight, barGap                 = 18, 8
)

// SVG draws the chart. Its scale ends at powers of ten around the values.
func (c chart) SVG() template.HTML {
	low, high := math.Inf(1), math.Inf(-1)
	for _, b := range c.Bars {
		low, high = min(low, math.Log10(max(b.value.Least, 1e-9))), max(high, math.Log10(b.value.Most))
	}
	low, high = math.Floor(low-.01), math.Ceil(high)
	plot := float64(chartWidth - labelWidth - textWidth)
	x := func(value float64) float64 {
		return labelWidth + plot*(math.Log10(max(value, 1e-9))-low)/(high-low)
	}
	height := len(c.Bars)*(barHeight+barGap) + 24
	svg := fmt.Sprintf(`<svg role="img" aria-label="%s" viewBox="0 0 %d %d" width="%[2]d" height="%[3]d">`,
		template.HTMLEscapeString(c.Title), chartWidth, height)
	for power := low; power <= high; power++ {
		at := labelWidth + plot*(power-low)/(high-low)
		svg += fmt.Sprintf(`<line class="grid" x1="%.1[1]f" x2="%.1[1]f" y1="0" y2="%[2]d"/><text class="tick" x="%.1[1]f" y="%[3]d">%[4]g</text>`,
			at, height-18, height-4, math.Pow(10, power))
	}
	for i, b := range c.Bars {
		top := i * (barHeight + barGap)
		middle := top + barHeight/2
		svg += fmt.Sprintf(`<text x="%d" y="%d" class="label">%s</text><rect x="%d" y="%d" width="%.1f" height="%d" fill="%s"/>`,
			labelWidth-8, middle+4, template.HTMLEscapeString(b.Label), labelWidth, top, x(b.value.Median)-labelWidth, barHeight, b.Colour)
		svg += fmt.Sprintf(`<line class="spread" x1="%.1f" x2="%.1f" y1="%d" y2="%[3]d"/><text x="%.1[4]f" y="%d">%s</text>`,
			x(b.value.Least), x(b.value.Most), middle, x(b.value.Most)+6, middle+4, template.HTMLEscapeString(b.Text))
	}
	return template.HTML(svg + "</svg>")
}
