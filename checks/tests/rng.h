/* rng.h - what the tests of the rng checks share: a forked process, the generators that its program has, and what was
 * said. */
#ifndef FORKAUDIT_CHECKS_TESTS_RNG_H
#define FORKAUDIT_CHECKS_TESTS_RNG_H

#include "checks/tests/case.h"

#define KNOWN                                                                                                          \
    GENERATORS_ON GENERATOR(1, 'OpenSSL RAND_bytes', 'known', 'cryptographic', 'pid', NULL)                            \
        GENERATOR(2, 'uuid', 'known', 'identifier', NULL, NULL)                                                        \
            GENERATOR(3, 'libc rand', 'known', 'ordinary', NULL, NULL)                                                 \
                GENERATOR(4, 'libc random', 'known', 'ordinary', NULL, 'libc rand')                                    \
                    GENERATOR(5, 'gnutls', 'known', 'cryptographic', 'pthread_atfork', NULL)                           \
                        GENERATOR(6, 'bsd', 'known', 'cryptographic', 'wipe', NULL)                                    \
                            GENERATOR(7, 'own', 'option', NULL, NULL, NULL) SNAPSHOT(1, 2, 'first-draw')               \
                                SNAPSHOT(2, 2, 'born')
#define FORKED  FAMILY KNOWN LOOK(2, 2, 11, 'born', 1, NULL)
#define SIBLING PROCESS(3, 12, 1, 103, 'fork', 1)

#define SEVERITY(check) case_query("select severity from finding where check_id = '" check "' order by result, process")
#define TOLD(check, words)                                                                                             \
    CU_ASSERT_PTR_NOT_NULL(strstr(case_query("select evidence || ' ' || ifnull(reason, '') from finding where "        \
                                             "check_id = '" check "'"),                                                \
                                  words))
/* Sixteen bytes that several draw. */
#define EQUAL 'qrstuvwxyz123456'

#endif
