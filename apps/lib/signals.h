/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SIGINT and SIGTERM as a number that a loop looks at.
 */
#ifndef LIB_SIGNALS_H
#define LIB_SIGNALS_H

/* From here on they end a sleep and are counted instead of ending the program. */
void signals_catch(void);

/* How often somebody asked us to stop; 2 is the most. */
int signals_count(void);

#endif
