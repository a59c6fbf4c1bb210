//go:build onednn && amd64 && cgo

// A team of threads. Each thread has its part of a job, as with OpenMP, so that the threads' caches
// keep what they need. Two things differ where other programs want the processors too and a thread
// is not let run:
//   - A part that its thread has not begun is taken by a thread that is done with its own.
//   - A thread that waits for one that has begun and does not run lends it its own processor, and
//     sleeps.
// How work is cut into parts does not depend on which thread takes them, and so no result does.
#include "team.hh"

#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "native.h"

namespace {

using word = std::atomic<uint32_t>; // what the kernel's futex compares
using cycles = uint64_t;            // of the time stamp counter, at some 3 GHz

// patience is for how long a thread spins for its next job before it sleeps, and the time from
// one glance at the thread that it waits for to the next.
struct patience {
	cycles spin, glance;
};

// Threads are hurried for a while after one was found that did not run. Otherwise they spin for
// long, since waking one takes about as long as a part, and wait out short pauses, since a thread
// on another processor misses its caches.
const patience calm = {15'000'000, 1'500'000}; // 5 ms and 0.5 ms
const patience hurried = {150'000, 150'000};   // 50 us
const cycles hurry = 150'000'000;              // 50 ms
// lent_at_most is for how long a thread sleeps that has lent its processor, if nobody wakes it.
const timespec lent_at_most = {0, 2'000'000};

void sleep_while(word &w, uint32_t value, const timespec *most) {
	syscall(SYS_futex, &w, FUTEX_WAIT_PRIVATE, value, most, nullptr, 0);
}

void wake_all(word &w) { syscall(SYS_futex, &w, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0); }

class team;

// here is what the current thread is at.
struct place {
	team *of = nullptr; // whose part it computes
	int member = 0, part = 0, parts = 1;
	int library = 0; // calls of oneDNN that it is in
};
thread_local place here;
thread_local int wanted = 1; // threads

const int nowhere = -1, nobody = -1;

// member is a thread of a team.
class alignas(64) member {
public:
	void enlist() {
		id_ = pid_t(syscall(SYS_gettid));
		pthread_getcpuclockid(pthread_self(), &clock_);
	}

	// ran is for how many nanoseconds it has run. Linux counts them to the moment.
	int64_t ran() const {
		timespec t = {};
		clock_gettime(clock_, &t);
		return int64_t(t.tv_sec) * 1'000'000'000 + t.tv_nsec;
	}

	// lend moves it to the processor of the calling thread if it still holds a part up and may run
	// there. It says whether the calling thread is to sleep, which it is not if another one does.
	template <class Holds>
	bool lend(Holds holds) {
		std::lock_guard<std::mutex> hold(mutex_);
		int here = sched_getcpu();
		if (lent_ != nowhere) return lent_ == here;
		if (!holds()) return false;
		cpu_set_t one;
		CPU_ZERO(&one);
		CPU_SET(here, &one);
		// Where it cannot be moved, the system may still do so once this processor is idle.
		if (look(id_) && CPU_ISSET(here, &free_) && bind(id_, one)) lent_ = here;
		return true;
	}

	// leave moves the calling thread, which is this member, away from its processor.
	void leave() {
		std::lock_guard<std::mutex> hold(mutex_);
		if (!look(0)) return;
		cpu_set_t others = free_;
		CPU_CLR(sched_getcpu(), &others);
		if (CPU_COUNT(&others) > 0) bind(0, others);
	}

	// settle lets the calling thread, which is this member, run wherever it could before the team
	// bound it, unless somebody else has bound it since. It says whether it was lent a processor.
	bool settle() {
		std::lock_guard<std::mutex> hold(mutex_);
		bool lent = lent_ != nowhere;
		if (bound_) look(0);
		if (bound_) sched_setaffinity(0, sizeof free_, &free_);
		lent_ = nowhere, bound_ = false;
		return lent;
	}

private:
	// look reads where the thread may run, unless the team has bound it and nobody else, such as
	// taskset, has bound it since. It says whether the system tells.
	bool look(pid_t id) {
		cpu_set_t now;
		if (sched_getaffinity(id, sizeof now, &now) != 0) return false;
		if (!bound_ || !CPU_EQUAL(&now, &to_)) free_ = now, bound_ = false;
		return true;
	}

	// bind binds the thread to processors that are free to it.
	bool bind(pid_t id, const cpu_set_t &to) {
		if (sched_setaffinity(id, sizeof to, &to) != 0) return false;
		to_ = to, bound_ = true;
		return true;
	}

	pid_t id_ = 0;
	clockid_t clock_ = 0;
	std::mutex mutex_;
	bool bound_ = false; // by the team, to fewer processors than are free to it
	int lent_ = nowhere; // the processor that another member has lent
	cpu_set_t free_, to_; // where it may run, and where the team has bound it
};

// part is a part of the current job.
struct alignas(64) part {
	word claim{0};                    // 2*job: open; 2*job + 1: taken
	std::atomic<int> holder{nobody};  // the member that computes it
	std::atomic<bool> arrived{false}; // at a barrier, where its holder waits
};

class team {
public:
	explicit team(int threads) : parts_(threads), members_(threads) {
		members_[0].enlist();
		sigset_t all, old;
		sigfillset(&all);
		// But a fault is of the thread that made it: Go says where.
		for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) sigdelset(&all, fault);
		pthread_sigmask(SIG_SETMASK, &all, &old); // signals are for the threads of Go
		try {
			for (int i = 1; i < threads; i++) helpers_.emplace_back([this, i] { help(i); });
		} catch (const std::system_error &e) {
			std::string why = e.code().message();
			fprintf(stderr, "acol: starting a thread of %d: %s\n", threads, why.c_str());
			_exit(1); // as libgomp does; oneDNN counts on all of them
		}
		pthread_sigmask(SIG_SETMASK, &old, nullptr);
		while (enlisted_.load() < threads - 1) sched_yield();
	}

	~team() {
		over_ = true;
		job_++;
		wake_all(job_);
		for (auto &h : helpers_) h.join();
	}

	int threads() const { return int(members_.size()); }

	void run(int n, void (*f)(void *, int), void *arg) {
		uint32_t job = job_.load(std::memory_order_relaxed) + 1;
		f_ = f, arg_ = arg, n_ = n, library_ = here.library, wanted_ = wanted;
		done_.store(0, std::memory_order_relaxed);
		for (int i = 0; i < n; i++) parts_[i].claim.store(2 * job, std::memory_order_relaxed);
		leader_on_.store(sched_getcpu(), std::memory_order_relaxed);
		job_.store(job);
		if (asleep_.load() > 0) wake_all(job_);
		work(0, job);
		await(0, done_, false, [=] { return done_.load() == uint32_t(n); });
		members_[0].settle(); // it has more to do than jobs
	}

	// barrier waits until each part of the job has come to it.
	void barrier() {
		uint32_t b = barriers_.load();
		part &p = parts_[here.part];
		p.arrived.store(true);
		if (arrived_.fetch_add(1) + 1 == n_) {
			arrived_.store(0);
			for (int i = 0; i < n_; i++) parts_[i].arrived.store(false);
			barriers_++;
			if (lenders_.load() > 0) wake_all(barriers_);
			return;
		}
		await(here.member, barriers_, true, [=] { return barriers_.load() != b; });
	}

private:
	// watch finds out whether a thread runs.
	struct watch {
		cycles looked = __builtin_ia32_rdtsc();
		int who = nobody;
		int64_t ran = 0;
	};

	const patience &patient(cycles now) const { return now < hurry_until_.load() ? hurried : calm; }

	// lends moves a member that the job waits for to this processor if it has not run since the
	// last glance. Before a barrier the job waits for parts that nobody has taken, too.
	bool lends(int me, watch &w, bool barrier) {
		cycles now = __builtin_ia32_rdtsc();
		if (now - w.looked < patient(now).glance) return false;
		w.looked = now;
		uint32_t open = 2 * job_.load();
		for (int i = 0; i < n_.load(); i++) {
			part &p = parts_[i];
			int who = p.holder.load();
			bool idle = who == nobody && barrier && p.claim.load() == open;
			if (idle) who = i;
			if (who == nobody || who == me || p.arrived.load()) continue;
			int64_t before = w.ran;
			bool known = w.who == who;
			w.who = who, w.ran = members_[who].ran();
			if (!known || w.ran != before) return false;
			hurry_until_.store(now + hurry, std::memory_order_relaxed);
			return members_[who].lend([&] { return p.holder.load() == (idle ? nobody : who); });
		}
		w.who = nobody;
		return false;
	}

	// await waits until ready. Whoever makes it ready changes w and, if someone sleeps, wakes.
	template <class Ready>
	void await(int me, word &w, bool barrier, Ready ready) {
		for (watch seen; !ready(); __builtin_ia32_pause()) {
			if (!lends(me, seen, barrier)) continue;
			lenders_++;
			uint32_t value = w.load();
			if (!ready()) sleep_while(w, value, &lent_at_most);
			lenders_--;
			seen = watch();
		}
	}

	bool take(int me, int i, uint32_t job) {
		part &p = parts_[i];
		uint32_t open = 2 * job;
		if (p.claim.load(std::memory_order_relaxed) != open ||
				!p.claim.compare_exchange_strong(open, open + 1))
			return false;
		p.holder.store(me);
		member &m = members_[me];
		m.settle();
		int n = n_; // of this job, since it cannot end before this part
		place before = here;
		here = {this, me, i, n, library_};
		wanted = wanted_; // oneDNN may ask within a part, too
		f_(arg_, i);
		here = before;
		p.holder.store(nobody);
		bool last = done_.fetch_add(1) + 1 == uint32_t(n);
		if (last && lenders_.load() > 0) wake_all(done_);
		if (m.settle() && me > 0) m.leave(); // the lender wants its processor back
		return true;
	}

	// work takes member me's own part of the job, and then what others have not begun.
	void work(int me, uint32_t job) {
		for (int i = 0, n = n_; i < n; i++) take(me, (me + i) % n, job);
	}

	void help(int me) {
		members_[me].enlist();
		enlisted_++;
		for (uint32_t seen = 0; !over_;) {
			cycles since = __builtin_ia32_rdtsc();
			for (watch w; job_.load(std::memory_order_acquire) == seen; __builtin_ia32_pause()) {
				cycles now = __builtin_ia32_rdtsc();
				if (lends(me, w, false) || now - since > patient(now).spin) doze(me, seen);
			}
			seen = job_.load(std::memory_order_acquire);
			if (!over_) work(me, seen);
		}
	}

	// doze sleeps until there is another job than the one seen.
	void doze(int me, uint32_t seen) {
		member &m = members_[me];
		m.settle();
		asleep_++;
		while (job_.load() == seen) sleep_while(job_, seen, nullptr);
		asleep_--;
		// Linux may wake a thread on the leader's processor, where it would run in its stead.
		if (sched_getcpu() == leader_on_.load()) m.leave();
	}

	std::vector<part> parts_;
	std::vector<member> members_; // the leader is the first
	std::vector<std::thread> helpers_;
	std::atomic<int> enlisted_{0};
	std::atomic<bool> over_{false};

	// The job: f is called for each of n parts.
	void (*f_)(void *, int) = nullptr;
	void *arg_ = nullptr;
	int library_ = 0; // whether oneDNN called
	int wanted_ = 1;  // threads, of the leader
	std::atomic<int> n_{0};
	std::atomic<int> leader_on_{-1}; // a processor

	alignas(64) std::atomic<cycles> hurry_until_{0};
	alignas(64) word job_{0};  // its number
	alignas(64) word done_{0}; // parts of it that have ended
	std::atomic<int> lenders_{0};
	alignas(64) std::atomic<int> asleep_{0};
	alignas(64) std::atomic<int> arrived_{0}; // parts at the barrier
	word barriers_{0};                        // passed so far
};

thread_local std::unique_ptr<team> mine;
std::atomic<bool> library_team{true}; // whether the team works for oneDNN

} // namespace

int acol_threads() { return wanted; }

acol_library_call::acol_library_call() : with_team(library_team.load()) {
	here.library += with_team;
}
acol_library_call::~acol_library_call() { here.library -= with_team; }

void acol_share(int parts, void (*f)(void *, int), void *arg) {
	if (parts > 1 && !here.of) {
		int threads = std::max(parts, wanted);
		if (!mine || mine->threads() != threads) {
			mine.reset();
			mine = std::make_unique<team>(threads);
		}
		return mine->run(parts, f, arg);
	}
	place before = here;
	for (int i = 0; i < parts; i++) {
		here.part = i, here.parts = parts;
		f(arg, i);
	}
	here = before;
}

void acol_barrier() {
	if (here.of && here.parts > 1) here.of->barrier();
}

acol_place acol_here() { return {here.part, here.parts, here.library > 0, here.of != nullptr}; }

extern "C" {

void acol_set_threads(int n) {
	wanted = std::max(n, 1);
	if (!library_team) acol_set_library_threads(wanted);
}

void acol_set_library_team(int on) { library_team = on; }

} // extern "C"
