#include "disk.h"

#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>

typedef struct DiskJob {
        struct DiskJob *next;
        void *data;
        DiskWork work;
        DiskDone done;
} DiskJob;

typedef struct DiskQueue {
        DiskJob *head, *tail;
} DiskQueue;

struct Disk {
        pthread_t thread;
        pthread_mutex_t lock;
        pthread_cond_t wake; /* something was queued, finished, or stop was set */
        DiskQueue waiting, finished;
        bool stop, stopped;
        int finished_fd; /* eventfd: something is in `finished` */
        sd_event_source *source;
};

static void queue_put(DiskQueue *q, DiskJob *job) {
        job->next = NULL;
        if (q->tail)
                q->tail->next = job;
        else
                q->head = job;
        q->tail = job;
}

static DiskJob *queue_take(DiskQueue *q) {
        DiskJob *job = q->head;

        if (job) {
                q->head = job->next;
                if (!q->head)
                        q->tail = NULL;
        }
        return job;
}

static void *disk_thread(void *userdata) {
        Disk *d = userdata;

        pthread_mutex_lock(&d->lock);
        while (!d->stop) {
                DiskJob *job = queue_take(&d->waiting);

                if (!job) {
                        pthread_cond_wait(&d->wake, &d->lock);
                        continue;
                }
                pthread_mutex_unlock(&d->lock);
                job->work(job->data);
                pthread_mutex_lock(&d->lock);
                queue_put(&d->finished, job);
                pthread_cond_broadcast(&d->wake); /* disk_free waits for the queue to run empty */
                eventfd_write(d->finished_fd, 1);
        }
        d->stopped = true;
        pthread_cond_broadcast(&d->wake);
        pthread_mutex_unlock(&d->lock);
        return NULL;
}

static int on_finished(sd_event_source *source UNUSED, int fd, uint32_t revents UNUSED, void *userdata) {
        Disk *d = userdata;
        eventfd_t n;

        eventfd_read(fd, &n);
        for (;;) {
                DiskJob *job;

                pthread_mutex_lock(&d->lock);
                job = queue_take(&d->finished);
                pthread_mutex_unlock(&d->lock);
                if (!job)
                        return 0;
                job->done(job->data, false);
                free(job);
        }
}

int disk_new(sd_event *event, Disk **ret) {
        Disk *d = calloc(1, sizeof(*d));
        sigset_t all, old;
        int r;

        if (!d)
                return -ENOMEM;
        pthread_mutex_init(&d->lock, NULL);
        pthread_condattr_t attr;
        pthread_condattr_init(&attr);
        pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
        pthread_cond_init(&d->wake, &attr);
        pthread_condattr_destroy(&attr);
        d->finished_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        r = d->finished_fd < 0 ? -errno
                               : sd_event_add_io(event, &d->source, d->finished_fd, EPOLLIN, on_finished, d);
        if (r >= 0) {
                sigfillset(&all);
                pthread_sigmask(SIG_SETMASK, &all, &old);
                r = -pthread_create(&d->thread, NULL, disk_thread, d);
                pthread_sigmask(SIG_SETMASK, &old, NULL);
        }
        if (r < 0) {
                sd_event_source_unref(d->source);
                if (d->finished_fd >= 0)
                        close(d->finished_fd);
                free(d);
                return r;
        }
        *ret = d;
        return 0;
}

static void cancel_all(DiskQueue *q) {
        for (DiskJob *job = queue_take(q); job; job = queue_take(q)) {
                job->done(job->data, true);
                free(job);
        }
}

Disk *disk_free(Disk *d, usec_t grace) {
        usec_t until = now_monotonic() + grace;
        struct timespec ts = {
                .tv_sec = (time_t) (until / USEC_PER_SEC), .tv_nsec = (long) (until % USEC_PER_SEC * 1000)};
        bool stopped;

        if (!d)
                return NULL;
        pthread_mutex_lock(&d->lock);
        /* what was promised is finished first, as far as the disk lets us */
        while (d->waiting.head && pthread_cond_timedwait(&d->wake, &d->lock, &ts) != ETIMEDOUT)
                ;
        d->stop = true;
        pthread_cond_broadcast(&d->wake);
        while (!d->stopped && pthread_cond_timedwait(&d->wake, &d->lock, &ts) != ETIMEDOUT)
                ;
        stopped = d->stopped;
        pthread_mutex_unlock(&d->lock);
        d->source = sd_event_source_disable_unref(d->source);
        if (!stopped) {
                /* it hangs in a system call; it and what it touches end with the process */
                pthread_detach(d->thread);
                return NULL;
        }
        pthread_join(d->thread, NULL);
        cancel_all(&d->finished);
        cancel_all(&d->waiting);
        close(d->finished_fd);
        pthread_cond_destroy(&d->wake);
        pthread_mutex_destroy(&d->lock);
        free(d);
        return NULL;
}

int disk_submit(Disk *d, void *data, DiskWork work, DiskDone done) {
        DiskJob *job = calloc(1, sizeof(*job));

        if (!job) {
                done(data, true);
                return -ENOMEM;
        }
        *job = (DiskJob){.data = data, .work = work, .done = done};
        pthread_mutex_lock(&d->lock);
        queue_put(&d->waiting, job);
        pthread_cond_broadcast(&d->wake);
        pthread_mutex_unlock(&d->lock);
        return 0;
}

static int write_all(int fd, const uint8_t *p, size_t size) {
        while (size > 0) {
                ssize_t n = write(fd, p, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                p += n;
                size -= (size_t) n;
        }
        return 0;
}

static int sync_directory_of(const char *path) {
        char copy[PATH_MAX];
        CLEANUP_CLOSE int fd = -1;

        copy_text(copy, sizeof(copy), path);
        fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

int write_file_durably(const char *path, const void *content, size_t size) {
        char temporary[PATH_MAX];
        CLEANUP_CLOSE int fd = -1;
        int r;

        if ((size_t) snprintf(temporary, sizeof(temporary), "%s.new", path) >= sizeof(temporary))
                return -ENAMETOOLONG;
        fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        r = write_all(fd, content, size);
        if (r == 0 && fsync(fd) < 0)
                r = -errno;
        if (r == 0 && rename(temporary, path) < 0)
                r = -errno;
        if (r < 0) {
                unlink(temporary);
                return r;
        }
        return sync_directory_of(path);
}

int read_small_file(const char *path, char *buffer, size_t size, size_t *ret_size) {
        CLEANUP_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
        ssize_t n;

        if (fd < 0)
                return -errno;
        n = read_whole(fd, buffer, size);
        if (n < 0)
                return (int) n;
        if ((size_t) n == size)
                return -EFBIG;
        buffer[n] = '\0';
        *ret_size = (size_t) n;
        return 0;
}
