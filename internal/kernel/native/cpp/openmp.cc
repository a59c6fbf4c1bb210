//go:build onednn && amd64 && cgo

// What oneDNN calls of OpenMP. A program's own functions come before those of its libraries, and so
// oneDNN's work is done by the team. Calls that do not come from oneDNN go on to libgomp.
#include "team.hh"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>

namespace {

// region is what oneDNN has an OpenMP region do.
struct region {
	void (*f)(void *);
	void *data;
};

void run_region(void *r, int) { static_cast<region *>(r)->f(static_cast<region *>(r)->data); }

// library gives the function of libgomp that one of this program stands before.
template <class F>
F *library(const char *name) {
	void *f = dlsym(RTLD_NEXT, name);
	if (!f) {
		fprintf(stderr, "acol: no %s in a library\n", name);
		_exit(1);
	}
	return reinterpret_cast<F *>(f);
}

} // namespace

extern "C" {

int omp_get_max_threads() {
	if (acol_here().library) return acol_threads();
	static auto *next = library<int()>("omp_get_max_threads");
	return next();
}

int omp_get_num_threads() {
	if (acol_here().library) return acol_here().parts;
	static auto *next = library<int()>("omp_get_num_threads");
	return next();
}

int omp_get_thread_num() {
	if (acol_here().library) return acol_here().part;
	static auto *next = library<int()>("omp_get_thread_num");
	return next();
}

int omp_in_parallel() {
	if (acol_here().library) return acol_here().parts > 1;
	static auto *next = library<int()>("omp_in_parallel");
	return next();
}

void GOMP_parallel(void (*f)(void *), void *data, unsigned threads, unsigned flags) {
	if (acol_place here = acol_here(); here.library) {
		region r = {f, data};
		int n = here.inside ? 1 : threads > 0 ? int(threads) : acol_threads();
		return acol_share(n, run_region, &r);
	}
	using parallel = void(void (*)(void *), void *, unsigned, unsigned);
	static auto *next = library<parallel>("GOMP_parallel");
	next(f, data, threads, flags);
}

void GOMP_barrier() {
	if (acol_here().library) return acol_barrier();
	static auto *next = library<void()>("GOMP_barrier");
	next();
}

} // extern "C"
