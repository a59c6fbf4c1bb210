//go:build onednn && amd64 && cgo

#include <malloc.h>
#include <sys/resource.h>

namespace {

template <class Resource>
bool bounded(Resource resource) {
	struct rlimit r;
	return getrlimit(resource, &r) == 0 && r.rlim_cur != RLIM_INFINITY;
}

// glibc reserves 64 MiB of addresses for the heap of each thread that asks it for memory, and twice
// that for a moment. Where a limit counts addresses, the threads share one heap. This runs before
// Go's runtime starts its threads.
__attribute__((constructor)) void share_heap() {
#ifdef M_ARENA_MAX
	if (bounded(RLIMIT_AS) || bounded(RLIMIT_DATA)) mallopt(M_ARENA_MAX, 1);
#endif
}

} // namespace
