#include "ring.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define NEEDED_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

int ring_map(int fd, Ring **ret_ring) {
        struct stat st;
        Ring *ring;
        int seals = fcntl(fd, F_GET_SEALS);

        /* unsealed, any holder could truncate it and kill us with SIGBUS */
        if (seals < 0 || (seals & NEEDED_SEALS) != NEEDED_SEALS)
                return -EBADMSG;
        if (fstat(fd, &st) < 0)
                return -errno;
        if (st.st_size != sizeof(Ring))
                return -EBADMSG;
        ring = mmap(NULL, sizeof(Ring), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (ring == MAP_FAILED)
                return -errno;
        *ret_ring = ring;
        return 0;
}

Ring *ring_unmap(Ring *ring) {
        if (ring)
                munmap(ring, sizeof(Ring));
        return NULL;
}

int ring_new(int *ret_fd, Ring **ret_ring) {
        int fd = memfd_create("hsmd-ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);
        Ring *ring = NULL;
        int r;

        if (fd < 0)
                return -errno;
        if (ftruncate(fd, sizeof(Ring)) < 0 || fcntl(fd, F_ADD_SEALS, NEEDED_SEALS) < 0)
                r = -errno;
        else
                r = ring_map(fd, &ring);
        if (r < 0 || !ring) {
                close(fd);
                return r < 0 ? r : -EIO;
        }
        ring->magic = RING_MAGIC;
        *ret_fd = fd;
        *ret_ring = ring;
        return 0;
}

bool ring_oldest_in_flight(const Ring *ring, RingRecord *ret) {
        RingRecord oldest = {0};

        for (uint32_t i = 0; i < RING_THREADS; i++) {
                const RingInFlight *f = &ring->in_flight[i];
                uint32_t call = atomic_load_explicit(&f->call, memory_order_acquire);
                usec_t started = f->started;

                if (call == CALL_NONE || call >= CALL_MAX)
                        continue;
                if (oldest.call != CALL_NONE && started >= oldest.started)
                        continue;
                oldest = (RingRecord){.call = call, .thread = i, .session = f->session, .started = started};
        }
        if (oldest.call == CALL_NONE)
                return false;
        *ret = oldest;
        return true;
}

size_t ring_tail(const Ring *ring, RingRecord *ret, size_t n) {
        uint64_t finished = atomic_load_explicit(&ring->finished, memory_order_acquire);
        size_t want = MIN_OF(MIN_OF(n, (size_t) RING_RECORDS), finished), got = 0;

        /* counted, not compared with `finished`: that is hostile input and may be the largest number there is
         */
        for (size_t i = 0; i < want; i++) {
                uint64_t seq = finished - want + 1 + i;
                RingRecord copy = ring->records[(seq - 1) % RING_RECORDS];

                /* what is checked must be what is returned: the compiler may not read the record again */
                atomic_signal_fence(memory_order_seq_cst);
                if (copy.sequence != seq || copy.call == CALL_NONE || copy.call >= CALL_MAX ||
                        copy.ended < copy.started)
                        continue;
                ret[got++] = copy;
        }
        return got;
}

bool ring_last_finished(const Ring *ring, RingRecord *ret) {
        return ring_tail(ring, ret, 1) == 1;
}
