package server

import (
	"context"

	"domicile/ldp/notify/webhook"
	"domicile/solidoidc/fetch"
)

// webhookClient sends the messages of webhooks through the one client for what
// strangers name.
type webhookClient struct{ *fetch.Client }

func (c webhookClient) Post(ctx context.Context, url string, m webhook.Message) (webhook.Receipt, error) {
	receipt, err := c.Client.Post(ctx, url, fetch.Message(m))
	return webhook.Receipt(receipt), err
}

// showWebhooks puts the outbox's counts among those of operators.
func (s *Server) showWebhooks() {
	s.ops.count("domicile_webhook_messages_delivered_total", "Messages that receivers of webhooks accepted.",
		func() int64 { return s.outbox.Metrics().Delivered })
	s.ops.count("domicile_webhook_tries_failed_total", "Tries to deliver a message to a webhook that failed.",
		func() int64 { return s.outbox.Metrics().Failed })
	s.ops.count("domicile_webhook_channels_given_up_total", "Webhooks that were removed because their receivers are gone.",
		func() int64 { return s.outbox.Metrics().GivenUp })
}
