#include "poll-oid.h"

static bool is_root(const PollOid *name) {
        return name->n >= 2 && name->arcs[0] <= 2 && (name->arcs[0] == 2 || name->arcs[1] < 40);
}

static int parse_arc(const char *text, oid *ret, const char **ret_end) {
        unsigned long arc;
        char *end;

        if (*text < '0' || *text > '9')
                return -EINVAL;
        errno = 0;
        arc = strtoul(text, &end, 10);
        if (errno || arc > UINT32_MAX)
                return -EINVAL;
        *ret = arc;
        *ret_end = end;
        return 0;
}

int poll_oid_parse(const char *text, PollOid *ret) {
        PollOid name = {0};

        if (*text == '.')
                text++;
        for (;;) {
                const char *end;

                if (name.n == POLL_OID_ARCS || parse_arc(text, &name.arcs[name.n], &end) < 0)
                        return -EINVAL;
                name.n++;
                if (!*end)
                        break;
                if (*end != '.')
                        return -EINVAL;
                text = end + 1;
        }
        if (!is_root(&name))
                return -EINVAL;
        *ret = name;
        return 0;
}

bool poll_oid_same(const PollOid *name, const oid *other, size_t n) {
        return name->n == n && memcmp(name->arcs, other, n * sizeof(*other)) == 0;
}

bool poll_oid_within(const PollOid *base, const oid *other, size_t n) {
        return n > base->n && memcmp(base->arcs, other, base->n * sizeof(*other)) == 0;
}

int poll_oid_text(const oid *arcs, size_t n, char *dst, size_t size) {
        size_t at = 0;

        dst[0] = '\0';
        for (size_t i = 0; i < n; i++) {
                int r = snprintf(dst + at, size - at, "%s%lu", i > 0 ? "." : "", (unsigned long) arcs[i]);

                if (r < 0 || (size_t) r >= size - at) {
                        dst[0] = '\0';
                        return -ENAMETOOLONG;
                }
                at += (size_t) r;
        }
        return 0;
}

size_t poll_oid_of_index(const char *index, oid arcs[static POLL_INDEX_SIZE]) {
        size_t n = 0;

        while (*index && n < POLL_INDEX_SIZE) {
                char *end;

                arcs[n++] = strtoul(index, &end, 10);
                index = *end ? end + 1 : end;
        }
        return n;
}
