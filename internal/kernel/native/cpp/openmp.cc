//go:build onednn && amd64 && cgo

// What oneDNN calls of OpenMP. A program's own functions come before those of its libraries, and so
// oneDNN's work is done by the team. Calls that do not come from oneDNN go on to libgomp, or to
// what else the program's libraries have of OpenMP.
#include "team.hh"

#include <dlfcn.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "native.h"

namespace {

// region is what oneDNN has an OpenMP region do.
struct region {
	void (*f)(void *);
	void *data;
};

void run_region(void *r, int) { static_cast<region *>(r)->f(static_cast<region *>(r)->data); }

// library gives the function of libgomp that one of this program stands before. A library that was
// loaded later, which calls it, may have brought libgomp along for itself alone.
template <class F>
F *library(const char *name) {
	void *f = dlsym(RTLD_NEXT, name);
	if (void *own = f ? nullptr : dlopen("libgomp.so.1", RTLD_LAZY | RTLD_LOCAL)) f = dlsym(own, name);
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
	if (acol_here().library) return acol_here().inside;
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

void acol_set_library_threads(int n) {
	using set_threads = void(int);
	static auto *set = reinterpret_cast<set_threads *>(dlsym(RTLD_DEFAULT, "omp_set_num_threads"));
	if (set) set(n); // else the library has another kind of threads, or none
}

int acol_stands_in(const char *name) {
	static const struct {
		const char *name;
		void *f;
	} own[] = {
			{"omp_get_max_threads", reinterpret_cast<void *>(omp_get_max_threads)},
			{"omp_get_num_threads", reinterpret_cast<void *>(omp_get_num_threads)},
			{"omp_get_thread_num", reinterpret_cast<void *>(omp_get_thread_num)},
			{"omp_in_parallel", reinterpret_cast<void *>(omp_in_parallel)},
			{"GOMP_parallel", reinterpret_cast<void *>(GOMP_parallel)},
			{"GOMP_barrier", reinterpret_cast<void *>(GOMP_barrier)},
	};
	for (const auto &o : own)
		if (strcmp(o.name, name) == 0) return dlsym(RTLD_DEFAULT, name) == o.f;
	return 0;
}

const char *acol_library_path(void) {
	Dl_info info;
	void *f = dlsym(RTLD_DEFAULT, "dnnl_version");
	return f && dladdr(f, &info) ? info.dli_fname : "";
}

} // extern "C"
