//go:build onednn && amd64 && cgo

// How OpenMP's threads wait for each other. What decides it is package native's waiting.go.
#include "native.h"

#include <omp.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>

namespace {

// crowd is a team of OpenMP that does nothing. While it is there libgomp manages more threads than
// there are processors, and then has threads that wait go to sleep after about 100 turns of their
// loop, as its manual says of GOMP_SPINCOUNT, instead of 300,000.
class crowd {
public:
	crowd() : leader_([this] { stand(); }) {
		std::unique_lock<std::mutex> hold(mutex_);
		change_.wait(hold, [this] { return stands_; });
	}
	~crowd() {
		{
			std::lock_guard<std::mutex> hold(mutex_);
			ends_ = true;
		}
		change_.notify_all();
		leader_.join(); // with which libgomp ends the team
	}

private:
	void stand() {
		int threads = omp_get_num_procs() + 1;
#pragma omp parallel num_threads(threads)
		size_++; // a region without a body would be left out
		std::unique_lock<std::mutex> hold(mutex_);
		stands_ = true;
		change_.notify_all();
		change_.wait(hold, [this] { return ends_; });
	}

	std::mutex mutex_;
	std::condition_variable change_;
	bool stands_ = false, ends_ = false;
	std::atomic<int> size_{0};
	std::thread leader_;
};

} // namespace

struct acol_crowd {
	crowd waits;
};

extern "C" {

int acol_team(int *ids, int most) {
	int threads = 1;
#pragma omp parallel
	{
		int i = omp_get_thread_num();
		if (i == 0) threads = omp_get_num_threads();
		if (i < most) ids[i] = (int)syscall(SYS_gettid);
	}
	return std::min(threads, most);
}

acol_crowd *acol_crowd_new(void) {
	try {
		return new acol_crowd;
	} catch (const std::exception &) {
		return nullptr;
	}
}

void acol_crowd_free(acol_crowd *c) { delete c; }

int acol_set_slice(int thread, uint64_t nanoseconds) {
	// sched_attr of linux/sched/types.h, in its first version
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} a;
	memset(&a, 0, sizeof a);
	if (syscall(SYS_sched_getattr, thread, &a, sizeof a, 0) != 0 || a.policy != SCHED_OTHER) return -1;
	a.runtime = nanoseconds;
	return (int)syscall(SYS_sched_setattr, thread, &a, 0);
}

} // extern "C"
