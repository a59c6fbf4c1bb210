package serve

import (
	"container/list"
	"crypto/rand"
	"sync"

	"acol/internal/localize"
)

// shelfBytes bounds the memory of the pictures that are kept for further questions. Those that
// nobody has asked about for longest go first.
const shelfBytes = 256 << 20

// picture is an image that the model has seen.
type picture struct {
	id  string
	raw []byte // the image file
	// photo is a JPEG of the upright picture, of at most photoSide pixels.
	photo []byte
	view  *localize.View // used within Server.model alone
}

// bytes is about what a picture takes.
func (p *picture) bytes() int { return len(p.raw) + len(p.photo) + p.view.Bytes() }

// shelf keeps pictures.
type shelf struct {
	mu    sync.Mutex
	byID  map[string]*list.Element
	used  *list.List // the one that was asked for last is in front
	bytes int
	most  int
}

func newShelf() *shelf {
	return &shelf{byID: map[string]*list.Element{}, used: list.New(), most: shelfBytes}
}

// put keeps a picture, and gives it an id that cannot be guessed.
func (s *shelf) put(p *picture) {
	p.id = rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.byID[p.id] = s.used.PushFront(p)
	s.bytes += p.bytes()
	for s.bytes > s.most && s.used.Len() > 1 {
		s.remove(s.used.Back())
	}
}

// get returns a picture; nil where it is not kept.
func (s *shelf) get(id string) *picture {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byID[id]
	if e == nil {
		return nil
	}
	s.used.MoveToFront(e)
	return e.Value.(*picture)
}

// drop forgets a picture, and reports whether it was there.
func (s *shelf) drop(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.byID[id]
	if e != nil {
		s.remove(e)
	}
	return e != nil
}

func (s *shelf) remove(e *list.Element) {
	p := e.Value.(*picture)
	s.used.Remove(e)
	delete(s.byID, p.id)
	s.bytes -= p.bytes()
}
