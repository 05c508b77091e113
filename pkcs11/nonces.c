#include "nonces.h"

#include "der.h"

#define NOTHING UINT16_MAX

typedef struct Entry {
        uint64_t prefix; /* the first 8 octets of r: decides nearly every comparison */
        uint8_t r[NONCE_R_MAX];
        uint8_t size;
        uint8_t digest[32];
} Entry;

/* A ring of entries in the order in which they came, and over it chains of entries whose prefixes fall into
 * one bucket. r is as good as evenly spread, whatever the nonce behind it, so the chains are short; a machine
 * that contrives long ones costs itself at most one walk over the ring a signature. */
struct Nonces {
        size_t n, oldest;
        uint16_t heads[NONCES_CAPACITY];
        uint16_t next[NONCES_CAPACITY];
        Entry entries[NONCES_CAPACITY];
};

Nonces *nonces_new(void) {
        Nonces *nonces = calloc(1, sizeof(*nonces)); /* untouched pages take no memory */

        if (nonces)
                memset(nonces->heads, 0xff, sizeof(nonces->heads));
        return nonces;
}

Nonces *nonces_free(Nonces *nonces) {
        free(nonces);
        return NULL;
}

static uint64_t prefix_of(Octets r) {
        uint64_t prefix = 0;

        for (size_t i = 0; i < sizeof(prefix); i++)
                prefix = prefix << 8 | (i < r.size ? r.data[i] : 0);
        return prefix;
}

static uint16_t *bucket_of(Nonces *nonces, uint64_t prefix) {
        return &nonces->heads[prefix * UINT64_C(0x9e3779b97f4a7c15) >> 52];
}

static bool is_entry(const Entry *entry, uint64_t prefix, Octets r) {
        return entry->prefix == prefix && entry->size == r.size && memcmp(entry->r, r.data, r.size) == 0;
}

static const Entry *find(Nonces *nonces, uint64_t prefix, Octets r) {
        for (uint16_t i = *bucket_of(nonces, prefix); i != NOTHING; i = nonces->next[i])
                if (is_entry(&nonces->entries[i], prefix, r))
                        return &nonces->entries[i];
        return NULL;
}

static void forget(Nonces *nonces, uint16_t number) {
        uint16_t *link = bucket_of(nonces, nonces->entries[number].prefix);

        while (*link != number)
                link = &nonces->next[*link];
        *link = nonces->next[number];
}

/* The place of a new entry: one never used, else that of the oldest. */
static uint16_t take_place(Nonces *nonces) {
        uint16_t number;

        if (nonces->n < NONCES_CAPACITY)
                return (uint16_t) nonces->n++;
        number = (uint16_t) nonces->oldest;
        nonces->oldest = (nonces->oldest + 1) % NONCES_CAPACITY;
        forget(nonces, number);
        return number;
}

static void keep(Nonces *nonces, uint64_t prefix, Octets r, const uint8_t digest[static 32]) {
        uint16_t number = take_place(nonces), *bucket = bucket_of(nonces, prefix);
        Entry *entry = &nonces->entries[number];

        *entry = (Entry){.prefix = prefix, .size = (uint8_t) r.size};
        memcpy(entry->r, r.data, r.size);
        memcpy(entry->digest, digest, sizeof(entry->digest));
        nonces->next[number] = *bucket;
        *bucket = number;
}

int nonces_add(Nonces *nonces, Octets r, const uint8_t digest[static 32]) {
        Octets number = octets_strip(r);
        uint64_t prefix = prefix_of(number);
        const Entry *entry;

        if (number.size == 0)
                return -EINVAL;
        if (number.size > NONCE_R_MAX)
                return -E2BIG;
        entry = find(nonces, prefix, number);
        if (entry)
                return memcmp(entry->digest, digest, sizeof(entry->digest)) == 0 ? NONCE_SAME_MESSAGE
                                                                                 : NONCE_REPEATED;
        keep(nonces, prefix, number, digest);
        return NONCE_FRESH;
}

static int r_of_raw(Octets signature, Octets *ret_r) {
        if (signature.size % 2 != 0 || signature.size > (size_t) 2 * NONCE_R_MAX)
                return -EBADMSG;
        *ret_r = octets_strip((Octets){signature.data, signature.size / 2});
        return 0;
}

static int r_of_der(Octets signature, Octets *ret_r) {
        Octets sequence, r, s;

        if (der_take(&signature, DER_SEQUENCE, &sequence) < 0 || signature.size > 0)
                return -EBADMSG;
        if (der_take_unsigned(&sequence, &r) < 0 || der_take_unsigned(&sequence, &s) < 0 || sequence.size > 0)
                return -EBADMSG;
        *ret_r = r;
        return 0;
}

int nonces_r(Octets signature, SignatureForm form, Octets *ret_r) {
        Octets number = {};
        int r = form == FORM_DER ? r_of_der(signature, &number) : r_of_raw(signature, &number);

        if (r < 0)
                return r;
        if (number.size == 0 || number.size > NONCE_R_MAX)
                return -EBADMSG;
        *ret_r = number;
        return 0;
}
