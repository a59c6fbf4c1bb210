package main

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"acol/internal/eval"
	"acol/internal/machine"
	"acol/internal/mpi"
	"acol/internal/recipe"
	"acol/internal/run"
	"acol/internal/train"
)

// shared are the commands whose work several processes of mpirun or srun share. Each of them does
// all of the harmless ones.
var (
	shared   = []string{"train", "eval", "localize", "bench"}
	harmless = []string{"help", "version", "completion", "acol"}
)

// ranks are the processes that work on a command together, as one of them sees them.
type ranks struct {
	*mpi.World
	host    string
	tell    io.Writer // where errors go, also those of ranks that are silent otherwise
	started bool      // all ranks have begun
	cpus    int       // the processors of this one; 0 before that
	local   int       // the number of this one among those on its machine
	here    int       // how many there are on its machine; 0 before all have begun
	dealt   bool      // the ranks of this machine see other GPUs each
}

// joinRanks makes this process one of those that a launcher started. Rank 0 alone prints.
func joinRanks(s *streams, c *cobra.Command) error {
	if slices.Contains(harmless, c.Name()) {
		return nil
	}
	w, err := mpi.Open(s.Env)
	if err != nil {
		if mpi.Launched(s.Env).Rank > 0 {
			s.Err = io.Discard // rank 0 tells
		}
		return err
	}
	s.Ranks = &ranks{World: w, tell: s.Err, local: mpi.Launched(s.Env).Local}
	s.Ranks.host, _ = os.Hostname()
	if w.Size() == 1 {
		return nil
	}
	if w.Rank() > 0 {
		s.Out, s.Err, s.bars, s.Terminal = io.Discard, io.Discard, io.Discard, false
	}
	if !slices.Contains(shared, c.Name()) {
		err = hinted{usagef("%d processes were started, and %s is the work of one", w.Size(),
			c.CommandPath()), "start it without mpirun or srun; the commands for several processes are acol " +
			strings.Join(shared, ", acol ")}
	}
	return err
}

// first reports whether this process is the one that prints and writes.
func (r *ranks) first() bool { return r.world().Rank() == 0 }

// world returns the processes; nil of one alone.
func (r *ranks) world() *mpi.World {
	if r == nil {
		return nil
	}
	return r.World
}

// agree returns the error of all processes: that of the first that has one. All of them call it.
func (r *ranks) agree(err error) error {
	if r.world().Size() == 1 {
		return err
	}
	return r.Agree(err, exitCode(err))
}

// footing is what ranks have to have in common.
type footing struct {
	Host   string
	CPUs   string // the processors that it may run on
	GPUs   string // those that it sees; empty for all
	Acol   string
	Recipe string // the checksum of its text
	Model  string // the checksum of its weights, or what it starts from
	Images string // the checksum of the list; empty where that is compared later
}

// begin ends the preparations of a rank, which gave err. It returns the error of all ranks: that of
// the first that failed, or that one of them has other things to work with.
func (r *ranks) begin(s *streams, err error, f footing) error {
	if r.world().Size() == 1 {
		return err
	}
	r.started = true
	if err := r.agree(err); err != nil {
		return err
	}
	f.Host, f.CPUs, f.Acol = r.host, machine.CPUSet(), buildVersion().program()
	f.GPUs = visibleGPUs(os.Getenv)
	all, err := mpi.Gather(r.World, f)
	if err != nil {
		return err
	}
	r.share(all)
	r.tellIdle(s, all)
	for _, c := range []struct {
		name string
		of   func(f footing) string
	}{
		{"version of acol", func(f footing) string { return f.Acol }},
		{"recipe", func(f footing) string { return f.Recipe }},
		{"model", func(f footing) string { return f.Model }},
		{"list of images", func(f footing) string { return f.Images }},
	} {
		if err := r.equal(c.name, all, c.of); err != nil {
			return err
		}
	}
	return nil
}

// equal is an error of all ranks where one has another value of something than rank 0. Each of them
// has the values of all, and so finds the same.
func (r *ranks) equal(what string, all []footing, of func(footing) string) error {
	for i, other := range all {
		if of(other) != of(all[0]) {
			err := fmt.Errorf("rank %d on %s has another %s than rank 0 on %s",
				i, other.Host, what, all[0].Host)
			return r.Common(hinted{err, "all ranks need the same program, recipe and files, " +
				"best on a file system that they share"}, exitError)
		}
	}
	return nil
}

// share sets the processors of this rank: those that it may run on, shared with the ranks that may
// run on the very same ones.
func (r *ranks) share(all []footing) {
	same := 0
	for _, other := range all {
		if other.Host == r.host && other.CPUs == all[r.Rank()].CPUs {
			same++
		}
	}
	r.cpus = max(1, machine.CPUs()/same)
	r.number(all)
	machine.ShareMemory(r.here)
	runtime.GOMAXPROCS(r.cpus)
}

// number counts the ranks of this one's machine and finds its number among them, and whether they
// see other GPUs each. The number of the launcher stands, unless it says none or counts ranks of
// other containers, which have host names and devices of their own.
func (r *ranks) number(all []footing) {
	before := 0
	r.here = 0
	for i, other := range all {
		if other.Host != r.host {
			continue
		}
		r.here++
		if i < r.Rank() {
			before++
		}
		r.dealt = r.dealt || other.GPUs != all[r.Rank()].GPUs
	}
	if r.local < 0 || r.local >= r.here {
		r.local = before
	}
}

// tellIdle says on the first rank that most processors of its machine are left idle, as an mpirun
// does that binds each rank to one of them.
func (r *ranks) tellIdle(s *streams, all []footing) {
	used := map[int]bool{}
	for _, other := range all {
		if other.Host == r.host {
			for _, n := range machine.ListCPUs(other.CPUs) {
				used[n] = true
			}
		}
	}
	if n := machine.All(); r.first() && len(used) > 0 && 2*len(used) <= n {
		s.say("the ranks on %s are bound to %d of its %s", r.host, len(used), counted(n, "processor"))
		s.hint("mpirun --bind-to none lets them use all, --map-by socket --bind-to socket a socket each")
	}
}

// processors returns how many processors this process may keep busy.
func (r *ranks) processors() int {
	if r == nil || r.cpus == 0 {
		return machine.CPUs()
	}
	return r.cpus
}

// footingOf is what ranks have to have in common to use a model; nil where it could not be opened.
func footingOf(t *run.Trained) footing {
	if t == nil {
		return footing{}
	}
	return footing{Recipe: checksumOf(t.Recipe), Model: t.Sum}
}

// checksumOf is that of a recipe's text.
func checksumOf(rec *recipe.Recipe) string {
	sum := sha256.New()
	_ = recipe.Write(sum, rec) // a hash takes all that is written
	return hex.EncodeToString(sum.Sum(nil))
}

// watch ends all ranks where one of them hangs.
func (r *ranks) watch(cfg train.Ranks) {
	if r.world().Size() == 1 || cfg.TimeoutMinutes == 0 {
		return
	}
	r.Watch(time.Duration(cfg.TimeoutMinutes*float64(time.Minute)), func() {
		(&streams{Err: r.tell}).say("error: rank %d on %s has waited for the others for %g minutes "+
			"(train.ranks.timeout_minutes): one of them hangs, and all end", r.Rank(), r.host,
			cfg.TimeoutMinutes)
		os.Exit(exitError)
	})
}

// sameImages is an error of all ranks where an evaluator could not be made on one, or has other
// images there than on rank 0.
func (r *ranks) sameImages(ev *eval.Evaluator, err error) error {
	if err := r.agree(err); err != nil || r.world().Size() == 1 {
		return err
	}
	all, err := mpi.Gather(r.World, footing{Host: r.host, Images: ev.Listed()})
	if err != nil {
		return err
	}
	return r.equal("list of images", all, func(f footing) string { return f.Images })
}

// finish ends the work of all ranks by the error of this one, and gives the exit code. An error is
// told once.
func (r *ranks) finish(s *streams, err error, tell func(*streams, error)) int {
	code := exitCode(err)
	if r.world().Size() == 1 {
		if err != nil {
			tell(s, err)
		}
		return code
	}
	if !r.started {
		r.started = true
		err = r.Agree(err, code)
	}
	var agreed *mpi.Error
	switch {
	case err == nil:
		if err := r.Close(); err != nil {
			tell(s, err)
			return exitError
		}
		return exitOK
	case errors.As(err, &agreed) && agreed.Rank != r.Rank():
		time.Sleep(untilKilled) // the rank that tells ends all
		return agreed.Code
	case errors.Is(err, train.ErrInterrupted):
		return r.leave(s, err, tell)
	case agreed == nil:
		// Where several ranks fail by themselves, the first of them ends the others in that time.
		time.Sleep(time.Duration(min(r.Rank(), 10)) * (untilRead + untilEnded))
	}
	s.Err = r.tell
	switch {
	case errors.As(err, new(partialError)), code == exitInterrupted: // of any rank
	case agreed == nil:
		err = fmt.Errorf("rank %d on %s: %w", r.Rank(), r.host, err)
	case agreed.All:
		err = agreed.Unwrap()
	default:
		err = fmt.Errorf("rank %d on %s: %w", r.Rank(), r.host, agreed.Unwrap())
	}
	tell(s, err)
	time.Sleep(untilRead)
	r.Abort(code)
	return code
}

// untilKilled is how long a launcher may take to end the processes of a job in which one failed.
const untilKilled = 30 * time.Second

// untilEnded is how long an abort takes to end the other ranks, most of the time.
const untilEnded = 500 * time.Millisecond

// untilRead is how long a launcher may take to read what a rank has printed. The mpirun of MPICH
// drops what it has not read when a rank ends the job.
const untilRead = 300 * time.Millisecond

// leave ends the work of a training that is interrupted and saved, which the first rank tells. All
// ranks have learned of it and end together: an mpirun that was told to end waits for each of them,
// and an abort would not be heard.
func (r *ranks) leave(s *streams, err error, tell func(*streams, error)) int {
	if r.first() {
		tell(s, err)
	}
	_ = r.Close() // that it fails changes nothing
	return exitInterrupted
}
