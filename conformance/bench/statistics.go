package main

import (
	"math"
	"slices"
)

// spread is the median of some turns with the least and the most.
type spread struct {
	Median, Least, Most float64
}

func spreadOf(values []float64) spread {
	if len(values) == 0 {
		return spread{math.NaN(), math.NaN(), math.NaN()}
	}
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	median := sorted[middle]
	if len(sorted)%2 == 0 {
		median = (sorted[middle-1] + sorted[middle]) / 2
	}
	return spread{median, sorted[0], sorted[len(sorted)-1]}
}

// quantile returns the smallest value that at least the part q of sorted values
// does not exceed; 0 when there are none.
func quantile[T any](sorted []T, q float64) T {
	if len(sorted) == 0 {
		var none T
		return none
	}
	rank := int(math.Ceil(q * float64(len(sorted))))
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// each returns what f makes of each value, without what is no number.
func each[T any](values []T, f func(T) float64) []float64 {
	var made []float64
	for _, value := range values {
		if x := f(value); !math.IsNaN(x) && !math.IsInf(x, 0) {
			made = append(made, x)
		}
	}
	return made
}
