/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What this machine is like at the moment: three small costs, printed before and after a measurement so that
 * figures of different machines, or of a noisy hour, are not taken for one another.
 */
#ifndef LIB_CALIBRATE_H
#define LIB_CALIBRATE_H

struct calibration {
    double syscall_ns; /* an empty system call */
    double copy_ns;    /* memcpy of 1,448 bytes that lie in the cache */
    double miss_ns;    /* a load from memory that depends on the one before */
};

/* Takes about 50 ms and 64 MB. All 0 when there is no memory. */
struct calibration calibrate(void);

#endif
