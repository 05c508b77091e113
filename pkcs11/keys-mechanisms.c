/* Whether the machine offers what its keys are exercised with. */
#include "keys-internal.h"

#define MECHANISMS_MAX 1024

static bool offers(const CK_MECHANISM_TYPE *list, CK_ULONG n, uint64_t number) {
        for (CK_ULONG i = 0; i < n; i++)
                if (list[i] == number)
                        return true;
        return false;
}

/* Who gave his machine another profile than its own sees from these numbers whose it is. */
static void note_offered(Keys *keys, const CK_MECHANISM_TYPE *list, CK_ULONG n) {
        size_t used = 0;

        for (CK_ULONG i = 0; i < n; i++) {
                if (!(list[i] & CKM_VENDOR_DEFINED))
                        continue;
                if (used + sizeof(", 0x00000000 ...") > sizeof(keys->offered)) {
                        snprintf(keys->offered + used, sizeof(keys->offered) - used, " ...");
                        return;
                }
                used += (size_t) snprintf(keys->offered + used, sizeof(keys->offered) - used, "%s0x%08lx",
                        used > 0 ? ", " : "", list[i] & 0xffffffffUL);
        }
        if (used == 0)
                copy_text(keys->offered, sizeof(keys->offered), "nothing");
}

int keys_check_mechanisms(Keys *keys, Module *module, Attempt *attempt) {
        CLEANUP_FREE CK_MECHANISM_TYPE *list = calloc(MECHANISMS_MAX, sizeof(*list));
        CK_ULONG n = MECHANISMS_MAX;
        CK_RV rv;

        if (!list)
                return attempt_fail(attempt, REASON_CALL_FAILED, "out of memory");
        rv = module->calls->C_GetMechanismList(module->slot, list, &n);
        if (rv == CKR_FUNCTION_NOT_SUPPORTED) /* then the exercises tell */
                return 0;
        if (rv != CKR_OK)
                return attempt_fail_call(attempt, REASON_CALL_FAILED, "listing mechanisms");
        note_offered(keys, list, n);
        for (size_t i = 0; i < keys->n; i++) {
                Key *key = &keys->keys[i];

                key->mechanism_missing = key->mechanism && !offers(list, n, key->mechanism->number);
                if (key->mechanism_missing)
                        keys->missing_mechanisms |= 1U << key->config->mechanism;
        }
        return 0;
}

void keys_say_missing(const Keys *keys, const Key *key, char *dst, size_t size) {
        int n = snprintf(dst, size,
                "the machine does not offer %.31s (0x%08llx), which key %u needs; of the vendor's it offers "
                "%s",
                key->mechanism->name, (unsigned long long) key->mechanism->number, key->config->number,
                keys->offered);

        if (n >= 0 && (size_t) n >= size)
                memcpy(dst + size - sizeof("..."), "...", sizeof("..."));
}
