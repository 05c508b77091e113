/* The log: a bounded queue, and a thread that is the only one to wait for journald.
 *
 * Measured: with journald stopped, sd_journal_send blocks for good after 513 messages. So the thread may be
 * stuck in a send for ever; whoever ends the journal then leaves it there, and the queue's memory with it:
 * the thread frees it if it ever comes back. */
#include "journal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/uio.h>
#include <time.h>

#include <systemd/sd-journal.h>

#define SOCKET_PATH "/run/systemd/journal/socket"
#define FIELDS_MAX 24
#define MESSAGE_MAX 3072 /* octets; a refused configuration has many words */
#define FIELD_MAX 320
#define LINE_MAX_OCTETS 6144

/* A line with all its fields, "NAME=value" each, the message first. Allocated as large as its text. */
typedef struct Line {
        size_t n;
        struct {
                size_t start, size;
        } fields[FIELDS_MAX];
        size_t used;
        char text[LINE_MAX_OCTETS];
} Line;

struct Journal {
        pthread_mutex_t lock; /* held for a few instructions only, never over a send */
        pthread_cond_t wake;  /* there is a line, a loss to tell, or the end */
        pthread_t thread;
        Line **queue; /* a ring */
        size_t capacity, first, n;
        uint64_t dropped, told;
        bool stopping;  /* write what is queued, then end */
        bool finished;  /* the thread has ended; who stopped it joins it and frees */
        bool abandoned; /* nobody waits any more; the thread frees */
};

/* Fields --- */

/* Cuts value where it does not fit; copy_text keeps characters whole. */
static void add_field(Line *line, const char *name, const char *value, size_t max) {
        size_t left = sizeof(line->text) - line->used;
        char *text = line->text + line->used;

        if (!value || line->n == FIELDS_MAX || left < strlen(name) + 2) /* “=” and the terminator */
                return;
        size_t n = (size_t) sprintf(text, "%s=", name);
        copy_text(text + n, MIN_OF(left - n, max + 1), value);
        n += strlen(text + n);
        line->fields[line->n].start = line->used;
        line->fields[line->n].size = n;
        line->n++;
        line->used += n;
}

static void add_number(Line *line, const char *name, uint64_t value) {
        char text[24];

        snprintf(text, sizeof(text), "%" PRIu64, value);
        add_field(line, name, text, sizeof(text));
}

/* A copy of the size that it needs: a thousand of them may wait. */
static Line *line_keep(const Line *line) {
        size_t size = offsetof(Line, text) + line->used;
        Line *copy = malloc(size);

        if (copy)
                memcpy(copy, line, size);
        return copy;
}

/* What happened, to which alarm. 0 is no number of either. */
static void add_event(Line *line, const LogEvent *event) {
        if (event->event > 0)
                add_number(line, "HSM_EVENT", event->event);
        if (event->alarm > 0)
                add_number(line, "HSM_ALARM", event->alarm);
        add_field(line, "HSM_CODE", event->code, FIELD_MAX);
        add_field(line, "HSM_SEVERITY", event->severity, FIELD_MAX);
        add_field(line, "HSM_RESOURCE", event->resource, FIELD_MAX);
}

static void line_fill(Line *line, int priority, const char *message, const LogEvent *event) {
        line->n = line->used = 0;
        add_field(line, "MESSAGE", message, MESSAGE_MAX);
        add_number(line, "PRIORITY", (uint64_t) (priority & LOG_PRIMASK));
        add_field(line, "SYSLOG_IDENTIFIER", program_invocation_short_name, FIELD_MAX);
        add_field(line, "MESSAGE_ID", event->message_id, FIELD_MAX);
        add_field(line, "HSM_DEVICE", event->device, FIELD_MAX);
        add_field(line, "HSM_POOL", event->pool, FIELD_MAX);
        add_field(line, "HSM_SERVICE", event->service, FIELD_MAX);
        add_field(line, "HSM_SITE", event->site, FIELD_MAX);
        add_field(line, "HSM_STATE", event->state, FIELD_MAX);
        add_field(line, "HSM_REASON", event->reason, FIELD_MAX);
        add_field(line, "HSM_STEP", event->step, FIELD_MAX);
        add_field(line, "HSM_CALL", event->call, FIELD_MAX);
        add_field(line, "HSM_RETURN", event->ret, FIELD_MAX);
        if (event->duration > 0)
                add_number(line, "HSM_DURATION_US", event->duration);
        add_event(line, event);
        add_field(line, "HSM_OPERATOR_UID", event->operator_uid, FIELD_MAX);
        add_field(line, "HSM_OPERATOR", event->operator_name, FIELD_MAX);
}

static Line *line_of_dropped(uint64_t dropped) {
        const LogEvent event = {.message_id = MESSAGE_LOG_DROPPED};
        char message[96];
        Line line;

        snprintf(message, sizeof(message),
                "%" PRIu64 " log lines were dropped: the journal did not take them in time", dropped);
        line_fill(&line, LOG_WARNING, message, &event);
        add_number(&line, "HSM_DROPPED", dropped);
        return line_keep(&line);
}

/* Where lines go --- */

/* One line stays one line, and no terminal is steered by what a device or an operator calls itself. */
static void write_visibly(FILE *f, const char *text, size_t size) {
        for (size_t i = 0; i < size; i++) {
                unsigned char c = (unsigned char) text[i];

                if (c == '\n' || c == '\t')
                        c = ' ';
                fputc(c < 0x20 || c == 0x7F ? '?' : c, f);
        }
}

/* "message HSM_DEVICE=… HSM_STEP=…" in one write; what only journald reads is left out. */
static void line_to_stderr(const Line *line) {
        char text[LINE_MAX_OCTETS + FIELDS_MAX + 2];
        FILE *f = fmemopen(text, sizeof(text), "w");
        size_t skip = strlen("MESSAGE=");

        if (!f)
                return;
        write_visibly(f, line->text + skip, line->fields[0].size - skip);
        for (size_t i = 1; i < line->n; i++) {
                const char *field = line->text + line->fields[i].start;

                if (strncmp(field, "HSM_", 4) != 0)
                        continue;
                fputc(' ', f);
                write_visibly(f, field, line->fields[i].size);
        }
        fputc('\n', f);
        long size = ftell(f);
        fclose(f);
        if (size > 0 && write(STDERR_FILENO, text, (size_t) size) < 0)
                return; /* there is nowhere left to say so */
}

static void line_send(Line *line) {
        struct iovec fields[FIELDS_MAX];

        for (size_t i = 0; i < line->n; i++) {
                fields[i].iov_base = line->text + line->fields[i].start;
                fields[i].iov_len = line->fields[i].size;
        }
        if (access(SOCKET_PATH, F_OK) == 0 && sd_journal_sendv(fields, (int) line->n) >= 0)
                return;
        line_to_stderr(line);
}

/* The thread --- */

static void journal_destroy(Journal *j) {
        for (; j->n > 0; j->n--) {
                free(j->queue[j->first]);
                j->first = (j->first + 1) % j->capacity;
        }
        free(j->queue);
        pthread_cond_destroy(&j->wake);
        pthread_mutex_destroy(&j->lock);
        free(j);
}

/* The next line, waiting for it, or NULL at the end. What was dropped is told before what is queued: it is
 * the news. */
static Line *next_line(Journal *j) {
        Line *line = NULL;

        pthread_mutex_lock(&j->lock);
        while (j->n == 0 && j->dropped == j->told && !j->stopping)
                pthread_cond_wait(&j->wake, &j->lock);
        uint64_t news = j->dropped - j->told;
        if (!j->abandoned && news > 0 && (line = line_of_dropped(news))) {
                j->told += news;
        } else if (!j->abandoned && j->n > 0) {
                line = j->queue[j->first];
                j->first = (j->first + 1) % j->capacity;
                j->n--;
        }
        pthread_mutex_unlock(&j->lock);
        return line;
}

static void *journal_main(void *userdata) {
        Journal *j = userdata;

        for (Line *line; (line = next_line(j));) {
                line_send(line);
                free(line);
        }

        pthread_mutex_lock(&j->lock);
        bool mine = j->abandoned;
        j->finished = true;
        pthread_mutex_unlock(&j->lock);
        if (mine)
                journal_destroy(j);
        return NULL;
}

/* The thread takes no signal: they are the loop's. */
static int start_thread(Journal *j) {
        sigset_t all, before;

        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before);
        int k = pthread_create(&j->thread, NULL, journal_main, j);
        pthread_sigmask(SIG_SETMASK, &before, NULL);
        return -k;
}

/* For the caller --- */

int journal_new(size_t capacity, Journal **ret) {
        Journal *j = calloc(1, sizeof(Journal));

        if (!j)
                return -ENOMEM;
        pthread_mutex_init(&j->lock, NULL);
        pthread_cond_init(&j->wake, NULL);
        j->capacity = MAX_OF(capacity, (size_t) 1);
        j->queue = calloc(j->capacity, sizeof(Line *));
        int k = j->queue ? start_thread(j) : -ENOMEM;
        if (k < 0) {
                journal_destroy(j);
                return k;
        }
        *ret = j;
        return 0;
}

static struct timespec deadline(usec_t grace) {
        usec_t end = now_monotonic() + grace;

        return (struct timespec){
                .tv_sec = (time_t) (end / USEC_PER_SEC), .tv_nsec = (long) (end % USEC_PER_SEC * 1000)};
}

/* True if the thread was left behind, and the journal with it. It may have finished just after the deadline.
 */
static bool abandon(Journal *j) {
        pthread_mutex_lock(&j->lock);
        bool finished = j->finished;
        j->abandoned = !finished;
        pthread_mutex_unlock(&j->lock);
        if (finished)
                pthread_join(j->thread, NULL);
        return !finished;
}

Journal *journal_free(Journal *j, usec_t grace) {
        struct timespec end = deadline(grace);

        if (!j)
                return NULL;
        pthread_mutex_lock(&j->lock);
        j->stopping = true;
        pthread_t thread = j->thread;
        pthread_cond_signal(&j->wake);
        pthread_mutex_unlock(&j->lock);

        if (pthread_clockjoin_np(thread, NULL, CLOCK_MONOTONIC, &end) != 0 && abandon(j)) {
                pthread_detach(thread);
                return NULL;
        }
        journal_destroy(j);
        return NULL;
}

static void enqueue(Journal *j, const Line *filled) {
        Line *line = line_keep(filled);

        pthread_mutex_lock(&j->lock);
        bool full = !line || j->n == j->capacity;
        if (full) {
                j->dropped++;
        } else {
                j->queue[(j->first + j->n) % j->capacity] = line;
                j->n++;
        }
        pthread_cond_signal(&j->wake);
        pthread_mutex_unlock(&j->lock);
        if (full)
                free(line);
}

void log_event(Journal *j, const LogEvent *event, const char *format, ...) {
        char message[MESSAGE_MAX + 8]; /* longer than is kept: the cut is made between characters */
        Line line;
        int saved = errno; /* callers log errno and return it after */
        va_list ap;

        va_start(ap, format);
        vsnprintf(message, sizeof(message), format, ap);
        va_end(ap);
        line_fill(&line, event->priority, message, event);
        if (j)
                enqueue(j, &line);
        else
                line_to_stderr(&line);
        errno = saved;
}

uint64_t journal_dropped(Journal *j) {
        if (!j)
                return 0;
        pthread_mutex_lock(&j->lock);
        uint64_t dropped = j->dropped;
        pthread_mutex_unlock(&j->lock);
        return dropped;
}
