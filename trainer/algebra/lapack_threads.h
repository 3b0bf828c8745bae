/* LAPACK in one thread: OpenBLAS has threads of its own, which wait by spinning and whose number
 * may move the last bits. */
#pragma once

/* Call before calls to LAPACK whose results must not depend on the machine's number of
 * processors; holds from then on. Other libraries than OpenBLAS are left as they are. */
void lapack_in_one_thread(void);
