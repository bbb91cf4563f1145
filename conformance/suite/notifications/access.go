package notifications

import (
	"net/http"

	"domicile/conformance/suite"
)

func readableBy(who, topic string) string {
	return who + "; acl:accessTo <" + topic + ">; acl:mode acl:Read"
}

func agent(a *suite.Agent) string { return "acl:agent <" + a.WebID + ">" }

const everybody = "acl:agentClass foaf:Agent"

// access are about who is told what, and who has a say about a channel.
var access = []suite.Case{
	suite.Decision("NOT-MSG-05", "who may not read any more is let go at once, and the channel with it", func(t *suite.T) {
		topic := document(t, "doc")
		t.SetACL(topic, readableBy(agent(t.Bob), topic))
		made, _ := subscribe(t.Bob, service(t, webSocket), webSocket, topic, nil)
		l := connect(t, made.ReceiveFrom)
		update(t, topic)
		l.want("Update", topic)
		t.SetACL(topic)
		l.ends()
		t.Bob.Get(made.ID).Want(http.StatusNotFound)
	}).Needing(suite.SecondAgent, suite.WebAccessControl),
	suite.Decision("NOT-MSG-05", "who may not read any more is told nothing more, though no ACL has changed", func(t *suite.T) {
		topic, group := document(t, "doc"), t.URL("group")
		const members = "<#it> a <http://www.w3.org/2006/vcard/ns#Group>"
		t.Alice.Put(group, suite.Turtle(members+"; <http://www.w3.org/2006/vcard/ns#hasMember> <"+t.Bob.WebID+">.")).WantSuccess()
		t.SetACL(group, readableBy(everybody, group))
		t.SetACL(topic, readableBy("acl:agentGroup <"+group+"#it>", topic))
		WantSilence(t, t.Bob, topic, func() { t.Alice.Put(group, suite.Turtle(members+".")).WantSuccess() })
	}).Needing(suite.SecondAgent, suite.WebAccessControl),
	suite.Decision("NOT-SUB-07", "a channel is for nobody else to read or to end", func(t *suite.T) {
		topic := document(t, "doc")
		t.SetACL(topic, readableBy(everybody, topic))
		made, _ := subscribe(t.Alice, service(t, webSocket), webSocket, topic, nil)
		l := connect(t, made.ReceiveFrom)
		for _, other := range []*suite.Agent{t.Bob, t.Nobody} {
			other.Get(made.ID).WantRefused()
			other.Delete(made.ID).WantRefused()
		}
		update(t, topic)
		l.want("Update", topic)
		t.Alice.Get(made.ID, suite.Accept(jsonLD)).Want(http.StatusOK)
	}).Needing(suite.SecondAgent, suite.WebAccessControl),
}

// WantSilence has an agent listen to a document of Alice's and wants it to be
// told of a change, and of none after it has lost access.
func WantSilence(t *suite.T, who *suite.Agent, topic string, lose func()) {
	l := listen(t, who, topic, nil)
	update(t, topic)
	l.want("Update", topic)
	lose()
	update(t, topic)
	l.ends()
}
