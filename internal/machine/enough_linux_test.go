package machine

import "testing"

func TestThreadsOfTheUserCountAgainstTheirLimit(t *testing.T) {
	s := lay(t, map[string]string{
		"proc/1/status":  "Name:\ta\nUid:\t7\t7\t7\t7\nThreads:\t3\n",
		"proc/22/status": "Uid:\t7\t7\t7\t7\nThreads:\t2\n",
		"proc/23/status": "Uid:\t8\t8\t8\t8\nThreads:\t90\n",
		"proc/sys":       "no process",
	})
	if err := s.enoughThreads(4, 9, 7); err != nil {
		t.Error(err)
	}
	err := s.enoughThreads(5, 9, 7)
	const want = "9 threads of user 7 are allowed (ulimit -u), 5 are there, and 5 more are needed"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
