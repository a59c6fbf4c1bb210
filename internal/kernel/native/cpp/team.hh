// The threads that all kernels run on, oneDNN's included.
#ifndef ACOL_TEAM_H
#define ACOL_TEAM_H

// acol_share calls f(arg, part) once for each part from 0 to parts-1, on the calling thread and its
// team, and returns when all calls have. A call from within a part runs its parts one after the
// other.
void acol_share(int parts, void (*f)(void *arg, int part), void *arg);

// acol_threads is how many threads the calling thread's team has, itself included.
int acol_threads();

// acol_place is what the calling thread is at: a part of so many, within a call of oneDNN or not,
// and within a job of the team or not.
struct acol_place {
	int part, parts;
	bool library, inside;
};
acol_place acol_here();

// acol_barrier waits until each part of the job has come to it.
void acol_barrier();

// acol_library_call is around each call of oneDNN. What oneDNN asks of OpenMP meanwhile, on this
// thread, is the team's to do, unless acol_set_library_team says otherwise.
struct acol_library_call {
	acol_library_call();
	~acol_library_call();
	acol_library_call(const acol_library_call &) = delete;
	const int with_team;
};

// acol_set_library_threads sets the threads of OpenMP's own, for what the calling thread starts.
extern "C" void acol_set_library_threads(int n);
#endif
