// Package ecosystem is the area of what apps rely on beside the specifications:
// profiles, what a new pod has in it, inboxes, and habits of the client
// libraries. Little of it is demanded by a text; where a text demands it, the
// case says so by its level.
package ecosystem

import (
	"slices"

	"domicile/conformance/suite"
)

// Area holds the cases.
var Area = suite.Area{
	Name:  "ecosystem",
	Title: "What apps rely on",
	Cases: slices.Concat(profiles, pods, inboxes, habits),
	Unseen: map[string]string{
		"ECO-POD-05": "how data are kept shows in no answer",
		"ECO-LDN-04": "which constraints an inbox has is for its owner to say",
		"ECO-SAI-01": "it asks nothing of a resource server",
		"ECO-SAI-02": "it is about documents that apps write",
		"ECO-SAI-03": "an authorization agent is an app of its own",
		"ECO-AG-01":  "access grants are documents like others",
		"ECO-AG-02":  "an authorization server for others is a second way that few clients take",
	},
}
