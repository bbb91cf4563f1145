package account

import (
	"fmt"
	"log/slog"
	"net/http"

	"domicile/rdfstore"
	"domicile/server/export"
)

// podLink is a pod, what it keeps, and the pages that show what is in it and save
// a copy of it.
type podLink struct {
	URL, Contents, Export string
	rdfstore.Usage
}

func (s *Service) exportURL(c *call, pod string) string {
	return s.url("account", c.session.Account, "pod", pod, "export")
}

func (s *Service) podLinks(c *call, r rdfstore.Reader) (links []podLink, err error) {
	owned, err := podsOf(r, c.session.Account)
	if err != nil {
		return nil, err
	}
	for _, p := range owned {
		usage, err := r.Usage(rdfstore.Holder{Name: p.Name})
		if err != nil {
			return nil, err
		}
		links = append(links, podLink{p.URL, s.contentsURL(c, p.URL, ""), s.exportURL(c, p.ID), usage})
	}
	return links, nil
}

// exportData fills the page "export".
type exportData struct {
	Pod    string // URL
	Action string // URL of the form
}

// askedPod is the pod of the caller that the request's URL names.
func (s *Service) askedPod(c *call) (p pod, err error) {
	err = s.store.View(c.r.Context(), func(r rdfstore.Reader) error {
		if p, err = pods.Get(r, key(c.session.Account, c.r.PathValue("pod"))); err != nil {
			return err
		}
		storage, err := r.Storage(p.Name)
		if err == nil && storage.Account != c.session.Account {
			return errNotFound
		}
		return err
	})
	return p, err
}

func (s *Service) showExport(c *call) (screen, error) {
	p, err := s.askedPod(c)
	return screen{page: "export", data: exportData{p.URL, s.exportURL(c, p.ID)}}, err
}

// submitExport sends a browser the archive once the person has proven that it
// is she who takes all of it away.
func (s *Service) submitExport(c *call) (screen, error) {
	shown, err := s.showExport(c)
	if err != nil {
		return screen{}, err
	}
	if err := s.provePresence(c); err != nil {
		shown.problem = s.refusal(c.r, err)
		return shown, nil
	}
	return screen{}, s.sendExport(c)
}

// getExport sends a program the archive. What a browser sends along by itself
// is not enough.
func (s *Service) getExport(c *call) (answer, error) {
	if c.cookie {
		return nil, errPresence
	}
	return nil, s.sendExport(c)
}

// sendExport streams the archive of a pod, closed or not. An account takes one
// at a time: each holds a snapshot of the store as long as it is under way.
func (s *Service) sendExport(c *call) error {
	p, err := s.askedPod(c)
	if err != nil {
		return err
	}
	if _, busy := s.exporting.LoadOrStore(c.session.Account, true); busy {
		return errExporting
	}
	defer s.exporting.Delete(c.session.Account)
	header := c.w.Header()
	header.Set("Content-Type", "application/zip")
	header.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s.zip"`, p.Name, s.clock().UTC().Format("2006-01-02")))
	if c.r.Method == http.MethodHead {
		return nil
	}
	s.event(c.r.Context(), "pod exported", c.session.Account)
	err = export.Write(c.r.Context(), c.w, export.Config{
		Store: s.store, Space: s.space, Storage: p.Name, NQuads: c.r.FormValue("nquads") != "", Now: s.clock(),
	})
	if err != nil {
		if c.r.Context().Err() == nil {
			s.logger.LogAttrs(c.r.Context(), slog.LevelError, "export failed", slog.String("error", err.Error()))
		}
		panic(http.ErrAbortHandler) // a part may have been sent, which is not to be taken for all
	}
	return nil
}
