/* recorded.h - what a recording says of one generator between the processes of one run. */
#ifndef TARGETS_GENERATORS_RECORDED_H
#define TARGETS_GENERATORS_RECORDED_H

struct recorded {
    /* Of child and parent, sibling and parent, sibling and child: a verdict of the table comparison; "token" where
     * only the output betrayed them; "pid-repeats"; "-" where nothing is said. Static. */
    const char *words[3];
    char reason[128];  /* of the first pair */
    int pid_repeats;   /* a comparison of the child with its parent says so */
    int has_token;     /* of any two of its processes: equal ones are told of the first two alone */
    int has_code;      /* code of a generator that cannot be called is told of */
    int has_same_seed; /* the check rng-same-seed found something */
};
/* -1: it cannot be read; `reason` says why. */
int recorded_read(const char *path, const char *generator, const char *how, struct recorded *ret);

#endif
