/* clash.so: a PKCS#11 module that brings a function named like one of libcrypto's, as modules do that bundle
 * their own OpenSSL. C_Initialize fails with CKR_GENERAL_ERROR when a call to it does not reach the module's
 * own. It has no slots.
 */

#include <p11-kit/pkcs11.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define OUR_VERSION 0x5a5a5a5aUL

EXPORT unsigned long OpenSSL_version_num(void);
EXPORT unsigned long OpenSSL_version_num(void) {
        return OUR_VERSION;
}

static CK_RV initialize(void *args) {
        (void) args;
        return OpenSSL_version_num() == OUR_VERSION ? CKR_OK : CKR_GENERAL_ERROR;
}

static CK_RV finalize(void *reserved) {
        (void) reserved;
        return CKR_OK;
}

static CK_RV get_info(CK_INFO *info) {
        memset(info, 0, sizeof(*info));
        return CKR_OK;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *slots, CK_ULONG *n) {
        (void) present;
        (void) slots;
        *n = 0;
        return CKR_OK;
}

EXPORT CK_RV C_GetFunctionList(CK_FUNCTION_LIST **ret) {
        static CK_FUNCTION_LIST list = {
                .version = {2, 40},
                .C_Initialize = initialize,
                .C_Finalize = finalize,
                .C_GetInfo = get_info,
                .C_GetSlotList = get_slot_list,
        };

        *ret = &list;
        return CKR_OK;
}
