# Reading mapped memory that the system may take away. Octets of a mapped file that somebody shortens, or that the
# disk does not give, cannot be read: the system sends SIGBUS, which ends a process. `guarded` runs a function that
# reads a mapping, and comes back without it where this happens.
#
# The handler stands only while somebody reads (`watch`, `unwatch`, both with the interpreter's lock), looks at
# nothing but a fault of a thread that is in `guarded`, and leaves every other one to the handler before it.

cdef extern from * nogil:
    """
    #include <setjmp.h>
    #include <signal.h>
    #include <stddef.h>

    static __thread sigjmp_buf *volatile guard_way_back;
    static struct sigaction guard_former;
    static int guard_users;

    static void guard_on_sigbus(int number, siginfo_t *fault, void *context)
    {
        (void) context;
        if (guard_way_back != NULL && fault->si_code > 0)
            siglongjmp(*guard_way_back, 1);
        sigaction(SIGBUS, &guard_former, NULL);  /* the instruction faults again, and the former handler has it */
        if (fault->si_code <= 0)
            raise(number);
    }

    static void guard_watch(void)
    {
        struct sigaction ours;
        if (guard_users++)
            return;
        ours.sa_sigaction = guard_on_sigbus;
        sigemptyset(&ours.sa_mask);
        ours.sa_flags = SA_SIGINFO | SA_NODEFER;
        sigaction(SIGBUS, &ours, &guard_former);
    }

    static void guard_unwatch(void)
    {
        if (--guard_users == 0)
            sigaction(SIGBUS, &guard_former, NULL);
    }

    static int guarded(void (*work)(void *), void *argument)
    {
        sigjmp_buf way_back;
        if (sigsetjmp(way_back, 0)) {
            guard_way_back = NULL;
            return 0;
        }
        guard_way_back = &way_back;
        work(argument);
        guard_way_back = NULL;
        return 1;
    }
    """
    void watch "guard_watch"()
    void unwatch "guard_unwatch"()
    bint guarded(void (*work)(void *) noexcept nogil, void *argument)
