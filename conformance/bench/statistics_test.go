package main

import (
	"math"
	"testing"
)

func TestSpread(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   spread
		text   string
	}{
		{[]float64{3}, spread{3, 3, 3}, "3"},
		{[]float64{9, 1, 2}, spread{2, 1, 9}, "2 (1–9)"},
		{[]float64{4, 1, 2, 10}, spread{3, 1, 10}, "3 (1–10)"},
		{[]float64{1234.56, 0.012345}, spread{617.2861725, 0.012345, 1234.56}, "617 (0.0123–1235)"},
	} {
		got := spreadOf(c.values)
		if got != c.want || got.String() != c.text {
			t.Errorf("%v: %v %q, want %v %q", c.values, got, got.String(), c.want, c.text)
		}
	}
	if got := spreadOf(nil); !math.IsNaN(got.Median) || got.String() != "–" {
		t.Errorf("of nothing: %v", got)
	}
}

func TestQuantile(t *testing.T) {
	hundred := make([]int, 100)
	for i := range hundred {
		hundred[i] = i + 1
	}
	for _, c := range []struct {
		sorted []int
		q      float64
		want   int
	}{
		{hundred, .5, 50}, {hundred, .99, 99}, {hundred, 1, 100}, {hundred, 0, 1},
		{[]int{7}, .99, 7}, {[]int{1, 2, 3}, .5, 2}, {nil, .5, 0},
	} {
		if got := quantile(c.sorted, c.q); got != c.want {
			t.Errorf("%g of %d values: %d, want %d", c.q, len(c.sorted), got, c.want)
		}
	}
}
