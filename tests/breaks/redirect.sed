# SPDX-License-Identifier: BSD-2-Clause
# breaks src/dev/redirect.c, and unit/dev/redirect_test must fail
# The program reads behind the end of a frame.
s/end = behind > end ? behind : end;/end = behind > 5000 ? behind : end;/
