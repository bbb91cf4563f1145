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
