/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The public names of the devices that a program makes by itself, with no interface behind them: each is the
 * call of the same name in dev/. Called by the application.
 */
#include "dev/fault.h"
#include "dev/pair.h"

#include <runnel_dev.h>

int rn_dev_pair(struct rn_dev *ends[2], const struct rn_pair_options *options, char *err)
{
    return pair_open(ends, options, err);
}

int rn_dev_fault(struct rn_dev **out, struct rn_dev *inner, const struct rn_fault_options *options, char *err)
{
    return fault_open(out, inner, options, err);
}

void rn_dev_fault_stats(const struct rn_dev *fault, struct rn_fault_stats stats[2])
{
    fault_stats(fault, stats);
}

void rn_dev_fault_set(struct rn_dev *fault, const struct rn_fault *rx, const struct rn_fault *tx)
{
    fault_set(fault, rx, tx);
}
