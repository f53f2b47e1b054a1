/**
 * Loaded into a process before its program (`--import`): its wall clock is off by as many milliseconds as the file
 * named by CLOCK_OFFSET_FILE says, which may change at any time. The monotonic clock and timers go on as they do when
 * a machine's clock is set. Processes that are not given the file, as the engine, keep their clock.
 */
import { readFileSync } from 'node:fs';

const file = process.env.CLOCK_OFFSET_FILE;
const wallClock = Date.now;
if (file !== undefined) Date.now = () => wallClock() + Number(readFileSync(file, 'utf8'));
