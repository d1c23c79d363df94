import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs a Node program that must not outlive the simulator: `leash.js <program> <args…>`. A parent that is killed can
 * not clean up, but the channel to it closes, and then the program is killed. Otherwise the leash is transparent: same
 * environment and output, signals handed on, same exit code.
 */
const [program = '', ...args] = process.argv.slice(2);
const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });

child.once('spawn', () => process.send?.({ msg: 'leashed', pid: child.pid }));
child.once('exit', (code, signal) => {
  process.exit(signal === null ? (code ?? 1) : 128 + constants.signals[signal]);
});
process.on('SIGTERM', () => child.kill('SIGTERM'));
process.on('SIGINT', () => child.kill('SIGINT'));
process.once('disconnect', () => {
  child.kill('SIGKILL');
  process.exit(1);
});
