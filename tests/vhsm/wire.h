#ifndef VHSM_WIRE_H
#define VHSM_WIRE_H
/* What the virtual cipher machine and its client module say to each other over TCP: PKCS#11 calls, passed on
 * as they are. A frame is a length (4 octets, most significant first) and that many octets. A request is a
 * function's number, a session and the function's arguments; a reply is a CK_RV, directives to the client
 * (faults that only a module can show) and the function's results. Both sides treat the other as hostile: who
 * reads beyond the end gets zeros and a mark. */

#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_MAX (1024 * 1024)

/* Every function of CK_FUNCTION_LIST but C_GetFunctionList, in its order. */
/* clang-format off */
#define WIRE_FUNCTIONS(F) \
        F(Initialize) F(Finalize) F(GetInfo) F(GetSlotList) F(GetSlotInfo) F(GetTokenInfo) \
        F(GetMechanismList) F(GetMechanismInfo) F(InitToken) F(InitPIN) F(SetPIN) \
        F(OpenSession) F(CloseSession) F(CloseAllSessions) F(GetSessionInfo) \
        F(GetOperationState) F(SetOperationState) F(Login) F(Logout) F(CreateObject) \
        F(CopyObject) F(DestroyObject) F(GetObjectSize) F(GetAttributeValue) \
        F(SetAttributeValue) F(FindObjectsInit) F(FindObjects) F(FindObjectsFinal) \
        F(EncryptInit) F(Encrypt) F(EncryptUpdate) F(EncryptFinal) F(DecryptInit) F(Decrypt) \
        F(DecryptUpdate) F(DecryptFinal) F(DigestInit) F(Digest) F(DigestUpdate) F(DigestKey) \
        F(DigestFinal) F(SignInit) F(Sign) F(SignUpdate) F(SignFinal) F(SignRecoverInit) \
        F(SignRecover) F(VerifyInit) F(Verify) F(VerifyUpdate) F(VerifyFinal) \
        F(VerifyRecoverInit) F(VerifyRecover) F(DigestEncryptUpdate) F(DecryptDigestUpdate) \
        F(SignEncryptUpdate) F(DecryptVerifyUpdate) F(GenerateKey) F(GenerateKeyPair) \
        F(WrapKey) F(UnwrapKey) F(DeriveKey) F(SeedRandom) F(GenerateRandom) \
        F(GetFunctionStatus) F(CancelFunction) F(WaitForSlotEvent)
/* clang-format on */

#define WIRE_NUMBER(name) WIRE_##name,
typedef enum WireFunction { WIRE_NONE, WIRE_FUNCTIONS(WIRE_NUMBER) WIRE_FUNCTION_MAX } WireFunction;

/* "C_Sign"; "C_?" of no function. */
const char *wire_name(uint32_t function);
/* The number of "C_Sign", WIRE_NONE of no function. */
uint32_t wire_number(const char *name);

/* Faults that the client module carries out. */
typedef enum WireDirective {
        DIRECTIVE_SEGFAULT = 1, /* in function `argument` */
        DIRECTIVE_SPIN,
        DIRECTIVE_GARBAGE,  /* absurd results of function `argument` */
        DIRECTIVE_LEAK,     /* argument: octets a C_Sign */
        DIRECTIVE_LEAK_FDS, /* one a C_Sign */
        DIRECTIVE_FORK,     /* C_Initialize leaves a daemon behind */
        DIRECTIVE_POISON,   /* nothing works any more in this process */
        DIRECTIVE_MAX,
} WireDirective;

typedef struct Wire {
        uint8_t *data;
        size_t size, room, at;
        bool bad; /* read beyond the end, or no memory */
} Wire;

void wire_start(Wire *w);
void wire_free(Wire *w);
void wire_put_u32(Wire *w, uint32_t v);
void wire_put_u64(Wire *w, uint64_t v);
/* Octets with their number before them. */
void wire_put(Wire *w, const void *octets, size_t n);

uint32_t wire_get_u32(Wire *w);
uint64_t wire_get_u64(Wire *w);
/* Octets in place, valid as long as w. NULL and 0 when there are none or too few. */
const uint8_t *wire_get(Wire *w, size_t *ret_n);

/* Whole frames over a blocking socket. 0, or -1 when the connection is no more or the frame is none. */
int wire_send(int fd, const Wire *w);
int wire_receive(int fd, Wire *w);

#endif
