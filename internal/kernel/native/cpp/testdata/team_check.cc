// Checks the team of threads. It is built and run by team_test.go, with -fopenmp, as a program that
// uses OpenMP itself, too.
#include "../team.hh"

#include <omp.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <initializer_list>

#include "../native.h"

namespace {

int failures = 0;

#define CHECK(what, ...)                            \
	do {                                        \
		if (!(what)) {                      \
			printf("%s: ", __func__);   \
			printf(__VA_ARGS__);        \
			puts("");                   \
			failures++;                 \
		}                                   \
	} while (0)

// share shares out calls of a lambda.
template <class F>
void share(int parts, F f) {
	acol_share(parts, [](void *f, int part) { (*static_cast<F *>(f))(part); }, &f);
}

cpu_set_t one(int cpu) {
	cpu_set_t s;
	CPU_ZERO(&s);
	CPU_SET(cpu, &s);
	return s;
}

cpu_set_t mask() {
	cpu_set_t s;
	sched_getaffinity(0, sizeof s, &s);
	return s;
}

bool bind(const cpu_set_t &s) { return sched_setaffinity(0, sizeof s, &s) == 0; }

void stand_still() { usleep(20'000); }

// work_for computes, without sleep.
void work_for(int microseconds) {
	using clock = std::chrono::steady_clock;
	auto end = clock::now() + std::chrono::microseconds(microseconds);
	while (clock::now() < end) {}
}

void every_part_is_computed_once() {
	for (int threads : {1, 2, 3, 5}) {
		acol_set_threads(threads);
		for (int parts = 1; parts <= 6; parts++) {
			for (int job = 0; job < 300; job++) {
				std::atomic<int> times[6] = {};
				share(parts, [&](int part) { times[part]++; });
				for (int i = 0; i < 6; i++) {
					int want = i < parts;
					CHECK(times[i] == want, "part %d of %d, %d threads: %d times", i, parts,
							threads, times[i].load());
				}
			}
		}
	}
}

void a_job_within_a_part_stays_there() {
	acol_set_threads(2);
	std::atomic<int> moved{0};
	share(2, [&](int) {
		pid_t here = gettid();
		share(3, [&](int) { moved += gettid() != here; });
	});
	CHECK(moved == 0, "%d parts on other threads", moved.load());
}

// stand_until_bound sleeps until the thread can run on one processor alone, for two seconds at
// most.
bool stand_until_bound(int to) {
	cpu_set_t want = one(to), now = mask();
	for (int i = 0; i < 200 && !CPU_EQUAL(&now, &want); i++, now = mask()) usleep(10'000);
	return CPU_EQUAL(&now, &want);
}

// helped has the leader do the first part, and a helper do f as the second.
template <class F>
void helped(F f) {
	pid_t leader = gettid();
	std::atomic<bool> begun{false};
	share(2, [&](int part) {
		if (part == 0) {
			while (!begun) usleep(100); // so that the helper takes its part
			return;
		}
		begun = true;
		CHECK(gettid() != leader, "no helper");
		f();
	});
}

void a_helper_that_does_not_run_gets_the_processor_of_the_leader(int a, int b) {
	acol_set_threads(2);
	cpu_set_t before = mask(), both = one(a);
	CPU_SET(b, &both);
	bind(one(a));
	bool moved = false;
	helped([&] { bind(both), moved = stand_until_bound(a); });
	CHECK(moved, "the helper is not on processor %d", a);
	helped([&] {
		cpu_set_t now = mask();
		CHECK(CPU_EQUAL(&now, &both), "the helper cannot run where it could");
	});
	bind(before);
}

void a_helper_stays_on_the_processors_that_others_bound_it_to(int a, int b) {
	acol_set_threads(2);
	cpu_set_t before = mask(), bound = one(b), both = one(a);
	CPU_SET(b, &both);
	bind(one(a));
	cpu_set_t now;
	helped([&] { bind(bound), stand_still(), stand_still(), now = mask(); });
	CHECK(CPU_EQUAL(&now, &bound), "the helper was moved from its only processor");
	helped([&] {
		bind(both);
		CHECK(stand_until_bound(a), "the helper is not on processor %d", a);
		bind(bound); // as taskset does meanwhile
	});
	helped([&] { now = mask(); });
	CHECK(CPU_EQUAL(&now, &bound), "the helper can run where others do not let it");
	bind(before);
	helped([&] { bind(before); });
}

void a_leader_sleeps_while_it_waits_for_a_helper_that_it_cannot_move(int a, int b) {
	acol_set_threads(2);
	cpu_set_t before = mask();
	bind(one(a));
	auto sleeps = [] {
		rusage u;
		getrusage(RUSAGE_THREAD, &u);
		return u.ru_nvcsw;
	};
	std::atomic<bool> begun{false};
	long earlier = 0;
	share(2, [&](int part) {
		if (part == 0) {
			while (!begun) usleep(100);
			earlier = sleeps();
			return;
		}
		bind(one(b));
		begun = true;
		usleep(100'000);
	});
	long times = sleeps() - earlier; // of 2 ms each
	CHECK(times >= 5, "it slept %ld times", times);
	helped([&] { bind(before); });
	bind(before);
}

void a_leader_that_does_not_run_gets_the_processor_of_the_helper(int a, int b) {
	acol_set_threads(2);
	cpu_set_t before = mask(), both = one(a);
	CPU_SET(b, &both);
	bind(both);
	pid_t leader = gettid();
	std::atomic<bool> begun{false};
	bool moved = false;
	for (int tries = 0; tries < 50 && !moved; tries++) { // a helper does not wait for long
		begun = false;
		share(2, [&](int part) {
			if (part == 1) {
				bind(one(b));
				begun = true;
				return;
			}
			while (!begun) usleep(100);
			stand_still();
			cpu_set_t now = mask(), there = one(b);
			moved = gettid() == leader && CPU_EQUAL(&now, &there);
		});
	}
	cpu_set_t now = mask();
	CHECK(moved, "the leader is not on processor %d", b);
	CHECK(CPU_EQUAL(&now, &both), "the leader cannot run where it could");
	helped([&] { bind(before); });
	bind(before);
}

void a_part_that_nobody_has_begun_is_taken(int a) {
	cpu_set_t before = mask();
	acol_set_threads(2);
	bind(one(a));
	share(3, [](int) {}); // after which a team of two is a new one, and bound like its leader
	pid_t leader = gettid();
	share(2, [=](int part) {
		sched_param p = {};
		if (part == 0) return stand_still();
		// It runs if the leader does not.
		if (gettid() != leader) sched_setscheduler(0, SCHED_IDLE, &p);
	});
	stand_still(); // until the helper sleeps
	int mine = 0;
	for (int job = 0; job < 20; job++) {
		pid_t other = 0;
		share(2, [&](int part) {
			if (part == 0) return work_for(500);
			other = gettid();
		});
		mine += other == leader;
	}
	CHECK(mine >= 15, "the leader took %d of 20 parts", mine);
	bind(before);
}

void a_barrier_is_passed_by_all_parts_at_once() {
	acol_set_threads(3);
	acol_library_call call;
	for (int job = 0; job < 100; job++) {
		std::atomic<int> at[4] = {};
		int early = 0;
#pragma omp parallel num_threads(3) shared(at, early)
		for (int phase = 0; phase < 4; phase++) {
			at[phase]++;
#pragma omp barrier
			if (at[phase] != 3) early++;
		}
		CHECK(early == 0, "%d early", early);
	}
}

void the_library_sees_the_team() {
	acol_set_threads(3);
	{
		acol_library_call call;
		CHECK(omp_get_max_threads() == 3, "%d threads", omp_get_max_threads());
		std::atomic<int> seen{0};
#pragma omp parallel
		{
			seen |= 1 << omp_get_thread_num();
			if (omp_get_num_threads() != 3 || !omp_in_parallel()) seen |= 1024;
		}
		CHECK(seen == 7, "threads %x", seen.load());
	}
	int others = 0;
#pragma omp parallel num_threads(4) reduction(+ : others)
	others += omp_get_num_threads() == 4;
	CHECK(others == 4 && omp_get_num_threads() == 1, "OpenMP of others: %d threads", others);
}

void a_helper_knows_the_threads_of_its_leader() {
	acol_set_threads(3);
	acol_library_call call;
	std::atomic<int> wrong{0};
#pragma omp parallel
	{
		wrong += omp_get_max_threads() != 3;
#pragma omp barrier
#pragma omp parallel
		wrong += omp_get_num_threads() != 1 || omp_get_thread_num() != 0 || !omp_in_parallel();
	}
	CHECK(wrong == 0, "%d wrong", wrong.load());
}

void no_threads_are_one() {
	acol_set_threads(0);
	CHECK(acol_threads() == 1, "%d threads", acol_threads());
}

void the_library_has_its_own_threads_where_the_team_cannot_work_for_it() {
	acol_set_library_team(0);
	acol_set_threads(3);
	{
		acol_library_call call;
		CHECK(!acol_here().library, "the team works for it");
		int threads = 0;
#pragma omp parallel
		if (omp_get_thread_num() == 0) threads = omp_get_num_threads();
		CHECK(threads == 3, "%d threads", threads);
	}
	acol_set_library_team(1);
}

void faults_are_of_the_thread_that_made_them() {
	acol_set_threads(2);
	helped([] {
		sigset_t blocked;
		pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
		CHECK(!sigismember(&blocked, SIGSEGV), "a fault says nothing");
		CHECK(sigismember(&blocked, SIGTERM), "a helper takes signals");
	});
}

} // namespace

int main() {
	cpu_set_t all = mask();
	int cpus[2] = {-1, -1}, n = 0;
	for (int i = 0; i < CPU_SETSIZE && n < 2; i++)
		if (CPU_ISSET(i, &all)) cpus[n++] = i;
	every_part_is_computed_once();
	a_job_within_a_part_stays_there();
	a_barrier_is_passed_by_all_parts_at_once();
	the_library_sees_the_team();
	a_helper_knows_the_threads_of_its_leader();
	no_threads_are_one();
	the_library_has_its_own_threads_where_the_team_cannot_work_for_it();
	faults_are_of_the_thread_that_made_them();
	a_part_that_nobody_has_begun_is_taken(cpus[0]);
	if (n == 2) {
		a_helper_that_does_not_run_gets_the_processor_of_the_leader(cpus[0], cpus[1]);
		a_helper_stays_on_the_processors_that_others_bound_it_to(cpus[0], cpus[1]);
		a_leader_sleeps_while_it_waits_for_a_helper_that_it_cannot_move(cpus[0], cpus[1]);
		a_leader_that_does_not_run_gets_the_processor_of_the_helper(cpus[0], cpus[1]);
	}
	return failures > 0;
}
