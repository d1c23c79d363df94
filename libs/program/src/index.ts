/**
 * Problem: a program lives among things that fail without it: the disk under its log is full, the reader of its output is
 * stopped or gone, its terminal is closed, a supervisor signals it once or three times. None of these may stop its work, and
 * an end that is asked for has to be an end in order.
 *
 * Idea: the work writes to a log that cannot fail or wait, and learns of its end from one signal. All our programs share both.
 *
 *   work ── pino ── LogSink ── file · pipe · socket · terminal
 *   SIGTERM · SIGINT · SIGHUP · parent gone · uncaught exception ──▶ ProgramEnd.asked ──▶ end in order ──▶ exit
 *   another signal · too slow ──▶ atOnce, within a bound ──▶ exit
 */
export {
  createLogger,
  type LoggerOptions,
  guardOutput,
  openProgramLog,
  type ProgramLog,
  type ProgramLogOptions,
} from './program-log.js';
export { ProgramEnd, type ProgramEndOptions } from './program-end.js';
