package notify

import "context"

// Patrol looks at all channels once.
func (s *Service) Patrol(ctx context.Context) error { return s.patrol(ctx) }
