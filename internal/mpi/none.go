//go:build !mpi

package mpi

// Library names the MPI that this program was built with; it is empty without one.
func Library() string { return "" }

// Open returns the world that a launcher started this process in. Without MPI that is a world of
// one rank. More processes are an *ApartError.
func Open(env []string) (*World, error) {
	if l := Launched(env); l.Size > 1 {
		return nil, &ApartError{Launch: l}
	}
	return nil, nil
}
