/* What stands on a token: objects, their attributes, the public half and certificate of a key. */
#include "keys-internal.h"
#include "sm2.h"

/* The objects of a class by id and label. */
CK_RV keys_search(Module *module, CK_OBJECT_CLASS class, const uint8_t *id, size_t id_size, const char *label,
        Found *ret) {
        CK_ATTRIBUTE template[3] = {{.type = CKA_CLASS, .pValue = &class, .ulValueLen = sizeof(class)}};
        CK_ULONG n = 1;
        Found found = {.n = 0};
        CK_RV rv, end;

        if (id_size > 0)
                template[n++] = (CK_ATTRIBUTE){CKA_ID, (void *) id, id_size};
        if (label[0])
                template[n++] = (CK_ATTRIBUTE){CKA_LABEL, (void *) label, strlen(label)};
        rv = module->calls->C_FindObjectsInit(module->session, template, n);
        if (rv != CKR_OK)
                return rv;
        rv = module->calls->C_FindObjects(module->session, found.handles, FOUND_MAX, &found.n);
        end = module->calls->C_FindObjectsFinal(module->session);
        if (rv == CKR_OK)
                rv = end;
        if (rv == CKR_OK)
                *ret = found;
        return rv;
}

/* --- reading
 * ------------------------------------------------------------------------------------------------ */

CK_RV keys_read(Module *module, CK_OBJECT_HANDLE object, Reading *r) {
        CK_RV rv;

        *r = (Reading){
                .type = CK_UNAVAILABLE_INFORMATION,
                .a = {[READ_TYPE] = {CKA_KEY_TYPE, &r->type, sizeof(r->type)},
                        [READ_ID] = {CKA_ID, r->id, sizeof(r->id)},
                        [READ_ALWAYS] = {CKA_ALWAYS_AUTHENTICATE, &r->always_authenticate,
                                sizeof(r->always_authenticate)},
                        [READ_MODULUS] = {CKA_MODULUS, r->modulus, sizeof(r->modulus)},
                        [READ_EXPONENT] = {CKA_PUBLIC_EXPONENT, r->exponent, sizeof(r->exponent)},
                        [READ_PARAMS] = {CKA_EC_PARAMS, r->params, sizeof(r->params)},
                        [READ_POINT] = {CKA_EC_POINT, r->point, sizeof(r->point)},
                        [READ_FROM] = {CKA_START_DATE, &r->from, sizeof(r->from)},
                        [READ_UNTIL] = {CKA_END_DATE, &r->until, sizeof(r->until)}},
        };
        rv = module->calls->C_GetAttributeValue(module->session, object, r->a, READ_N);
        return rv == CKR_ATTRIBUTE_TYPE_INVALID || rv == CKR_ATTRIBUTE_SENSITIVE ? CKR_OK : rv;
}

/* An attribute's value; empty when the object has none or the length cannot be true. */
Octets reading_value(const Reading *r, size_t i, size_t room) {
        if (r->a[i].ulValueLen == CK_UNAVAILABLE_INFORMATION || r->a[i].ulValueLen > room)
                return (Octets){NULL, 0};
        return (Octets){r->a[i].pValue, r->a[i].ulValueLen};
}

/* As the profile says a point is written, else as it plainly is. */
static int sm2_key_of(const MsgProbeConfig *config, Octets point, EVP_PKEY **ret) {
        PointForm form;

        if (sm2_public_key(point, config->point_form, ret) == 0)
                return 0;
        return sm2_point_form(point, &form) == 0 ? sm2_public_key(point, form, ret) : -EBADMSG;
}

static int public_key_of(
        const MsgProbeConfig *config, const ProbeKey *key, const Reading *r, EVP_PKEY **ret) {
        Octets modulus = reading_value(r, READ_MODULUS, sizeof(r->modulus));
        Octets exponent = reading_value(r, READ_EXPONENT, sizeof(r->exponent));
        Octets params = reading_value(r, READ_PARAMS, sizeof(r->params));
        Octets point = reading_value(r, READ_POINT, sizeof(r->point));

        if (key->type == KEY_TYPE_SM2)
                return point.size > 0 ? sm2_key_of(config, point, ret) : -ENOENT;
        if (r->type == CKK_RSA && modulus.size > 0 && exponent.size > 0)
                return public_key_from_rsa(modulus, exponent, ret);
        if (r->type == CKK_EC && params.size > 0 && point.size > 0)
                return public_key_from_ec(params, point, ret);
        return -ENOENT;
}

static int certificate_key(Module *module, CK_OBJECT_HANDLE certificate, EVP_PKEY **ret) {
        uint8_t der[8192];
        CK_ATTRIBUTE a = {CKA_VALUE, der, sizeof(der)};

        if (module->calls->C_GetAttributeValue(module->session, certificate, &a, 1) != CKR_OK ||
                a.ulValueLen > sizeof(der))
                return -ENOENT;
        return public_key_from_certificate((Octets){der, a.ulValueLen}, ret);
}

/* When the certificate beside a key expires; that there is none is no failure. */
void key_look_at_certificate(Module *module, Key *key, Octets id) {
        uint8_t der[8192];
        CK_ATTRIBUTE a = {CKA_VALUE, der, sizeof(der)};
        Found found;

        key->certificate_expires = 0;
        if (keys_search(module, CKO_CERTIFICATE, id.data, id.size, id.size > 0 ? "" : key->config->label,
                    &found) != CKR_OK ||
                found.n == 0 ||
                module->calls->C_GetAttributeValue(module->session, found.handles[0], &a, 1) != CKR_OK ||
                a.ulValueLen > sizeof(der))
                return;
        key->certificate_expires = certificate_not_after((Octets){der, a.ulValueLen});
}

/* The public half of a private key whose own attributes do not tell it: an EC private key has no point by the
 * standard. The companion has the same CKA_ID, or where there is none the same label. */
static int companion_key(const MsgProbeConfig *config, Module *module, Key *key, Octets id, EVP_PKEY **ret) {
        const char *label = id.size > 0 ? "" : key->config->label;
        Found found;
        Reading reading;

        if (keys_search(module, CKO_PUBLIC_KEY, id.data, id.size, label, &found) == CKR_OK && found.n > 0 &&
                keys_read(module, found.handles[0], &reading) == CKR_OK &&
                public_key_of(config, key->config, &reading, ret) == 0) {
                key->public_handle = found.handles[0];
                return 0;
        }
        if (keys_search(module, CKO_CERTIFICATE, id.data, id.size, label, &found) == CKR_OK && found.n > 0)
                return certificate_key(module, found.handles[0], ret);
        return -ENOENT;
}

int key_public_half(
        const MsgProbeConfig *config, Module *module, Key *key, const Reading *reading, EVP_PKEY **ret) {
        if (key->object_class == CKO_CERTIFICATE)
                return certificate_key(module, key->handle, ret);
        if (public_key_of(config, key->config, reading, ret) == 0)
                return 0;
        if (key->object_class != CKO_PRIVATE_KEY)
                return -ENOENT;
        return companion_key(config, module, key, reading_value(reading, READ_ID, sizeof(reading->id)), ret);
}
